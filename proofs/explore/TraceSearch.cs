using Verified.Proofs.Events;
using Verified.Proofs.Programs;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Explore;

/// <summary>
/// Searches a run from a state to a condition: first along the rest of the explored trace, then among random programs.
/// </summary>
internal sealed class TraceSearch
{
    /// <summary>The most random events that a search tries.</summary>
    public const int MostEvents = 100_000;

    private const int LongestProgram = 32,
        MostShorter = 1_000;

    private readonly FlatTables _tables;
    private readonly uint[] _from,
        _threadsFrom;
    private readonly Kernel<Concrete> _kernel;
    private readonly EventSample _sample;
    private readonly Condition _condition;
    private readonly EventWatch _watch;
    private readonly int _eax;
    private uint[] _threads;

    /// <param name="present">The state that the search begins in.</param>
    /// <param name="sample">The random events.</param>
    /// <param name="condition">The condition at the end of the run.</param>
    /// <param name="invariants">The invariants that a condition may name.</param>
    /// <exception cref="ExploreException">The text is not a condition.</exception>
    public TraceSearch(
        Judged present,
        EventSample sample,
        string condition,
        IReadOnlyList<Invariant<State<Concrete>, Concrete>> invariants
    )
    {
        _sample = sample;
        _tables = new(present.Tables.State.Limits);
        _from = [.. present.Tables.Cells];
        _tables.Fill(cells => _from.CopyTo(cells, 0));
        _threads = _threadsFrom = [.. present.Threads];
        _tables.LookOnlyAt(_threads);
        _kernel = new(_tables.State);
        _eax = _tables.Start(nameof(State<Concrete>.Eax));
        _condition = Condition.Parse(
            condition,
            new(
                _tables,
                _ => false,
                invariants,
                invariant => Judged.Violation(_tables.State, invariant, _threads) is not null
            )
        );
        _watch = new(_condition);
    }

    /// <summary>The run that is found.</summary>
    /// <param name="rest">The rest of the explored trace.</param>
    /// <param name="count">The number of events before the state.</param>
    /// <param name="cancel">The user has cancelled the search.</param>
    /// <exception cref="ExploreException">No run was found.</exception>
    public FoundRun Run(IReadOnlyList<Event> rest, int count, CancellationToken cancel)
    {
        if (Leading(rest) is { } along)
            return new(along, $"'{_condition.Text}' holds after {along.Count} events of the trace");
        var tried = 0;
        for (var program = 0; tried < MostEvents; program++)
        {
            cancel.ThrowIfCancellationRequested();
            if (Random(count + program, ref tried) is not { } found)
                continue;
            var small = Shrinking.Smallest<IReadOnlyList<Event>, IReadOnlyList<Event>>(
                found,
                Shrinking.Shorter,
                Leading,
                MostShorter
            );
            return new(
                small,
                $"{small.Count} random events lead to '{_condition.Text}', which the rest of the trace never reaches; "
                    + "without one of them this run does not lead there"
            );
        }

        throw new ExploreException(
            $"'{_condition.Text}' does not come along the rest of the trace, nor within {tried:N0} random events of "
                + "programs from here; another --seed tries others"
        );
    }

    // The beginning of a program up to the event after which the condition holds; null if it never does.
    private IReadOnlyList<Event>? Leading(IReadOnlyList<Event> events)
    {
        Restart();
        for (var n = 0; n < events.Count; n++)
            if (Step(events[n]))
                return [.. events.Take(n + 1)];
        return null;
    }

    private List<Event>? Random(int number, ref int tried)
    {
        Restart();
        var draw = _sample.Draws(unchecked(_sample.Seed * LongestProgram + number));
        List<Event> events = [];
        for (var n = 0; n < LongestProgram; n++, tried++)
        {
            if (draw(_tables.State, _threads[1..]) is not { } e)
                continue;
            events.Add(e);
            if (Step(e))
                return events;
        }

        return null;
    }

    private void Restart()
    {
        _tables.Rewind(_from);
        _tables.Commit();
        _tables.LookOnlyAt(_threads = _threadsFrom);
    }

    // Makes an event with the kernel's own steps; true if the condition holds then.
    private bool Step(Event e)
    {
        var s = _tables.State;
        _watch.Begin();
        foreach (var single in Unfolding.Of(e, s))
        {
            if (single is not { } step)
                continue;
            if (step.MayStart(s) is { } row && !_threads.Contains(row))
                _tables.LookOnlyAt(_threads = [.. _threads, row]);
            var (actor, stage) = (s.Current.Value, s.Stage.Value);
            if (step.Registers is { } registers && stage == Stages.User)
                registers.Set(s, actor);
            _tables.Commit();
            _kernel.Step(step.Entry, step.Argument, step.Code);
            _watch.Note(new(_tables, step.Entry, step.Argument, actor, stage, _eax));
        }

        return _watch.Holds;
    }
}
