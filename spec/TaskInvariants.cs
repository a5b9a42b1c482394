using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>What always holds of tasks, and of the deletion that is going on.</summary>
internal static class TaskInvariants<W>
    where W : struct, IWord<W>
{
    public static readonly IReadOnlyList<Invariant<W>> All =
    [
        Task(
            "chief-is-another",
            "a task's chief is another one, a row of the table; nobody has task 0 or \u03c30",
            (s, m, t) =>
                (m.Chief[t] < s.Limits.Tasks)
                & ((m.Chief[t] == 0) | ((m.Chief[t] != t) & (t != 0) & (t != Mappings<W>.Sigma0)))
        ),
        Task(
            "doomed-has-chief",
            "a task is doomed only until a deletion has returned it, if it has a chief, and never the one that deletes",
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
            "the tasks whose chief is doomed are so too, but the one that deletes, as far as the clan has been found",
            (s, m, t) =>
                !IsDeletion(m)
                | ((m.Pass == Passes.Clan) & (t >= m.Cursor))
                | (m.Doomed[m.Chief[t]] == 0)
                | (m.Doomed[t] == 1)
                | (t == s.Task(m.Owner))
        ),
        Thread("id-has-version", "a thread has the version of its task", (s, m, t) =>
            (s.Status[t] == ThreadStatus.Inactive) | (ThreadId.Version(s.Id[t]) == m.Version[s.Task(t)])
        ),
        Thread("doomed-is-gone", "the threads of doomed tasks are gone, as far as the deletion has come", (s, m, t) =>
            !IsDeletion(m)
            | (m.Doomed[s.Task(t)] == 0)
            | (s.Status[t] == ThreadStatus.Inactive)
            | (m.Pass < Passes.Threads)
            | ((m.Pass == Passes.Threads) & (t >= m.Cursor))
        ),
        Thread("doomed-is-awaited", "whoever waits for one that is gone waits for one of a doomed task", (s, m, t) =>
            ((s.Status[t] != ThreadStatus.Sending) & (s.Status[t] != ThreadStatus.ReceivingFrom))
            | (s.Status[s.Partner[t]] != ThreadStatus.Inactive)
            | (m.Doomed[s.Task(s.Partner[t])] == 1)
        ),
        new(
            "emptied-behind",
            "of the page table that is being freed, the pages behind the present one are empty",
            Table.Page,
            false,
            (s, e, _) =>
                !IsAtTable(s.Mappings)
                | (e >> Bits(s.Limits.Paging.Entries) != s.Mappings.Cursor)
                | ((e & (s.Limits.Paging.Entries - 1)) >= s.Limits.Paging.Entries - s.Mappings.Left)
                | (s.Mappings.NodeAt[e] == 0)
        ),
        One(
            "deletion-in-range",
            "a deletion is of a doomed task, and at a row of the table that its pass is over",
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
            "the page table that is being freed is a doomed task's, and the pages left are its last ones",
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
                                (m.TableSlot[At(s, m)] << Bits(s.Limits.Paging.Entries))
                                | (s.Limits.Paging.Entries - m.Left)
                            )
                        )
                    )
                )
        ),
    ];

    /// <summary>Whether a thread may still wait for one that is gone: until the deletion comes to it.</summary>
    public static Truth MayWaitInVain(State<W> s, W thread)
    {
        var m = s.Mappings;
        return IsDeletion(m) & ((m.Pass <= Passes.Threads) | ((m.Pass == Passes.Waiters) & (thread >= m.Cursor)));
    }

    private static Truth IsDeletion(Mappings<W> m) => m.Operation == Operations.Delete;

    private static Truth IsAtTable(Mappings<W> m) => IsDeletion(m) & (m.Pass == Passes.Table);

    // The page table that is being freed.
    private static W At(State<W> s, Mappings<W> m) => m.Cursor & (s.Limits.Paging.Tables - 1);

    private static uint Bits(uint rows) => (uint)System.Numerics.BitOperations.Log2(rows);

    private static Invariant<W> Task(string name, string why, Func<State<W>, Mappings<W>, W, Truth> holds) =>
        new(name, why, Table.Task, false, (s, t, _) => holds(s, s.Mappings, t));

    private static Invariant<W> Thread(string name, string why, Func<State<W>, Mappings<W>, W, Truth> holds) =>
        new(name, why, Table.Thread, false, (s, t, _) => holds(s, s.Mappings, t));

    private static Invariant<W> One(string name, string why, Func<State<W>, Mappings<W>, Truth> holds) =>
        new(name, why, Table.Processor, false, (s, _, _) => holds(s, s.Mappings));
}
