using Verified.Proofs.Check;
using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Explore;

/// <summary>The states of a model. Every event that the model checker would try may come next.</summary>
public sealed class ModelWorld : IWorld
{
    /// <summary>The default limit of states in a search.</summary>
    public const int DefaultMostStates = 3_000_000;

    private readonly CheckOptions _options;
    private readonly Walker _walker;
    private readonly Key _boot;
    private readonly int _mostStates;

    /// <param name="model">The model, which starts from boot.</param>
    /// <param name="options">The invariants and properties, and the limit of a search.</param>
    public ModelWorld(Model model, CheckOptions? options = null)
        : this(model, options ?? new(Limits: new() { States = DefaultMostStates }), Snapshot.Of(model.Initial()), [])
    { }

    private ModelWorld(Model model, CheckOptions options, Snapshot start, IReadOnlyList<Event> first)
    {
        (Model, _options, First) = (model, options, first);
        (_mostStates, Invariants, Properties) = (
            (int)options.LimitsOf().States,
            options.InvariantsOf(),
            options.PropertiesOf()
        );
        _walker = new(model, null);
        Threads = [State<Concrete>.Nobody, .. _walker.Codec.Rows];
        _walker.Tables.Fill(model.Initial());
        _boot = _walker.Codec.Pack(out _)
            ?? throw new ModelException($"model {model.Name}: the boot state is outside of it");
        Start = new(start, [], Origin: new(Origin.Explore, Model: model.Name));
    }

    /// <summary>The model.</summary>
    public Model Model { get; }

    public string Name => Model.Name;

    public string Says => $"model {Model.Name}";

    public Trace Start { get; }

    public IReadOnlyList<Event> First { get; }

    public uint[] Threads { get; }

    public IReadOnlyList<Invariant<State<Concrete>, Concrete>> Invariants { get; }

    public IReadOnlyList<Property<Concrete>> Properties { get; }

    public IReadOnlyList<string> Conditions => [.. Sometimes.All.Select(each => each.Name).Except(Model.Never)];

    public IReadOnlyList<Event> Rest(IReadOnlyList<Event> run) => [];

    public NextEvents Next(Judged present, IReadOnlyList<Event> run)
    {
        if (KeyOf(present.Tables.Cells) is not { } key)
            return new([], "This state is beyond the model's bounds: go back.", IsOutside: true);
        // Differences in registers that the event's text does not show matter only if they lead to another state.
        var s = present.Tables.State;
        List<NextEvent> next = [];
        HashSet<(string, Key?)> told = [];
        HashSet<string> texts = [];
        _walker.Expand(key, (step, to) =>
        {
            var e = _walker.EventOf(step);
            var text = Words.Line(s, e);
            if (told.Add((text, to)))
                next.Add(new(e, texts.Add(text) ? text : $"{text} ({RegistersOf(e)})", $"{e.Entry}", to is null));
            return true;
        });
        return new(
            next,
            next.Count == 0 ? $"Nothing can come in this state of model {Model.Name}: go back or restart." : ""
        );
    }

    public FoundRun RunUntil(string condition, Judged present, IReadOnlyList<Event> run, CancellationToken cancel)
    {
        var goal = Condition.Parse(
            condition,
            new(_walker.Tables, _walker.Codec.MayDiffer, Invariants, invariant =>
                _walker.Violated([invariant]) is not null
            )
        );
        if (KeyOf(present.Tables.Cells) is not { } from)
            throw new ExploreException("this state is beyond the model's bounds; go back first");
        var events = Finder.Run(_walker, from, goal, _mostStates, cancel);
        return new(events, $"{events.Count} events lead to '{condition}'; no shorter run from there does");
    }

    public Comparison? Compare(Trace run) => null;

    public IWorld Open(Trace trace)
    {
        if (trace.Origin?.Model is { } model && model != Model.Name)
            throw new TraceFileException($"the trace is of model {model}, not {Model.Name}: verified explore {model}");
        if (trace.Start.Limits != Model.Limits)
            throw new TraceFileException(
                $"the trace is of size {Size(trace.Start.Limits)}, model {Model.Name} of {Size(Model.Limits)}"
            );
        return new ModelWorld(Model, _options, trace.Start, trace.Events);
    }

    /// <summary>The key of a state; null beyond the model's bounds.</summary>
    public Key? KeyOf(uint[] cells)
    {
        _walker.Codec.Unpack(_boot);
        for (var cell = 0; cell < cells.Length; cell++)
            if (_walker.Tables.Cells[cell] != cells[cell])
                _walker.Tables.Write(cell, cells[cell]);
        var key = _walker.Codec.Pack(out _);
        _walker.Tables.Undo();
        return key;
    }

    private static string Size(Limits limits) =>
        $"{limits.Tasks} tasks, {limits.Lthreads} lthreads, {limits.Priorities} priorities, "
        + $"{limits.Paging.Frames} frames";

    private static string RegistersOf(Event e) =>
        e.Registers is { } r
            ? $"EAX {r.Eax:X} ECX {r.Ecx:X} EDX {r.Edx:X} EBX {r.Ebx:X} EBP {r.Ebp:X} ESI {r.Esi:X} EDI {r.Edi:X}"
            : $"argument {e.Argument:X}h";
}
