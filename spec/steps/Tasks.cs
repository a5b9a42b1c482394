using Verified.Spec.Tables;

namespace Verified.Spec;

/// <summary>
/// task_new (interface, section 9): deletes a task and creates its next incarnation. The deletion is an operation like
/// those on mappings; each step handles one row of a table, or passes over rows that are not in use. A thread that
/// wants to map or unmap first does the remaining steps of the deletion. A thread of the deleted task may run until the
/// deletion reaches it.
/// </summary>
public sealed partial class Kernel<W>
{
    /// <summary>
    /// task_new. ESI returns the id of the new task, or nil if the caller's task is not the chief of the named task.
    /// <list type="bullet">
    /// <item>Active task: ESI the task, EBX the pager of its first thread, EDX EIP, ECX ESP, EAX the highest priority
    /// that the thread may give.</item>
    /// <item>Inactive task: ESI the task, EBX nil, EAX a thread of its new chief.</item>
    /// </list>
    /// </summary>
    private void TaskNew()
    {
        var me = s.Current;
        var number = ThreadId.Task(s.Esi[me]);
        var task = number & (s.Limits.Tasks - 1);
        if ((number >= s.Limits.Tasks) | (m.Chief[task] != s.Task(me)))
            s.Esi[me] = ThreadId.Nil;
        // The caller first finishes the other operation on its own time, and then repeats the call. INT 36h has two
        // bytes.
        else if (m.Operation != Operations.None)
            Retry(me, m.Owner);
        else
        {
            m.Operation = Operations.Delete;
            m.Owner = me;
            m.Target = m.Source = task;
            m.Item = Fpage.Own | Fpage.Unmap;
            m.Left = 0;
            m.Pass = Passes.Clan;
            m.Cursor = 0;
            m.Doomed[task] = 1;
            s.Status[me] = ThreadStatus.Mapping;
            s.Stage = Stages.Map;
        }
    }

    /// <summary>A step of a deletion that does not handle a page.</summary>
    private void Delete() => NextOfDeletion()(m.Cursor);

    private Action<W> NextOfDeletion()
    {
        if (m.Pass == Passes.Clan)
            return DoomClan;
        if (m.Pass == Passes.Threads)
            return DeleteThread;
        if (m.Pass == Passes.Waiters)
            return EndWait;
        if (m.Pass == Passes.Tables)
            return BeginTable;
        if (m.Pass == Passes.Table)
            return FreeTable;
        if (m.Pass == Passes.Return)
            return ReturnTask;
        return CreateTask;
    }

    /// <summary>
    /// Dooms a task whose chief is doomed. It never dooms the deleting task, which has no doomed chief by
    /// <see cref="ChiefOrder{W}"/>.
    /// </summary>
    private void DoomClan(W task)
    {
        if ((m.Doomed[task] == 0) & (m.Doomed[m.Chief[task]] == 1) & (task != s.Task(m.Owner)))
        {
            m.Doomed[task] = 1;
            m.Cursor = 0;
        }
        else
            Pass(task + 1, s.Limits.Tasks, Passes.Threads);
    }

    private void DeleteThread(W thread)
    {
        if (m.Doomed[s.Task(thread)] == 0)
            Pass((thread | (s.Limits.Lthreads - 1)) + 1, s.Limits.Threads, Passes.Waiters);
        else
        {
            // The partner in a map operation gets an error code.
            var partner = s.Partner[thread];
            if (s.Status[thread] == ThreadStatus.Giving)
                Abort(partner, Code.ReceiveAborted);
            else if ((s.Status[thread] == ThreadStatus.Mapping) & (partner != State<W>.Nobody))
                Abort(partner, Code.SendAborted);
            Dissociate(thread);
            foreach (var (info, column) in s.Columns)
                if (info.Table == Table.Thread)
                    column[thread] = 0;
            Pass(thread + 1, s.Limits.Threads, Passes.Waiters);

            // The current thread may now be deleted, or may have nothing to map any more.
            if (s.Status[s.Current] != ThreadStatus.Mapping)
                s.Stage = Stages.Leave;
        }
    }

    /// <summary>
    /// Ends the wait of a thread for a deleted thread. No thread can start such a wait, because no id names a deleted
    /// thread. A task without its first thread has no thread, so the next task follows.
    /// </summary>
    private void EndWait(W thread)
    {
        var (status, last) = (s.Status[thread], thread | (s.Limits.Lthreads - 1));
        if (s.Status[thread & ~(s.Limits.Lthreads - 1)] == ThreadStatus.Inactive)
            Pass(last + 1, s.Limits.Threads, Passes.Tables);
        else
        {
            if (
                ((status == ThreadStatus.Sending) | (status == ThreadStatus.ReceivingFrom))
                & (s.Status[s.Partner[thread]] == ThreadStatus.Inactive)
            )
                Abort(thread, Code.NoPartner);
            Pass(thread + 1, s.Limits.Threads, Passes.Tables);
        }
    }

    /// <summary>
    /// Ends an ipc with a code. If the kernel sent the message for an exception, the ipc ends as if it were answered;
    /// the thread raises the exception again if its cause remains.
    /// </summary>
    private void Abort(W thread, uint code)
    {
        s.Eax[thread] = W.Select(s.Faulting[thread] == 1, s.Eax[thread], code);
        s.Faulting[thread] = 0;
        Block(thread, ThreadStatus.Ready, State<W>.Nobody);
    }

    /// <summary>
    /// Starts to unmap the pages of a doomed task's page table, like fpage_unmap. Passes over any other page table, and
    /// over a group of free ones at once.
    /// </summary>
    private void BeginTable(W table)
    {
        var group = s.Limits.Paging.FreeTables;
        var areFree = (table & (group - 1)) == 0;
        for (var other = 0u; other < group; other++)
            areFree &= m.TableTask[table | other] == 0;
        if (areFree)
            Pass(table + group, s.Limits.Paging.Tables, Passes.Return);
        else if (m.Doomed[m.TableTask[table]] == 0)
            Pass(table + 1, s.Limits.Paging.Tables, Passes.Return);
        else
        {
            m.Pass = Passes.Table;
            m.Source = m.TableTask[table];
            m.SourcePage = m.TableSlot[table] << s.Limits.Paging.EntryBits;
            m.Left = s.Limits.Paging.Entries;
        }
    }

    private void FreeTable(W table)
    {
        m.TableAt[(m.TableTask[table] * s.Limits.Paging.Slots) | m.TableSlot[table]] = 0;
        m.TableTask[table] = 0;
        m.NextTable[table] = m.FreeTable;
        m.PreviousTable[m.FreeTable] = table;
        m.PreviousTable[table] = 0;
        m.FreeTable = table;
        m.Pass = Passes.Tables;
        Pass(table + 1, s.Limits.Paging.Tables, Passes.Return);
    }

    private void ReturnTask(W task)
    {
        if ((m.Doomed[task] == 1) & (task != m.Target))
        {
            m.Chief[task] = s.Task(m.Owner);
            m.Doomed[task] = m.Small[task] = 0;
        }

        Pass(task + 1, s.Limits.Tasks, Passes.Create);
    }

    /// <summary>
    /// Creates the new task. If EAX names no thread for the new chief, the task stays the caller's. The first
    /// incarnation has version 1, and each later one has the next version; 1 follows the last version.
    /// </summary>
    private void CreateTask(W _)
    {
        var (me, task) = (m.Owner, m.Target);
        var (chief, version) = (s.Task(me), m.Version[task]);
        if (s.Ebx[me] == ThreadId.Nil)
            chief = W.Select(s.Exists(s.Eax[me]), s.Task(s.Row(s.Eax[me])), chief);
        else
        {
            m.Version[task] = version = W.Select(version == ThreadId.LastVersion, 1, version + 1);
            var thread = task * s.Limits.Lthreads;
            Start(me, thread, ThreadId.Make<W>(chief, task, 0, version));
            s.Mcp[thread] = Least(s.Mcp[me], s.Eax[me]);
            s.Pager[thread] = s.Ebx[me];
            s.Esp[thread] = s.Ecx[me];
            s.Eip[thread] = UserSpace.Clip(s.Edx[me]);
        }

        m.Chief[task] = chief;
        m.Doomed[task] = m.Small[task] = 0;
        m.Operation = Operations.None;
        s.Esi[me] = ThreadId.Make<W>(chief, task, 0, version);
        Block(me, ThreadStatus.Ready, State<W>.Nobody);
        s.Stage = Stages.Leave;
    }

    /// <summary>
    /// Goes to the next row of the pass, which has <paramref name="rows"/> rows, or to the first row of the next pass.
    /// </summary>
    private void Pass(W next, uint rows, uint pass)
    {
        m.Cursor = W.Select(next == rows, 0, next);
        m.Pass = W.Select(next == rows, pass, m.Pass);
    }
}
