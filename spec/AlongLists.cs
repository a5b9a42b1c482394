using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// What the invariants of neighbours say of whole lists, as the steps of an induction along a list: what holds of a
/// mapping holds of the one that follows it. A list ends (<see cref="ListOrder{W}"/>), so that all of it is reached.
/// </summary>
public static class AlongLists<W>
    where W : struct, IWord<W>
{
    /// <summary>
    /// Whether a mapping is its frame's first, or follows another of that frame that stands before it; or, free, is the
    /// first free one or follows another free one. So each is in one list, and every list has all of its own.
    /// </summary>
    public static Truth IsReached(State<W> s, Func<W, W> position, W node)
    {
        var (m, previous) = (s.Mappings, s.Mappings.Previous[node]);
        var linked = (previous != 0) & (m.Next[previous] == node);
        var derived =
            linked
            & !IsFree(m, previous)
            & (m.Frame[previous] == m.Frame[node])
            & (position(previous) < position(node));
        var spare =
            linked & IsFree(m, previous) & (previous >= s.Limits.Paging.Roots) & (position(node) < position(previous));
        return (node < s.Limits.Paging.Roots)
            | (IsFree(m, node) & ((m.FreeNode == node) | spare))
            | (!IsFree(m, node) & derived);
    }

    /// <summary>
    /// Whether the mapping that follows another is derived from a third: that one is, or is the third itself, and it is
    /// deeper than that.
    /// </summary>
    public static Truth IsNextDerived(State<W> s, W from, Truth isDerived, W node) =>
        (isDerived | (node == from)) & (s.Mappings.Depth[s.Mappings.Next[node]] > s.Mappings.Depth[from]);

    /// <summary>
    /// Of a mapping derived from another: where it, or what it is derived from between the two, is writable from there
    /// on, so is the other. Not while a derivation is being made read-only, which begins with what it is derived from.
    /// </summary>
    public static Truth RightsShrink(State<W> s, W from, Truth isDerived, W node) =>
        !isDerived
        | (s.Mappings.Phase == Phases.Reduce)
        | (
            (s.Mappings.Depth[node] > s.Mappings.Depth[from])
            & ((s.Mappings.Level[node] <= s.Mappings.Depth[from]) | s.Mappings.IsWritable(from))
            & (!s.Mappings.IsWritable(node) | s.Mappings.IsWritable(from))
        );

    private static Truth IsFree(Mappings<W> m, W node) => m.Space[node] == 0;
}
