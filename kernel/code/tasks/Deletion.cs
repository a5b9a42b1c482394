using Iced.Intel;
using Verified.Spec;
using Verified.Spec.Tables;
using static Iced.Intel.AssemblerRegisters;
using Code = Verified.Spec.Code;

namespace Verified.Kernel;

/// <summary>
/// The deletion of tasks: one step handles one row of the table that the present pass goes through, or passes over rows
/// that are not in use.
/// </summary>
internal sealed partial class KernelProgram
{
    private Label _delete,
        _nextRow;

    private void Delete()
    {
        var passes = new Label[Passes.Create];
        for (var pass = 0; pass < passes.Length; pass++)
            passes[pass] = c.CreateLabel($"delete_{Passes.Names[pass]}");
        _nextRow = c.CreateLabel("delete_next");

        // EAX is the row.
        DefineLabel(ref _delete);
        c.mov(edx, Op(MappingLayout.Pass));
        c.mov(eax, Op(Maps.Cursor));
        for (var pass = 0; pass < passes.Length; pass++)
        {
            c.cmp(edx, pass);
            c.je(passes[pass]);
        }

        CreateTask();
        DoomClan(ref passes[Passes.Clan]);
        DeleteThread(ref passes[Passes.Threads]);
        EndWait(ref passes[Passes.Waiters]);
        BeginTable(ref passes[Passes.Tables]);
        FreeTable(ref passes[Passes.Table]);
        ReturnTask(ref passes[Passes.Return]);
        NextRow();
    }

    private void DoomClan(ref Label clan)
    {
        var spared = c.CreateLabel("delete_spared");
        DefineLabel(ref clan);
        c.mov(edx, eax);
        c.shl(edx, TaskShift);
        c.cmp(Task(edx, MappingLayout.Doomed), 0);
        c.jne(spared);
        c.mov(ecx, Task(edx, Maps.Chief));
        c.shl(ecx, TaskShift);
        c.cmp(Task(ecx, MappingLayout.Doomed), 0);
        c.je(spared);
        c.mov(ecx, Op(Maps.Owner));
        TaskOf(ecx);
        c.cmp(eax, ecx);
        c.je(spared);
        c.mov(Task(edx, MappingLayout.Doomed), 1);
        c.mov(Op(Maps.Cursor), 0);
        c.jmp(_map);
        DefineLabel(ref spared);
        Next(_layout.Limits.Tasks, Passes.Threads);
    }

    private void DeleteThread(ref Label threads)
    {
        var doomed = c.CreateLabel("delete_thread");
        var next = c.CreateLabel("delete_next_thread");
        var untied = c.CreateLabel();
        var apart = c.CreateLabel();
        var gives = c.CreateLabel("delete_giver");
        var faulting = c.CreateLabel();
        var blank = c.CreateLabel("delete_blank");
        var free = c.CreateLabel();
        DefineLabel(ref threads);
        c.mov(ecx, eax);
        c.shr(ecx, (byte)_layout.Limits.LthreadBits);
        c.shl(ecx, TaskShift);
        c.cmp(Task(ecx, MappingLayout.Doomed), 0);
        c.jne(doomed);

        // Continues with the next task.
        c.or(eax, _layout.Limits.Lthreads - 1);
        c.jmp(next);

        // Removes the thread at EBP from the sets that contain it.
        DefineLabel(ref doomed);
        RowOfNumber(ebp, eax);
        c.mov(eax, Row(ebp, Layout.Status));
        c.and(eax, StoredStatus.Mask);
        c.cmp(eax, StoredStatus.Sending);
        c.jne(untied);
        c.mov(edx, Row(ebp, _layout.Partner));
        RemoveSender();
        c.Label(ref untied);
        RemoveTimer();
        c.mov(eax, Row(ebp, Layout.Status));
        UnlessReady(apart);
        LoadCurrentRow(eax);
        c.cmp(ebp, eax);
        c.je(apart);
        Number(edi, ebp);
        c.mov(esi, Row(ebp, Layout.Priority));
        RemoveReady();

        // The partner of a map operation, at EBP, gets an error code.
        c.Label(ref apart);
        c.mov(esi, ebp);
        c.mov(ebp, Row(esi, _layout.Partner));
        c.mov(eax, Row(esi, Layout.Status));
        c.and(eax, StoredStatus.Mask);
        c.cmp(eax, StoredStatus.Giving);
        c.je(gives);
        c.cmp(eax, StoredStatus.Mapping);
        c.jne(blank);
        c.cmp(ebp, Nobody);
        c.je(blank);
        c.mov(Row(ebp, Layout.Eax), Code.SendAborted);
        Free(ebp);
        AddReady();
        c.jmp(blank);
        DefineLabel(ref gives);
        c.test(Row(ebp, Layout.Status), StoredStatus.Faulting);
        c.jne(faulting);
        c.mov(Row(ebp, Layout.Eax), Code.ReceiveAborted);
        c.Label(ref faulting);
        Free(ebp);

        DefineLabel(ref blank);
        Dissociate(Row(esi, Layout.Handles), free);
        c.Label(ref free);
        c.xor(eax, eax);
        foreach (var field in Blanked)
            c.mov(Row(esi, field), eax);
        c.and(Row(esi, Layout.Directory), ~Layout.RunsSmall);
        c.mov(Row(esi, Layout.Status), StoredStatus.Inactive);
        c.mov(Row(esi, _layout.Partner), Nobody);
        c.mov(eax, Op(Maps.Cursor));
        DefineLabel(ref next);
        Next(_layout.Limits.Threads, Passes.Waiters);
    }

    /// <summary>The fields that are 0 in a row that is not in use.</summary>
    private IEnumerable<Field> Blanked =>
        _layout.Threads.Fields.Except([
            Layout.Status,
            _layout.Partner,
            _layout.Senders,
            Layout.Directory,
            Layout.Segment,
            Layout.Pushed,
            Layout.Cs,
            Layout.Ss,
        ]);

    private void EndWait(ref Label waiters)
    {
        var waits = c.CreateLabel("delete_waits");
        var receiving = c.CreateLabel();
        var faulting = c.CreateLabel();
        var next = c.CreateLabel("delete_next_waiter");
        var none = c.CreateLabel("delete_no_waiters");
        DefineLabel(ref waiters);

        // A task without its first thread has no thread.
        c.mov(ecx, eax);
        c.and(ecx, ~(_layout.Limits.Lthreads - 1));
        RowOfNumber(ebp, ecx);
        c.cmp(Row(ebp, Layout.Status), StoredStatus.Inactive);
        c.je(none);
        RowOfNumber(ebp, eax);
        c.mov(esi, Row(ebp, Layout.Status));
        c.and(esi, StoredStatus.Mask);
        c.cmp(esi, StoredStatus.Sending);
        c.je(waits);
        c.cmp(esi, StoredStatus.ReceivingFrom);
        c.jne(next);
        DefineLabel(ref waits);
        c.mov(edx, Row(ebp, _layout.Partner));
        c.cmp(Row(edx, Layout.Status), StoredStatus.Inactive);
        c.jne(next);
        c.cmp(esi, StoredStatus.Sending);
        c.jne(receiving);
        RemoveSender();
        c.Label(ref receiving);
        RemoveTimer();
        c.test(Row(ebp, Layout.Status), StoredStatus.Faulting);
        c.jne(faulting);
        c.mov(Row(ebp, Layout.Eax), Code.NoPartner);
        c.Label(ref faulting);
        Free(ebp);
        AddReady();
        DefineLabel(ref next);
        c.mov(eax, Op(Maps.Cursor));
        Next(_layout.Limits.Threads, Passes.Tables);

        DefineLabel(ref none);
        c.or(eax, _layout.Limits.Lthreads - 1);
        Next(_layout.Limits.Threads, Passes.Tables);
    }

    private void ReturnTask(ref Label @return)
    {
        var next = c.CreateLabel("delete_next_task");
        DefineLabel(ref @return);
        c.mov(edx, eax);
        c.shl(edx, TaskShift);
        c.cmp(Task(edx, MappingLayout.Doomed), 0);
        c.je(next);
        c.cmp(eax, Op(Maps.Target));
        c.je(next);
        c.mov(ecx, Op(Maps.Owner));
        TaskOf(ecx);
        c.mov(Task(edx, Maps.Chief), ecx);
        c.mov(Task(edx, MappingLayout.Doomed), 0);
        c.mov(edx, eax);
        NoSmallSpace(edx);
        Unload(eax, edx, ecx, next);
        DefineLabel(ref next);
        Next(_layout.Limits.Tasks, Passes.Create);
    }

    /// <summary>
    /// Unloads the directory of a deleted task: a thread in a small space may have left it loaded. It is replaced by
    /// nobody's directory, which never changes. Jumps to a label if another one is loaded.
    /// </summary>
    private void Unload(AssemblerRegister32 task, AssemblerRegister32 scratch, AssemblerRegister32 other, Label apart)
    {
        c.mov(scratch, task);
        c.shl(scratch, Layout.PageShift);
        c.add(scratch, Layout.Physical(_layout.Directories));
        c.mov(other, cr3);
        c.cmp(other, scratch);
        c.jne(apart);
        c.mov(scratch, Layout.Physical(_layout.Directories));
        c.mov(cr3, scratch);
    }

    /// <summary>Goes to the row after the one in EAX, of <paramref name="rows"/> rows, or to the next pass.</summary>
    private void Next(uint rows, uint pass)
    {
        c.mov(ecx, rows);
        c.mov(edx, pass);
        c.jmp(_nextRow);
    }

    private void NextRow()
    {
        var same = c.CreateLabel();
        DefineLabel(ref _nextRow);
        c.inc(eax);
        c.cmp(eax, ecx);
        c.jne(same);
        c.xor(eax, eax);
        c.mov(Op(MappingLayout.Pass), edx);
        c.Label(ref same);
        c.mov(Op(Maps.Cursor), eax);

        // The current thread may now be deleted, or may have nothing to map any more.
        c.mov(eax, Current(Layout.Status));
        c.and(eax, StoredStatus.Mask);
        c.cmp(eax, StoredStatus.Mapping);
        c.je(_map);
        c.jmp(_leave);
    }
}
