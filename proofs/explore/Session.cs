using Verified.Proofs.Check;
using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Explore;

/// <summary>A walk through a model's states: a run so far, and every event that may come next.</summary>
public sealed partial class Session
{
    /// <summary>The name that saved traces give for their origin.</summary>
    public const string Verb = Origin.Explore;

    /// <summary>The default limit of states in a search.</summary>
    public const int DefaultMostStates = 3_000_000;

    private readonly Walker _walker;
    private readonly Key _boot;
    private readonly uint[] _threads;
    private readonly IReadOnlyList<Invariant<State<Concrete>, Concrete>> _invariants;
    private readonly IReadOnlyList<Property<Concrete>> _properties;
    private readonly List<Event> _events = [];
    private Snapshot _start;
    private Judged _present = null!;
    private List<(Event Event, string Text, bool Beyond)> _choices = [];
    private Key? _key;
    private bool _isSaved = true;

    /// <param name="model">The model, which starts from boot.</param>
    /// <param name="options">The invariants and properties, and the limit of a search.</param>
    public Session(Model model, CheckOptions? options = null)
    {
        options ??= new(Limits: new() { States = DefaultMostStates });
        (MostStates, Model) = ((int)options.LimitsOf().States, model);
        (_invariants, _properties) = (options.InvariantsOf(), options.PropertiesOf());
        _walker = new(model, null);
        _threads = [State<Concrete>.Nobody, .. _walker.Codec.Rows];
        _start = Snapshot.Of(model.Initial());
        _walker.Tables.Fill(model.Initial());
        _boot = _walker.Codec.Pack(out _)
            ?? throw new ModelException($"model {model.Name}: the boot state is outside of it");
        Look();
    }

    /// <summary>What is explored.</summary>
    public Model Model { get; }

    /// <summary>The limit of states in a search.</summary>
    public int MostStates { get; }

    /// <summary>Whether there are steps that are in no file.</summary>
    public bool IsUnsaved => !_isSaved;

    /// <summary>How many events the run has.</summary>
    public int Count => _events.Count;

    /// <summary>The events that may come next.</summary>
    public IReadOnlyList<Event> Enabled => [.. _choices.Select(choice => choice.Event)];

    /// <summary>The present state. The caller must not write it.</summary>
    public State<Concrete> State => _present.Tables.State;

    /// <summary>The key of the present state; null beyond the model's bounds.</summary>
    public Key? Key => _key;

    /// <summary>The run so far.</summary>
    public Trace Trace =>
        new(
            _start,
            [.. _events],
            Note: $"a run of {_events.Count} events in model {Model.Name}",
            Origin: new(Verb, Model: Model.Name)
        );

    /// <summary>Begins again: at boot, or at the start of a loaded trace.</summary>
    public void Restart() => Set(_start, []);

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
        if (number < 0 || number >= _choices.Count)
            throw new ExploreException($"there is no event {number}; {_choices.Count} may come here");
        Append([_choices[number].Event]);
        if (follows)
            Follow();
    }

    /// <summary>Goes back by one step: the last event, and the kernel's own steps that followed it.</summary>
    /// <param name="single">True to remove only the last event, even if it is one of the kernel's own steps.</param>
    /// <exception cref="ExploreException">The run has no event.</exception>
    public void Back(bool single = false)
    {
        if (_events.Count == 0)
            throw new ExploreException("this is the start: there is no step to undo");
        BackTo(single ? _events.Count - 1 : LastStep);
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

    /// <summary>Continues by a shortest run to a condition. Returns the number of events that it added.</summary>
    /// <exception cref="ExploreException">The text is not a condition, or no run leads to it.</exception>
    public int RunUntil(string text, CancellationToken cancel = default)
    {
        var condition = Condition.Parse(text, _walker, _invariants);
        if (_key is not { } from)
            throw new ExploreException("this state is beyond the model's bounds; go back first");
        var found = Finder.Run(_walker, from, condition, MostStates, cancel);
        Append(found);
        return found.Count;
    }

    /// <summary>Begins again at the end of a trace.</summary>
    /// <exception cref="TraceFileException">
    /// The trace does not belong to this model. The present run is kept.
    /// </exception>
    public void Load(Trace trace)
    {
        if (trace.Origin?.Model is { } model && model != Model.Name)
            throw new TraceFileException($"the trace is of model {model}, not {Model.Name}: verified explore {model}");
        if (trace.Start.Limits != Model.Limits)
            throw new TraceFileException(
                $"the trace is of size {Size(trace.Start.Limits)}, model {Model.Name} of {Size(Model.Limits)}"
            );
        var (start, events, saved) = (_start, _events.ToArray(), _isSaved);
        try
        {
            Set(trace.Start, trace.Events);
            if (_key is null)
                throw new TraceFileException($"the trace ends in a state that model {Model.Name} does not have");
            _isSaved = true;
        }
        catch (TraceFileException)
        {
            Set(start, events);
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

    private static string Size(Limits limits) =>
        $"{limits.Tasks} tasks, {limits.Lthreads} lthreads, {limits.Priorities} priorities, "
        + $"{limits.Paging.Frames} frames";

    // The first event of the last step: the last event that is not one of the kernel's own steps.
    private int LastStep => Math.Max(0, _events.FindLastIndex(e => !IsOwn(e)));

    private static bool IsOwn(Event e) =>
        e.Entry is Entry.Pick or Entry.Receive or Entry.Accept or Entry.Leave or Entry.Wake or Entry.Map;

    private void BackTo(int count) => Set(_start, [.. _events.Take(count)]);

    private void Append(IReadOnlyList<Event> events) => Set(_start, [.. _events, .. events]);

    // A model bounds the number of own steps up to a user or idle state.
    private void Follow()
    {
        for (var n = 0u; n <= Model.MostOwnSteps; n++)
            if (_choices is [(var e, _, false)] && Kernel<Concrete>.OwnStep(State.Stage.Value) == e.Entry)
                Append([e]);
            else
                return;
    }

    private void Set(Snapshot start, IReadOnlyList<Event> events)
    {
        Event[] all = [.. events];
        _start = start;
        _events.Clear();
        _events.AddRange(all);
        _isSaved = all.Length == 0;
        Look();
    }

    // Computes the present state and the possible next events.
    private void Look()
    {
        _present = new(Trace, _threads, LastStep, _invariants, _properties);
        _choices = [];
        _key = Pack();
        if (_key is not { } key)
            return;
        // Differences in registers that the event's text does not show matter only if they lead to another state.
        HashSet<(string, Key?)> told = [];
        HashSet<string> texts = [];
        _walker.Expand(key, (step, next) =>
        {
            var e = _walker.EventOf(step);
            var text = $"{Words.Subject(State, State.Current.Value, State.Stage.Value)} {Words.Action(State, e)}";
            if (told.Add((text, next)))
                _choices.Add((e, texts.Add(text) ? text : $"{text} ({RegistersOf(e)})", next is null));
            return true;
        });
    }

    private static string RegistersOf(Event e) =>
        e.Registers is { } r
            ? $"EAX {r.Eax:X} ECX {r.Ecx:X} EDX {r.Edx:X} EBX {r.Ebx:X} EBP {r.Ebp:X} ESI {r.Esi:X} EDI {r.Edi:X}"
            : $"argument {e.Argument:X}h";

    private Key? Pack()
    {
        _walker.Codec.Unpack(_boot);
        var cells = _present.Tables.Cells;
        for (var cell = 0; cell < cells.Length; cell++)
            if (_walker.Tables.Cells[cell] != cells[cell])
                _walker.Tables.Write(cell, cells[cell]);
        var key = _walker.Codec.Pack(out _);
        _walker.Tables.Undo();
        return key;
    }
}
