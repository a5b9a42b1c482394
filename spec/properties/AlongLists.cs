using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Extends the invariants of neighbours to whole lists. Each function is one step of an induction along a list: if a
/// property holds for a mapping, it holds for the next mapping. Every list ends (<see cref="ListOrder{W}"/>), so the
/// induction reaches all of it.
/// </summary>
public static class AlongLists<W>
    where W : struct, IWord<W>
{
    /// <summary>
    /// A mapping in use is the first of its frame, or it follows a mapping of the same frame with a lower position. A
    /// free mapping is the first free one, or it follows another free mapping. So each mapping is in exactly one list,
    /// and each list contains all of its mappings.
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
    /// Whether the mapping after <paramref name="node"/> is derived from <paramref name="from"/>. It is if
    /// </summary>
    /// <paramref name="node"/> is derived from <paramref name="from"/> or is that mapping itself, and the next mapping
    /// is deeper than <paramref name="from"/>.
    public static Truth IsNextDerived(State<W> s, W from, Truth isDerived, W node) =>
        (isDerived | (node == from)) & (s.Mappings.Depth[s.Mappings.Next[node]] > s.Mappings.Depth[from]);

    /// <summary>
    /// If a derived mapping is writable, so is the mapping that it is derived from. The same holds for every mapping
    /// between the two. The property is suspended while the kernel makes a derivation read-only, because that starts
    /// with
    /// </summary>
    /// <paramref name="from"/>.
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
