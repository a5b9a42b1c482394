using Verified.Proofs.Check;
using Verified.Proofs.Events;

namespace Verified.Proofs.Explore;

/// <summary>Searches a shortest run, breadth first, from one state of a model to a condition.</summary>
internal static class Finder
{
    // How many states are expanded between two looks at whether the user still waits.
    private const int Patience = 256;

    /// <summary>The events of a shortest run of at least one step.</summary>
    /// <param name="walker">Makes the model's steps.</param>
    /// <param name="from">The state to begin in.</param>
    /// <param name="condition">What the run is to end with.</param>
    /// <param name="most">How many states are visited at most.</param>
    /// <param name="cancel">The user no longer waits.</param>
    /// <exception cref="ExploreException">There is no such run, or none among so many states.</exception>
    public static IReadOnlyList<Event> Run(
        Walker walker,
        Key from,
        Condition condition,
        int most,
        CancellationToken cancel
    )
    {
        var states = new KeySet(walker.Codec.Width);
        states.Add(from, -1);
        var beyond = 0L;
        for (var n = 0; n < states.Count; n++)
        {
            if (n % Patience == 0)
                cancel.ThrowIfCancellationRequested();
            if (states.Count > most)
                throw new ExploreException(
                    $"'{condition.Text}' does not come within the {most:N0} states nearest to this one"
                );
            Event? last = null;
            walker.Expand(states[n], (step, key) =>
            {
                if (condition.Holds(step))
                    last = walker.EventOf(step);
                else if (key is { } next)
                    states.Add(next, n);
                else
                    beyond++;
                return last is null;
            });
            if (last is not null)
                return Path(walker, states, n, last);
        }

        throw new ExploreException(
            $"'{condition.Text}' never comes from here: all {states.Count:N0} states were visited"
                + (beyond == 0 ? "" : $"; {beyond:N0} steps beyond the model's bounds were not followed")
        );
    }

    private static List<Event> Path(Walker walker, KeySet states, int to, Event last)
    {
        List<Event> events = [last];
        for (; states.Parent(to) is var from && from >= 0; to = from)
            events.Add(walker.EventBetween(states[from], states[to]));
        events.Reverse();
        return events;
    }
}
