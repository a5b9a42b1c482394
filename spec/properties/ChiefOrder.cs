using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Shows that following chiefs of chiefs never leads back to the same task. In a ghost order each chief has a lower
/// position than its tasks. During a deletion, the deleting task has a lower position than all doomed tasks, so the
/// deletion never dooms it. Like <see cref="ListOrder{W}"/>, this order is not part of a state.
/// </summary>
public static class ChiefOrder<W>
    where W : struct, IWord<W>
{
    /// <summary>Whether a task comes after its chief, and, if it is doomed, after the deleting task.</summary>
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

    /// <summary>
    /// The position of a task after a step. A task with a new chief gets the position directly after that chief.
    /// </summary>
    public static W After(State<W> before, State<W> after, Func<W, W> position, W task) =>
        W.Select(
            before.Mappings.Chief[task] == after.Mappings.Chief[task],
            position(task) * 2,
            position(after.Mappings.Chief[task]) * 2 + 1
        );
}
