using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Why the lists of mappings and of free page tables come to an end: there is an order in which each mapping stands
/// before the one that follows it, and each free mapping or page table, which come and go at the head of their lists,
/// behind it. It is no part of a state. Positions in it are numbers below that of all rows; a step doubles them, which
/// leaves room for what it puts into a list, and as only their order matters they can be numbered anew.
/// </summary>
public static class ListOrder<W>
    where W : struct, IWord<W>
{
    /// <summary>Whether a mapping stands before the one that follows it; or, free, behind it.</summary>
    public static Truth Holds(State<W> s, Func<W, W> position, W node)
    {
        var (here, next) = (position(node), position(s.Mappings.Next[node]));
        return (s.Mappings.Next[node] == 0)
            | (IsFree(s.Mappings, node) & (next < here))
            | (!IsFree(s.Mappings, node) & (here < next));
    }

    /// <summary>Whether a free page table stands behind the one that follows it.</summary>
    public static Truth HoldsOfTable(State<W> s, Func<W, W> position, W table) =>
        (table == 0)
        | (s.Mappings.TableTask[table] != 0)
        | (s.Mappings.NextTable[table] == 0)
        | (position(s.Mappings.NextTable[table]) < position(table));

    /// <summary>
    /// The position of a mapping after a step: of what was derived, right behind the mapping that it follows; of what
    /// has become free, right behind the one that was the first.
    /// </summary>
    public static W After(State<W> before, State<W> after, Func<W, W> position, W node) =>
        W.Select(
            IsFree(before.Mappings, node) == IsFree(after.Mappings, node),
            position(node) * 2,
            position(W.Select(IsFree(after.Mappings, node), after.Mappings.Next[node], after.Mappings.Previous[node]))
                * 2
                + 1
        );

    /// <summary>
    /// The position of a page table after a step: of one that has become free, right behind the one that was the first.
    /// </summary>
    public static W AfterOfTable(State<W> before, State<W> after, Func<W, W> position, W table) =>
        W.Select(
            (before.Mappings.TableTask[table] != 0) & (after.Mappings.TableTask[table] == 0),
            position(after.Mappings.NextTable[table]) * 2 + 1,
            position(table) * 2
        );

    private static Truth IsFree(Mappings<W> m, W node) => m.Space[node] == 0;
}
