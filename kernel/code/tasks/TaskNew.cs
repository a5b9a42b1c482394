using System.Numerics;
using Iced.Intel;
using Verified.Spec;
using Verified.Spec.Tables;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>task_new: the start of a deletion, and the creation of a task.</summary>
internal sealed partial class KernelProgram
{
    private Label _retry;

    private void TaskNew()
    {
        var busy = c.CreateLabel("task_new_busy");
        var failed = c.CreateLabel("task_new_failed");
        DefineLabel("task_new");
        Enter();

        // Jumps to `failed` unless the caller's task is the chief of the task, EAX.
        c.mov(eax, Current(Layout.Esi));
        c.shr(eax, 16);
        c.and(eax, 0xFF);
        c.cmp(eax, _layout.Limits.Tasks);
        c.jae(failed);
        c.mov(edx, eax);
        c.shl(edx, TaskShift);
        LoadCurrentRow(edi);
        c.mov(ecx, edi);
        TaskOf(ecx);
        c.cmp(Task(edx, Maps.Chief), ecx);
        c.jne(failed);
        c.cmp(Op(MappingLayout.Operation), Operations.None);
        c.jne(busy);

        c.mov(Op(MappingLayout.Operation), Operations.Delete);
        c.mov(Op(Maps.Owner), edi);
        c.mov(Op(Maps.Target), eax);
        c.mov(Op(Maps.Source), eax);
        c.mov(Op(MappingLayout.Item), Fpage.Own | Fpage.Unmap);
        c.mov(Op(MappingLayout.Left), 0);
        c.mov(Op(MappingLayout.Pass), Passes.Clan);
        c.mov(Op(Maps.Cursor), 0);
        c.mov(Task(edx, MappingLayout.Doomed), 1);
        c.mov(Current(Layout.Status), StoredStatus.Mapping);
        c.jmp(_map);

        // The owner of the operation that is under way gets the processor.
        DefineLabel(ref busy);
        c.mov(ebp, Op(Maps.Owner));
        c.jmp(_retry);

        DefineLabel(ref failed);
        c.mov(Current(Layout.Esi), ThreadId.Nil);
        c.jmp(_exit);
    }

    /// <summary>Everything is deleted. Creates the task for the owner of the operation.</summary>
    private void CreateTask()
    {
        var inactive = c.CreateLabel("create_inactive");
        var mine = c.CreateLabel("create_mine");
        var created = c.CreateLabel("create_done");
        var apart = c.CreateLabel();
        c.mov(edi, Op(Maps.Owner));
        c.mov(esi, Op(Maps.Target));
        c.mov(Op(MappingLayout.Operation), Operations.None);
        c.mov(Row(edi, Layout.Status), StoredStatus.Ready);
        c.mov(ecx, edi);
        TaskOf(ecx);
        c.mov(edx, esi);
        c.shl(edx, TaskShift);
        c.mov(Task(edx, MappingLayout.Doomed), 0);
        c.mov(eax, esi);
        NoSmallSpace(eax);
        DefineSymbol("delete_task");
        Unload(esi, eax, ebx, apart);
        c.Label(ref apart);
        c.mov(eax, Task(edx, MappingLayout.Version));
        c.cmp(Row(edi, Layout.Ebx), ThreadId.Nil);
        c.je(inactive);

        // The version after the last one is 1: (last + 1) mod 2^10, plus one if that is 0.
        c.inc(eax);
        c.and(eax, ThreadId.LastVersion);
        c.cmp(eax, 1);
        c.adc(eax, 0);
        c.mov(Task(edx, MappingLayout.Version), eax);
        Created(ecx, eax);

        // Starts its first thread, whose row is blank.
        c.mov(ebp, esi);
        c.shl(ebp, (byte)Layout.BlockShift);
        c.add(ebp, _layout.Threads.Base);
        c.mov(Row(ebp, Layout.Id), eax);
        c.mov(ecx, Row(edi, Layout.Mcp));
        Least(ecx, Row(edi, Layout.Eax), eax);
        c.mov(Row(ebp, Layout.Mcp), ecx);
        foreach (
            var (field, argument) in ((Field, Field)[])
                [(Layout.Pager, Layout.Ebx), (Layout.Esp, Layout.Ecx), (Layout.Eip, Layout.Edx)]
        )
        {
            c.mov(eax, Row(edi, argument));
            if (field == Layout.Eip)
                Clip(eax, ecx);
            c.mov(Row(ebp, field), eax);
        }

        StartThread(edi);
        AddReady();
        c.jmp(_leave);

        // The new chief is the task of the named thread, if that thread exists.
        DefineLabel(ref inactive);
        c.mov(ebx, Row(edi, Layout.Eax));
        RowAddress(ebp, ebx);
        c.cmp(Row(ebp, Layout.Id), ebx);
        c.jne(mine);
        c.cmp(Row(ebp, Layout.Status), StoredStatus.Inactive);
        c.je(mine);
        c.mov(ecx, ebp);
        TaskOf(ecx);
        c.jmp(created);
        DefineLabel(ref mine);
        c.mov(ecx, edi);
        TaskOf(ecx);
        DefineLabel(ref created);
        Created(ecx, eax);
        c.jmp(_leave);
    }

    /// <summary>
    /// Stores the chief of the task at EDX. The thread at EDI gets the id of the task's first thread, from the chief,
    /// the task number in ESI and the version. The version's register then has that id; the chief's register is lost.
    /// </summary>
    private void Created(AssemblerRegister32 chief, AssemblerRegister32 version)
    {
        c.mov(Task(edx, Maps.Chief), chief);
        c.shl(chief, 24);
        c.or(version, chief);
        c.mov(chief, esi);
        c.shl(chief, 16);
        c.or(version, chief);
        c.mov(Row(edi, Layout.Esi), version);
    }

    /// <summary>
    /// Makes the thread at EBP ready, with the priority and time slice of its creator. It has an id and a blank row.
    /// Uses EAX.
    /// </summary>
    private void StartThread(AssemblerRegister32 creator)
    {
        c.mov(eax, Row(creator, Layout.Priority));
        c.mov(Row(ebp, Layout.Priority), eax);
        c.mov(eax, Row(creator, Layout.Quantum));
        c.mov(Row(ebp, Layout.Quantum), eax);
        c.mov(Row(ebp, Layout.Slice), eax);
        c.mov(Row(ebp, Layout.Eflags), Flags.User);
        c.mov(Row(ebp, Layout.Cs), Layout.UserCode);
        c.mov(Row(ebp, Layout.Ss), Layout.UserData);
        c.mov(Row(ebp, Layout.Status), StoredStatus.Ready);
    }

    /// <summary>Turns the row address of a thread into the number of its task, in the same register.</summary>
    private void TaskOf(AssemblerRegister32 row)
    {
        c.shr(row, (byte)Layout.BlockShift);
        c.and(row, _layout.Limits.Tasks - 1);
    }

    private static byte TaskShift => (byte)BitOperations.Log2(MappingLayout.TaskSize);

    /// <summary>A field of a task; the offset of its row is in a register.</summary>
    private AssemblerMemoryOperand Task(AssemblerRegister32 offset, Field field) =>
        __dword_ptr[offset + (Maps.Tasks.Base + field.Offset)];
}
