using Verified.Proofs.Check;
using Verified.Proofs.Events;

namespace Verified.Proofs.Explore;

/// <summary>Searches a shortest run, breadth first, from one state of a model to a condition.</summary>
internal static class Finder
{
    // The number of expanded states between two checks that the user still waits.
    private const int Patience = 256;

    /// <summary>The events of a shortest run of at least one step.</summary>
    /// <param name="walker">Makes the model's steps.</param>
    /// <param name="from">The first state.</param>
    /// <param name="condition">The condition at the end of the run.</param>
    /// <param name="most">The most states to visit.</param>
    /// <param name="cancel">The user has cancelled the search.</param>
    /// <exception cref="ExploreException">No such run exists, or none was found among that many states.</exception>
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
