using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Why the chiefs of chiefs never lead back to a task: there is an order in which the chief of each task stands before
/// it, and, while a task is deleted, the one that deletes before all that are doomed. So it is never one of the clan
/// that it deletes. Like <see cref="ListOrder{W}"/>, it is no part of a state.
/// </summary>
public static class ChiefOrder<W>
    where W : struct, IWord<W>
{
    /// <summary>Whether a task stands behind its chief, and, doomed, behind the one that deletes it.</summary>
    public static Truth Holds(State<W> s, Func<W, W> position, W task)
    {
        var m = s.Mappings;
        return ((m.Chief[task] == 0) | (position(m.Chief[task]) < position(task)))
            & (
                (m.Operation != Operations.Delete)
                | (m.Doomed[task] == 0)
                | (position(s.Task(m.Owner)) < position(task))
            );
    }

    /// <summary>The position of a task after a step: of one that has another chief, right behind that.</summary>
    public static W After(State<W> before, State<W> after, Func<W, W> position, W task) =>
        W.Select(
            before.Mappings.Chief[task] == after.Mappings.Chief[task],
            position(task) * 2,
            position(after.Mappings.Chief[task]) * 2 + 1
        );
}
