using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Shows that the kernel's own steps end. A user thread or the idle processor always follows.
/// <list type="bullet">
/// <item>A wake step examines a later thread, or leaves its stage. No own step returns to that stage.</item>
/// <item>The rank of a state is a sum over its threads (<see cref="Of"/>).</item>
/// <item>A pick step keeps the rank, and leads to no own stage but receive or map.</item>
/// <item>A receive step lowers the rank, or keeps it and leads to accept.</item>
/// <item>An accept step lowers the rank.</item>
/// <item>A leave step keeps the rank, and leads to no own stage but pick or map.</item>
/// <item>A map step does not raise the rank. It ends an operation, so that one thread less waits for the end of its
/// own; or it begins an operation; or it brings one on (<see cref="BringsOn"/>).</item>
/// </list>
/// </summary>
public static class Rank<W>
    where W : struct, IWord<W>
{
    /// <summary>
    /// The rank of a thread. A waiting sender's message may be taken, after which the sender may take one itself. A
    /// resuming thread has to end its receive phase.
    /// </summary>
    public static W Of(State<W> s, W thread) =>
        W.Select(
            (s.Status[thread] == ThreadStatus.Sending) | (s.Status[thread] == ThreadStatus.Giving),
            2,
            W.Select(s.Status[thread] == ThreadStatus.Resuming, 1, 0)
        );

    /// <summary>1 for a thread that waits for the end of an operation on mappings; else 0.</summary>
    public static W Mapping(State<W> s, W thread) => W.Select(s.Status[thread] == ThreadStatus.Mapping, 1, 0);

    /// <summary>1 for a mapping in use; else 0.</summary>
    public static W InUse(State<W> s, W node) => W.Select(s.Mappings.Space[node] == 0, 0, 1);

    /// <summary>1 for a page table in use; else 0.</summary>
    public static W TableInUse(State<W> s, W table) => W.Select(s.Mappings.TableTask[table] == 0, 0, 1);

    /// <summary>
    /// Whether a map step brought the operation on. The first of these values that the step changes must have changed
    /// in the stated direction:
    /// <list type="bullet">
    /// <item>The deletion's pass is a later one.</item>
    /// <item>More tasks are doomed.</item>
    /// <item>The cursor is at a later row, or the kernel begins to free the page table at the cursor.</item>
    /// <item>Fewer pages are left.</item>
    /// <item>More page tables are in use.</item>
    /// <item>Fewer mappings are in use.</item>
    /// <item>Less is left to do for the present page: to flush it, to reduce it, or neither.</item>
    /// <item>A reduction is at a mapping with a later position, and no mapping is new.</item>
    /// </list>
    /// </summary>
    /// <param name="before">The state before the step.</param>
    /// <param name="after">The state after the step.</param>
    /// <param name="position">The positions of mappings (<see cref="ListOrder{W}"/>).</param>
    /// <param name="nodes">By how much the number of mappings in use changed.</param>
    /// <param name="tables">By how much the number of page tables in use changed.</param>
    /// <param name="doomed">By how much the number of doomed tasks changed.</param>
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

    // Passes.Table works on one page table and returns to Passes.Tables, so both count as the same pass.
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
