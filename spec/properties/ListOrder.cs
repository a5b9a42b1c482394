using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Shows that the lists of mappings and of free page tables end. A ghost order gives each row a position. A mapping has
/// a lower position than the next mapping of its frame. A free mapping or page table has a higher position than the
/// next free one, because rows enter and leave the free lists at the head. The order is not part of a state. A step
/// doubles all positions, which leaves room between two rows for a new one. Only the order counts, so the positions can
/// be numbered anew at any time.
/// </summary>
public static class ListOrder<W>
    where W : struct, IWord<W>
{
    /// <summary>
    /// Whether a mapping comes before the next one of its list; a free mapping comes after the next free one.
    /// </summary>
    public static Truth Holds(State<W> s, Func<W, W> position, W node)
    {
        var (here, next) = (position(node), position(s.Mappings.Next[node]));
        return (s.Mappings.Next[node] == 0)
            | (IsFree(s.Mappings, node) & (next < here))
            | (!IsFree(s.Mappings, node) & (here < next));
    }

    /// <summary>Whether a free page table comes after the next free one.</summary>
    public static Truth HoldsOfTable(State<W> s, Func<W, W> position, W table) =>
        (table == 0)
        | (s.Mappings.TableTask[table] != 0)
        | (s.Mappings.NextTable[table] == 0)
        | (position(s.Mappings.NextTable[table]) < position(table));

    /// <summary>
    /// The position of a mapping after a step. A newly derived mapping comes directly after its predecessor. A newly
    /// freed mapping comes directly after the former first free mapping.
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
    /// The position of a page table after a step. A newly freed page table comes directly after the former first free
    /// one.
    /// </summary>
    public static W AfterOfTable(State<W> before, State<W> after, Func<W, W> position, W table) =>
        W.Select(
            (before.Mappings.TableTask[table] != 0) & (after.Mappings.TableTask[table] == 0),
            position(after.Mappings.NextTable[table]) * 2 + 1,
            position(table) * 2
        );

    private static Truth IsFree(Mappings<W> m, W node) => m.Space[node] == 0;
}
