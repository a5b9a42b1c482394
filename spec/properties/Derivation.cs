using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// A property of one mapping that relates the states before and after a step (interface, section 11).
/// </summary>
/// <param name="Name">The name in reports.</param>
/// <param name="Why">One sentence for the reader of a violation.</param>
/// <param name="Holds">The property, given the states before and after a step, and a mapping.</param>
public sealed record Derivation<W>(string Name, string Why, Func<State<W>, State<W>, W, Truth> Holds)
    where W : struct, IWord<W>
{
    public static readonly IReadOnlyList<Derivation<W>> All =
    [
        Of(
            "flush-leaves-nothing",
            "when a flush ends, no mapping derived from its root is left",
            (before, after, node) =>
                (before.Phase != Phases.Flush)
                | (after.Phase == Phases.Flush)
                | (node != before.Root)
                | (before.Depth[before.Next[node]] <= before.Depth[node])
        ),
        Of(
            "grant-keeps-derivation",
            "a mapping that moves to another page keeps its place in the frame's list, its depth and its level",
            (before, after, node) =>
                !IsKept(before, after, node)
                | ((before.Space[node] == after.Space[node]) & (before.Page[node] == after.Page[node]))
                | (
                    (before.Next[node] == after.Next[node])
                    & (before.Previous[node] == after.Previous[node])
                    & (before.Frame[node] == after.Frame[node])
                    & (before.Depth[node] == after.Depth[node])
                    & (before.Level[node] == after.Level[node])
                )
        ),
        Of(
            "derived-from-another",
            "a new mapping has its predecessor's frame, is one deeper, and is writable only if its predecessor is",
            (before, after, node) =>
                (before.Space[node] != 0) | (after.Space[node] == 0) | IsDerived(after, node, after.Previous[node])
        ),
        Of(
            "rights-never-grow",
            "no step gives a mapping a new right, another depth or another frame",
            (before, after, node) =>
                !IsKept(before, after, node)
                | (
                    (after.Level[node] <= before.Level[node])
                    & (after.Depth[node] == before.Depth[node])
                    & (after.Frame[node] == before.Frame[node])
                )
        ),
    ];

    private static Truth IsKept(Mappings<W> before, Mappings<W> after, W node) =>
        (before.Space[node] != 0) & (after.Space[node] != 0);

    // A new mapping keeps its predecessor's level, or raises it by one if both are writable.
    private static Truth IsDerived(Mappings<W> m, W node, W from) =>
        (m.Frame[node] == m.Frame[from])
        & (m.Depth[node] == m.Depth[from] + 1)
        & ((m.Level[node] == m.Level[from]) | (m.IsWritable(from) & (m.Level[node] == m.Level[from] + 1)));

    private static Derivation<W> Of(string name, string why, Func<Mappings<W>, Mappings<W>, W, Truth> holds) =>
        new(name, why, (before, after, node) => holds(before.Mappings, after.Mappings, node));
}
