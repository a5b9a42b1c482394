using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Why the kernel's own steps come to an end, and a user or the idle processor always follows. A wake step looks at a
/// thread further on or leaves its stage, to which no own step returns. After that, the rank of a state is the sum over
/// its threads. A pick step keeps it and leaves to no own stage but receive; a receive step lowers it, or keeps it and
/// leaves to accept; an accept step lowers it by two; a leave step keeps it and leaves to no own stage but pick. So at
/// most 7 steps per thread, and three. A map step ends an operation, which leaves one thread less that waits for its
/// own, or begins one, or brings it on (<see cref="BringsOn"/>).
/// </summary>
public static class Rank<W>
    where W : struct, IWord<W>
{
    /// <summary>
    /// What a thread adds: a sender's message may be taken, which may leave the sender to take one itself; a resuming
    /// thread ends its receive phase.
    /// </summary>
    public static W Of(State<W> s, W thread) =>
        W.Select(
            (s.Status[thread] == ThreadStatus.Sending) | (s.Status[thread] == ThreadStatus.Giving),
            2,
            W.Select(s.Status[thread] == ThreadStatus.Resuming, 1, 0)
        );

    /// <summary>What a thread adds to the threads that wait for the end of an operation on mappings.</summary>
    public static W Mapping(State<W> s, W thread) => W.Select(s.Status[thread] == ThreadStatus.Mapping, 1, 0);

    /// <summary>What a mapping adds to those in use.</summary>
    public static W InUse(State<W> s, W node) => W.Select(s.Mappings.Space[node] == 0, 0, 1);

    /// <summary>What a page table adds to those in use.</summary>
    public static W TableInUse(State<W> s, W table) => W.Select(s.Mappings.TableTask[table] == 0, 0, 1);

    /// <summary>
    /// Whether a map step brought the operation on, where mappings have a <paramref name="position"/>
    /// (<see cref="ListOrder{W}"/>) and <paramref name="nodes"/> mappings, <paramref name="tables"/> page tables in use
    /// and
    /// <paramref name="doomed"/> doomed tasks became more: a deletion's pass is a later one; or has doomed one more; or
    /// is further on; or is at
    /// the same row, and fewer pages are left; or fewer page tables free; or fewer mappings; or what is in the way of
    /// the page is to be flushed, or to be made read-only, or is; or one of a later position is, and no mapping is new.
    /// </summary>
    public static Truth BringsOn(State<W> before, State<W> after, Func<W, W> position, W nodes, W tables, W doomed)
    {
        var (b, a) = (before.Mappings, after.Mappings);
        var page =
            W.LessSigned(nodes, 0)
            | (
                (nodes == 0)
                & (
                    (ToDo(after) < ToDo(before))
                    | (
                        (b.Phase == Phases.Reduce)
                        & (a.Phase == Phases.Reduce)
                        & (a.FreeNode == b.FreeNode)
                        & (position(b.At) < position(a.At))
                    )
                )
            );
        var pages = (a.Left < b.Left) | ((a.Left == b.Left) & (W.LessSigned(0, tables) | ((tables == 0) & page)));
        var row = (a.Cursor > b.Cursor) | ((a.Cursor == b.Cursor) & ((a.Pass > b.Pass) | ((a.Pass == b.Pass) & pages)));
        var more = (b.Pass == Passes.Clan) & W.LessSigned(0, doomed);
        return (b.Operation == a.Operation)
            & (
                (Pass(a) > Pass(b))
                | ((Pass(a) == Pass(b)) & (more | (((b.Pass != Passes.Clan) | (doomed == 0)) & row)))
            );
    }

    // At one page table, and at the next: over page tables.
    private static W Pass(Mappings<W> m) => W.Select(m.Pass == Passes.Table, Passes.Tables, m.Pass);

    private static W ToDo(State<W> s)
    {
        var node = s.NodeOf(s.Mappings.Source, s.Mappings.SourcePage);
        var isDone = (s.Mappings.Operation == Operations.Map) & (s.Mappings.Level[node] <= s.Mappings.Depth[node]);
        return W.Select(
            s.Mappings.Phase == Phases.Flush,
            0,
            W.Select(s.Mappings.Phase == Phases.Reduce, 2, W.Select(isDone, 1, 3))
        );
    }
}
