using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Explore;

/// <summary>Some of the events that the random programs of <c>fuzz</c> and <c>diff</c> try in a state.</summary>
/// <param name="seed">Selects the events. The same seed gives the same events after the same run.</param>
/// <param name="limits">Sizes of the tables.</param>
/// <param name="arises">True to take only events that a user instruction raises on a PC.</param>
public sealed class EventSample(int seed, Limits limits, bool arises)
{
    // The number of random events that are drawn for a state. The page shows those that differ in their text.
    private const int Drawn = 48;

    // A generator for each number of events: programs with neighbouring seeds must not share their events.
    private const int SeedsApart = 65_537;

    /// <summary>The seed.</summary>
    public int Seed => seed;

    /// <summary>A tick, and each interrupt that may come.</summary>
    public IEnumerable<Event> FromDevices(State<Concrete> s) =>
        [
            new(Entry.Tick),
            .. Interrupts
                .OfUsers.Where(id => arises ? Event.MayArise(s, id) : Event.MayCome(s, id))
                .Select(id => new Event(Entry.Interrupt, null, id)),
        ];

    /// <summary>Random events.</summary>
    /// <param name="s">A user or idle state.</param>
    /// <param name="threads">Rows of the threads that exist.</param>
    /// <param name="count">The number of events before the state.</param>
    public IEnumerable<Event> Of(State<Concrete> s, IReadOnlyList<uint> threads, int count)
    {
        // An idle kernel gets events only from devices.
        if (s.Stage.Value != Stages.User)
            return [];
        var draw = Draws(unchecked(seed * SeedsApart + count));
        return [.. Enumerable.Range(0, Drawn).Select(_ => draw(s, threads)).OfType<Event>()];
    }

    /// <summary>Draws one random event after the other; null if it cannot come in the state.</summary>
    /// <param name="number">The number of the program.</param>
    public Func<State<Concrete>, IReadOnlyList<uint>, Event?> Draws(int number)
    {
        var generator = new Generator(number, limits);
        generator.ChooseInterrupts();
        var drawn = 0;
        return (s, threads) =>
        {
            var e = (drawn++ % 4) switch
            {
                0 => generator.Give(s, threads),
                1 => generator.Manage(s, threads),
                2 => generator.Grow(s, threads),
                _ => generator.Next(s, threads),
            };
            if (!arises)
                e = e with { By = null, Loaded = null };
            return e.Fits(s) && (!arises || Arises(s, e)) ? e : null;
        };
    }

    // Without an instruction of its own an event may arise in another place than here.
    private static bool Arises(State<Concrete> s, Event e) =>
        e.Entry switch
        {
            Entry.Tick => true,
            Entry.Interrupt => Event.MayArise(s, e.Argument),
            _ when s.Stage.Value != Stages.User => false,
            _ => e.By is not null && Judge.Arisen(s, e).FirstOrDefault() is { } first && first.Entry == e.Entry,
        };
}
