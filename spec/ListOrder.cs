using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Why the lists of mappings come to an end: there is an order in which each mapping stands before the one that follows it. It is no part of a
/// state. Positions in it are numbers below that of all mappings; a step doubles them, which leaves room for what it puts into a list, and as
/// only their order matters they can be numbered anew.
/// </summary>
public static class ListOrder<W> where W : struct, IWord<W>
{
    /// <summary>Whether a mapping stands before the one that follows it.</summary>
    public static Truth Holds(State<W> s, Func<W, W> position, W node) =>
        (s.Mappings.Space[node] == 0) | (s.Mappings.Next[node] == 0) | (position(node) < position(s.Mappings.Next[node]));

    /// <summary>The position of a mapping after a step: of what was derived, right behind the mapping that it follows.</summary>
    public static W After(State<W> before, State<W> after, Func<W, W> position, W node) => W.Select(
        (before.Mappings.Space[node] == 0) & (after.Mappings.Space[node] != 0),
        position(after.Mappings.Previous[node]) * 2 + 1,
        position(node) * 2);
}
