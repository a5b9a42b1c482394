using Verified.Proofs.Events;
using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Explore;

/// <summary>A walk through a world: a run so far, and the events that may come next.</summary>
public sealed partial class Session
{
    private readonly List<Event> _events = [];
    private IWorld _world;
    private Judged _present = null!;
    private NextEvents _next = null!;
    private bool _isSaved = true;

    /// <param name="world">What is explored.</param>
    public Session(IWorld world)
    {
        _world = world;
        _events.AddRange(world.First);
        Look();
    }

    /// <summary>The model or trace that the session explores.</summary>
    public IWorld World => _world;

    /// <summary>Whether there are steps that are in no file.</summary>
    public bool IsUnsaved => !_isSaved;

    /// <summary>How many events the run has.</summary>
    public int Count => _events.Count;

    /// <summary>The events that may come next.</summary>
    public IReadOnlyList<Event> Enabled => [.. _next.Events.Select(next => next.Event)];

    /// <summary>The present state. The caller must not write it.</summary>
    public State<Concrete> State => Tables.State;

    /// <summary>The cells of the present state. The caller must not write them.</summary>
    public FlatTables Tables => _present.Tables;

    /// <summary>The run so far.</summary>
    public Trace Trace =>
        _world.Start with
        {
            Events = [.. _events],
            Note = $"a run of {_events.Count} events in {_world.Says}",
        };

    /// <summary>Begins again: at boot, or at the start of a loaded trace.</summary>
    public void Restart() => Set([]);

    /// <summary>Takes one of the possible next events.</summary>
    /// <param name="number">Its place in <see cref="Enabled"/>.</param>
    /// <param name="count">
    /// The number of events in the run when the user chose. Another page of the same session may have continued since.
    /// </param>
    /// <param name="follows">True to run the kernel's own steps as long as there is no choice.</param>
    /// <exception cref="ExploreException">There is no such event.</exception>
    public void Take(int number, int count, bool follows)
    {
        if (count != _events.Count)
            throw new ExploreException("the run has gone on in another window; choose again");
        if (number < 0 || number >= _next.Events.Count)
            throw new ExploreException($"there is no event {number}; {_next.Events.Count} may come here");
        Append([_next.Events[number].Event]);
        if (follows)
            TakeOwnSteps();
    }

    /// <summary>Goes back by one step: the last event, and the kernel's own steps that followed it.</summary>
    /// <param name="single">True to remove only the last event, even if it is one of the kernel's own steps.</param>
    /// <exception cref="ExploreException">The run has no event.</exception>
    public void Back(bool single = false)
    {
        if (_events.Count == 0)
            throw new ExploreException("this is the start: there is no step to undo");
        BackTo(single ? _events.Count - 1 : Math.Max(0, LastStep));
    }

    /// <summary>Goes back to the state after a step of the chart.</summary>
    /// <param name="step">The number of steps that stay.</param>
    /// <exception cref="ExploreException">The run has fewer steps.</exception>
    public void BackToStep(int step)
    {
        var begins = new Narration(Trace).Steps().Select(each => each.Event).ToList();
        if (step < 0 || step > begins.Count)
            throw new ExploreException($"there is no step {step}; the run has {begins.Count}");
        if (step < begins.Count)
            BackTo(begins[step]);
    }

    /// <summary>Continues by a run to a condition. Returns how it was found, in one line.</summary>
    /// <exception cref="ExploreException">The text is not a condition, or no run was found.</exception>
    public string RunUntil(string text, CancellationToken cancel = default)
    {
        var found = _world.RunUntil(text, _present, _events, cancel);
        Append(found.Events);
        return found.Says;
    }

    /// <summary>
    /// Takes the explored trace's events that are not yet in the run. An event that cannot come in its state does
    /// nothing, here as in a replay.
    /// </summary>
    /// <returns>How many events came, and how many could not.</returns>
    /// <exception cref="ExploreException">There is no such event.</exception>
    public (int Came, int Skipped) Follow()
    {
        var (first, rest) = (_events.Count, _world.Rest(_events));
        if (rest.Count == 0)
            throw new ExploreException("the run has all events of the trace");
        Append(rest);
        var came = _present.Came.Count(number => number >= first);
        return (came, rest.Count - came);
    }

    /// <summary>Begins again with a trace: a model's at its end, any other at its start.</summary>
    /// <exception cref="TraceFileException">
    /// The trace does not belong to this world. The present run is kept.
    /// </exception>
    public void Load(Trace trace)
    {
        var (world, events, saved) = (_world, _events.ToArray(), _isSaved);
        var opened = world.Open(trace);
        try
        {
            _world = opened;
            Set(opened.First);
            if (_next.IsOutside)
                throw new TraceFileException($"the trace ends in a state that {_world.Says} does not have");
            _isSaved = true;
        }
        catch (TraceFileException)
        {
            _world = world;
            Set(events);
            _isSaved = saved;
            throw;
        }
    }

    /// <summary>Writes the run to a file.</summary>
    public void Save(string path)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
            Directory.CreateDirectory(folder);
        TraceFile.Save(path, Trace);
        _isSaved = true;
    }

    // The first event of the last step: the last event that is not one of the kernel's own steps; -1 if there is none.
    private int LastStep => _events.FindLastIndex(e => !Unfolding.IsOwn(e));

    private void BackTo(int count) => Set([.. _events.Take(count)]);

    private void Append(IReadOnlyList<Event> events) => Set([.. _events, .. events]);

    // The kernel's own steps end at a user or idle state.
    private void TakeOwnSteps()
    {
        while (
            _next.Events is [{ Beyond: false } only] && Kernel<Concrete>.OwnStep(State.Stage.Value) == only.Event.Entry
        )
            Append([only.Event]);
    }

    private void Set(IReadOnlyList<Event> events)
    {
        Event[] all = [.. events];
        _events.Clear();
        _events.AddRange(all);
        _isSaved = all.Length == 0;
        Look();
    }

    // Computes the present state and the possible next events.
    private void Look()
    {
        _present = new(Trace, _world.Threads, LastStep, _world.Invariants, _world.Properties);
        _next = _world.Next(_present, _events);
    }
}
