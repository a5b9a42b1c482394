namespace Verified.Spec;

/// <summary>
/// task_new (interface, section 9): deletes a task, and creates its next incarnation. The deletion is an operation like
/// those on mappings, a row of a table per step: whoever comes next to map or unmap does its steps first. Until a
/// thread is deleted it may run.
/// </summary>
public sealed partial class Kernel<W>
{
    /// <summary>
    /// ESI the task, EBX the pager of its first thread, EDX EIP, ECX ESP, EAX the highest priority it may give; or EBX
    /// nil for an inactive task, EAX a thread of its new chief. ESI is then the new task's id, or nil for a task that
    /// is not mine to create.
    /// </summary>
    private void TaskNew()
    {
        var me = s.Current;
        var number = ThreadId.Task(s.Esi[me]);
        var task = number & (s.Limits.Tasks - 1);
        if ((number >= s.Limits.Tasks) | (m.Chief[task] != s.Task(me)))
            s.Esi[me] = ThreadId.Nil;
        // Another operation is finished first, on my time, and then I ask again. INT 36h has two bytes.
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

    /// <summary>The next step of a deletion that is not about a page.</summary>
    private void Delete()
    {
        var at = m.Cursor;
        if (m.Pass == Passes.Clan)
            DoomClan(at);
        else if (m.Pass == Passes.Threads)
            DeleteThread(at);
        else if (m.Pass == Passes.Waiters)
            EndWait(at);
        else if (m.Pass == Passes.Tables)
            BeginTable(at);
        else if (m.Pass == Passes.Table)
            FreeTable(at);
        else if (m.Pass == Passes.Return)
            ReturnTask(at);
        else
            CreateTask();
    }

    /// <summary>
    /// The tasks whose chief is doomed are too; but never the one that deletes, which by <see cref="ChiefOrder{W}"/>
    /// has no doomed chief.
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
            // Whoever was to give it pages, or to be given some by it, is told.
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

            // It may be the current one that is gone, or has nothing to map any more.
            if (s.Status[s.Current] != ThreadStatus.Mapping)
                s.Stage = Stages.Leave;
        }
    }

    /// <summary>Nobody can begin to wait for those that are gone: no id names them.</summary>
    private void EndWait(W thread)
    {
        var status = s.Status[thread];
        if (
            ((status == ThreadStatus.Sending) | (status == ThreadStatus.ReceivingFrom))
            & (s.Status[s.Partner[thread]] == ThreadStatus.Inactive)
        )
            Abort(thread, Code.NoPartner);
        Pass(thread + 1, s.Limits.Threads, Passes.Tables);
    }

    /// <summary>
    /// Ends an ipc with a code; one for an exception ends as if answered, and the thread raises it again, if it still
    /// does.
    /// </summary>
    private void Abort(W thread, uint code)
    {
        s.Eax[thread] = W.Select(s.Faulting[thread] == 1, s.Eax[thread], code);
        s.Faulting[thread] = 0;
        Block(thread, ThreadStatus.Ready, State<W>.Nobody);
    }

    /// <summary>The pages of a doomed task's page table are unmapped one by one, as by fpage_unmap.</summary>
    private void BeginTable(W table)
    {
        if (m.Doomed[m.TableTask[table]] == 0)
            Pass(table + 1, s.Limits.Paging.Tables, Passes.Return);
        else
        {
            m.Pass = Passes.Table;
            m.Source = m.TableTask[table];
            m.SourcePage = m.TableSlot[table] << (uint)System.Numerics.BitOperations.Log2(s.Limits.Paging.Entries);
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
    /// A new chief that does not exist, or no longer, gets nothing: the task stays mine. The first incarnation has
    /// version 1, each later one the next, and after the last of ten bits 1 again.
    /// </summary>
    private void CreateTask()
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
            s.Eip[thread] = s.Edx[me];
        }

        m.Chief[task] = chief;
        m.Doomed[task] = m.Small[task] = 0;
        m.Operation = Operations.None;
        s.Esi[me] = ThreadId.Make<W>(chief, task, 0, version);
        Block(me, ThreadStatus.Ready, State<W>.Nobody);
        s.Stage = Stages.Leave;
    }

    /// <summary>The next row of the pass, of so many; or the first of the next pass.</summary>
    private void Pass(W next, uint rows, uint pass)
    {
        m.Cursor = W.Select(next == rows, 0, next);
        m.Pass = W.Select(next == rows, pass, m.Pass);
    }
}
