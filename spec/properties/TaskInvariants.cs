using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>Invariants of tasks, and of a deletion that is under way.</summary>
internal static class TaskInvariants<W>
    where W : struct, IWord<W>
{
    public static readonly IReadOnlyList<Invariant<State<W>, W>> All =
    [
        Task(
            "chief-is-another",
            "a task's chief is another task and a row of the table; task 0 and \u03c30 have no chief",
            (s, m, t) =>
                (m.Chief[t] < s.Limits.Tasks)
                & ((m.Chief[t] == 0) | ((m.Chief[t] != t) & (t != 0) & (t != Mappings<W>.Sigma0)))
        ),
        Task(
            "doomed-has-chief",
            "only a task with a chief is doomed, only until a deletion has returned it, and never the deleting task",
            (s, m, t) =>
                (m.Doomed[t] == 0)
                | (
                    IsDeletion(m)
                    & (m.Chief[t] != 0)
                    & (t != s.Task(m.Owner))
                    & ((m.Pass < Passes.Return) | ((m.Pass == Passes.Return) & (t >= m.Cursor)) | (t == m.Target))
                )
        ),
        Task(
            "clan-is-doomed",
            "a task whose chief is doomed is doomed too, unless it is the deleting task or has not been examined yet",
            (s, m, t) =>
                !IsDeletion(m)
                | ((m.Pass == Passes.Clan) & (t >= m.Cursor))
                | (m.Doomed[m.Chief[t]] == 0)
                | (m.Doomed[t] == 1)
                | (t == s.Task(m.Owner))
        ),
        Thread("id-has-version", "an active thread's id has the version of its task", (s, m, t) =>
            (s.Status[t] == ThreadStatus.Inactive) | (ThreadId.Version(s.Id[t]) == m.Version[s.Task(t)])
        ),
        Thread(
            "doomed-is-gone",
            "the threads of doomed tasks are inactive, as far as the deletion has come",
            (s, m, t) =>
                !IsDeletion(m)
                | (m.Doomed[s.Task(t)] == 0)
                | (s.Status[t] == ThreadStatus.Inactive)
                | (m.Pass < Passes.Threads)
                | ((m.Pass == Passes.Threads) & (t >= m.Cursor))
        ),
        Thread(
            "first-thread-is-there",
            "a task that has a thread has its first thread, until it is doomed",
            (s, m, t) =>
                (s.Status[t] == ThreadStatus.Inactive)
                | (s.Status[t & ~(s.Limits.Lthreads - 1)] != ThreadStatus.Inactive)
                | (m.Doomed[s.Task(t)] == 1)
        ),
        Thread(
            "doomed-is-awaited",
            "a thread that waits for an inactive thread waits for a thread of a doomed task",
            (s, m, t) =>
                ((s.Status[t] != ThreadStatus.Sending) & (s.Status[t] != ThreadStatus.ReceivingFrom))
                | (s.Status[s.Partner[t]] != ThreadStatus.Inactive)
                | (m.Doomed[s.Task(s.Partner[t])] == 1)
        ),
        new(
            "emptied-behind",
            "in the page table that is being freed, the pages before the present one are empty",
            Table.Page,
            false,
            (s, e, _) =>
                !IsAtTable(s.Mappings)
                | (e >> s.Limits.Paging.EntryBits != s.Mappings.Cursor)
                | ((e & s.Limits.Paging.EntryMask) >= s.Limits.Paging.Entries - s.Mappings.Left)
                | (s.Mappings.NodeAt[e] == 0)
        ),
        new(
            "tables-behind-are-kept",
            "behind the cursor of a deletion, no page table belongs to a doomed task",
            Table.PageTable,
            false,
            (s, t, _) =>
                !IsDeletion(s.Mappings)
                | (s.Mappings.Pass < Passes.Tables)
                | ((s.Mappings.Pass <= Passes.Table) & (t >= s.Mappings.Cursor))
                | (s.Mappings.Doomed[s.Mappings.TableTask[t]] == 0)
        ),
        One(
            "deletion-in-range",
            "a deletion's target is doomed, and its cursor is a row of the table that the pass goes through",
            (s, m) =>
                !IsDeletion(m)
                | (
                    (m.Doomed[m.Target] == 1)
                    & (m.Item == (Fpage.Own | Fpage.Unmap))
                    & (m.Phase != Phases.Reduce)
                    & (m.Pass <= Passes.Create)
                    & ((m.Pass == Passes.Table) | (m.Left == 0))
                    & (
                        m.Cursor
                        < W.Select(
                            (m.Pass == Passes.Threads) | (m.Pass == Passes.Waiters),
                            s.Limits.Threads,
                            W.Select(
                                (m.Pass == Passes.Tables) | (m.Pass == Passes.Table),
                                s.Limits.Paging.Tables,
                                s.Limits.Tasks
                            )
                        )
                    )
                )
        ),
        One(
            "table-is-doomed",
            "the page table that is being freed belongs to a doomed task, and the pages left are its last ones",
            (s, m) =>
                !IsAtTable(m)
                | (
                    (m.Source == m.TableTask[At(s, m)])
                    & (m.Doomed[m.Source] == 1)
                    & (m.Left <= s.Limits.Paging.Entries)
                    & (
                        (m.Left == 0)
                        | (
                            m.SourcePage
                            == (
                                (m.TableSlot[At(s, m)] << s.Limits.Paging.EntryBits)
                                | (s.Limits.Paging.Entries - m.Left)
                            )
                        )
                    )
                )
        ),
    ];

    /// <summary>
    /// Whether a thread may still wait for an inactive thread, because the deletion has not reached the waiting thread
    /// yet.
    /// </summary>
    public static Truth MayWaitInVain(State<W> s, W thread)
    {
        var m = s.Mappings;
        return IsDeletion(m) & ((m.Pass <= Passes.Threads) | ((m.Pass == Passes.Waiters) & (thread >= m.Cursor)));
    }

    private static Truth IsDeletion(Mappings<W> m) => m.Operation == Operations.Delete;

    private static Truth IsAtTable(Mappings<W> m) => IsDeletion(m) & (m.Pass == Passes.Table);

    // The row of the page table that is being freed.
    private static W At(State<W> s, Mappings<W> m) => m.Cursor & (s.Limits.Paging.Tables - 1);

    private static Invariant<State<W>, W> Task(string name, string why, Func<State<W>, Mappings<W>, W, Truth> holds) =>
        new(name, why, Table.Task, false, (s, t, _) => holds(s, s.Mappings, t));

    private static Invariant<State<W>, W> Thread(
        string name,
        string why,
        Func<State<W>, Mappings<W>, W, Truth> holds
    ) => new(name, why, Table.Thread, false, (s, t, _) => holds(s, s.Mappings, t));

    private static Invariant<State<W>, W> One(string name, string why, Func<State<W>, Mappings<W>, Truth> holds) =>
        new(name, why, Table.Processor, false, (s, _, _) => holds(s, s.Mappings));
}
