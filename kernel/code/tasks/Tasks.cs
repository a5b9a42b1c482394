using System.Numerics;
using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>task_new: where a deletion begins, and where a task is created.</summary>
internal sealed partial class KernelProgram
{
    private Label _retry;

    private void TaskNew()
    {
        var busy = c.CreateLabel("task_new_busy");
        var failed = c.CreateLabel("task_new_failed");
        Mark("task_new");
        Enter();

        // The task, EAX, is one whose chief is mine.
        c.mov(eax, Me(Layout.Esi));
        c.shr(eax, 16);
        c.and(eax, 0xFF);
        c.cmp(eax, _layout.Limits.Tasks);
        c.jae(failed);
        c.mov(edx, eax);
        c.shl(edx, TaskShift);
        LoadMe(edi);
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
        c.mov(Me(Layout.Status), StoredStatus.Mapping);
        c.jmp(_map);

        // Whoever has the operation that is going on gets the processor.
        Mark(ref busy);
        c.mov(ebp, Op(Maps.Owner));
        c.jmp(_retry);

        Mark(ref failed);
        c.mov(Me(Layout.Esi), ThreadId.Nil);
        c.jmp(_exit);
    }

    /// <summary>Everything is deleted: the task is created, for the owner of the operation.</summary>
    private void CreateTask()
    {
        var inactive = c.CreateLabel("create_inactive");
        var mine = c.CreateLabel("create_mine");
        var created = c.CreateLabel("create_done");
        c.mov(edi, Op(Maps.Owner));
        c.mov(esi, Op(Maps.Target));
        c.mov(Op(MappingLayout.Operation), Operations.None);
        c.mov(At(edi, Layout.Status), StoredStatus.Ready);
        c.mov(ecx, edi);
        TaskOf(ecx);
        c.mov(edx, esi);
        c.shl(edx, TaskShift);
        c.mov(Task(edx, MappingLayout.Doomed), 0);
        c.mov(eax, esi);
        NoSmallSpace(eax);
        c.mov(eax, Task(edx, MappingLayout.Version));
        c.cmp(At(edi, Layout.Ebx), ThreadId.Nil);
        c.je(inactive);

        // The version after the last is 1: (last + 1) mod 2^10, and one more where that is 0.
        c.inc(eax);
        c.and(eax, ThreadId.LastVersion);
        c.cmp(eax, 1);
        c.adc(eax, 0);
        c.mov(Task(edx, MappingLayout.Version), eax);
        Created(ecx, eax);

        // Its first thread, whose row is blank.
        c.mov(ebp, esi);
        c.shl(ebp, (byte)Layout.BlockShift);
        c.add(ebp, _layout.Threads.Base);
        c.mov(At(ebp, Layout.Id), eax);
        c.mov(ecx, At(edi, Layout.Mcp));
        Least(ecx, At(edi, Layout.Eax), eax);
        c.mov(At(ebp, Layout.Mcp), ecx);
        foreach (
            var (field, argument) in ((Field, Field)[])
                [(Layout.Pager, Layout.Ebx), (Layout.Esp, Layout.Ecx), (Layout.Eip, Layout.Edx)]
        )
        {
            c.mov(eax, At(edi, argument));
            c.mov(At(ebp, field), eax);
        }

        StartThread(edi);
        AddReady();
        c.jmp(_leave);

        // The new chief, if it exists.
        Mark(ref inactive);
        c.mov(ebx, At(edi, Layout.Eax));
        RowAddress(ebp, ebx);
        c.cmp(At(ebp, Layout.Id), ebx);
        c.jne(mine);
        c.cmp(At(ebp, Layout.Status), StoredStatus.Inactive);
        c.je(mine);
        c.mov(ecx, ebp);
        TaskOf(ecx);
        c.jmp(created);
        Mark(ref mine);
        c.mov(ecx, edi);
        TaskOf(ecx);
        Mark(ref created);
        Created(ecx, eax);
        c.jmp(_leave);
    }

    /// <summary>
    /// The chief of the task at EDX, and the id of its first thread, for the thread at EDI: of its chief, its number in
    /// ESI and a version, in the register of the version. The chief's is lost.
    /// </summary>
    private void Created(AssemblerRegister32 chief, AssemblerRegister32 version)
    {
        c.mov(Task(edx, Maps.Chief), chief);
        c.shl(chief, 24);
        c.or(version, chief);
        c.mov(chief, esi);
        c.shl(chief, 16);
        c.or(version, chief);
        c.mov(At(edi, Layout.Esi), version);
    }

    /// <summary>
    /// The thread at EBP, of an id and with a blank row, is ready to run as one of its creator's. Uses EAX.
    /// </summary>
    private void StartThread(AssemblerRegister32 creator)
    {
        c.mov(eax, At(creator, Layout.Priority));
        c.mov(At(ebp, Layout.Priority), eax);
        c.mov(eax, At(creator, Layout.Quantum));
        c.mov(At(ebp, Layout.Quantum), eax);
        c.mov(At(ebp, Layout.Slice), eax);
        c.mov(At(ebp, Layout.Eflags), Flags.User);
        c.mov(At(ebp, Layout.Cs), Layout.UserCode);
        c.mov(At(ebp, Layout.Ss), Layout.UserData);
        c.mov(At(ebp, Layout.Status), StoredStatus.Ready);
    }

    /// <summary>The task of the thread whose row's address is in a register, in the same.</summary>
    private void TaskOf(AssemblerRegister32 row)
    {
        c.shr(row, (byte)Layout.BlockShift);
        c.and(row, _layout.Limits.Tasks - 1);
    }

    private static byte TaskShift => (byte)BitOperations.Log2(MappingLayout.TaskSize);

    /// <summary>A field of a task whose row's offset is in a register.</summary>
    private AssemblerMemoryOperand Task(AssemblerRegister32 offset, Field field) =>
        __dword_ptr[offset + (Maps.Tasks.Base + field.Offset)];
}
