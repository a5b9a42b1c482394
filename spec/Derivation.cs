using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// What holds of a mapping from one step to the next, beside what always holds of it (interface, section 11).
/// </summary>
/// <param name="Name">How reports call it.</param>
/// <param name="Why">What it says.</param>
/// <param name="Holds">Given the states before and after a step, and a mapping.</param>
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
            "a mapping that goes to another page stays where it is among those of its frame, as deep and as writable",
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
            "a new mapping is of the frame of the one that it follows, one deeper, and writable only if that one is",
            (before, after, node) =>
                (before.Space[node] != 0) | (after.Space[node] == 0) | IsDerived(after, node, after.Previous[node])
        ),
        Of(
            "rights-never-grow",
            "no step gives a mapping a right that it has not, or another place in its derivation",
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

    // Writable from σ0 down to a depth, the one itself included or not.
    private static Truth IsDerived(Mappings<W> m, W node, W from) =>
        (m.Frame[node] == m.Frame[from])
        & (m.Depth[node] == m.Depth[from] + 1)
        & ((m.Level[node] == m.Level[from]) | (m.IsWritable(from) & (m.Level[node] == m.Level[from] + 1)));

    private static Derivation<W> Of(string name, string why, Func<Mappings<W>, Mappings<W>, W, Truth> holds) =>
        new(name, why, (before, after, node) => holds(before.Mappings, after.Mappings, node));
}
