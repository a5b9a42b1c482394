using System.Numerics;
using Verified.Proofs.Checker;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>The search's view of the kernel's steps from the states of a model.</summary>
internal sealed class KernelSource : IStepSource
{
    private static readonly Entry[] Entries = Enum.GetValues<Entry>();

    private readonly Walker _walker;
    private readonly IReadOnlyList<Invariant<State<Concrete>, Concrete>> _invariants;
    private readonly Unkeyed _unkeyed;
    private readonly StateJudge _states;
    private readonly MeaningJudge? _meaning;
    private readonly uint[] _threads;
    private readonly List<(Entry Entry, uint Argument)> _roots = [];
    private readonly int[][] _rootsOf;
    private readonly int[] _own;
    private readonly Leaves _leaves = new();
    private readonly Recording _step = new();
    private readonly List<StateJudge> _beyond = [];

    public KernelSource(
        Walker walker,
        IReadOnlyList<Invariant<State<Concrete>, Concrete>> invariants,
        IReadOnlyList<Property<Concrete>> properties,
        Unkeyed unkeyed,
        ReadMasks masks
    )
    {
        (_walker, _invariants, _unkeyed) = (walker, invariants, unkeyed);
        _states = new(walker, invariants, unkeyed, masks);
        _meaning = properties.Count == 0 ? null : new(walker.Tables, properties);
        _threads = [State<Concrete>.Nobody, .. walker.Codec.Rows];
        _rootsOf = [.. Stages.Names.Select((_, stage) => walker.StepsOf((uint)stage).Select(NumberOf).ToArray())];
        _own =
        [
            .. Enumerable
                .Range(0, _rootsOf.Length)
                .Select(stage => Kernel<Concrete>.OwnStep((uint)stage) is { } own ? _roots.IndexOf((own, 0)) : -1),
        ];
        Initial = InitialOf(walker);
    }

    public int Roots => _roots.Count;

    public ulong Initial { get; }

    public int Judged => _unkeyed.Version;

    public string Learned => _unkeyed.Write(_invariants);

    public void Recall(string learned) => _unkeyed.Read(learned, _invariants);

    public ReadOnlySpan<int> RootsOf(ulong state) => _rootsOf[StageOf(state)];

    public Outcome Learn(int root, ulong from, Recording run, List<object> judgements)
    {
        var (entry, argument) = _roots[root];
        try
        {
            if (_walker.Take(new(from, 0), entry, argument, run) is not { } step)
                return default;
            var effect = _walker.EffectOfTaken();
            var marks = default(Marks);
            for (var n = 0; n < Sometimes.All.Count; n++)
                if (Sometimes.All[n].Happens(step))
                    marks = marks.With(n);
            var kind =
                effect.Outside < 0 ? OutcomeKind.State
                : _walker.IsBeyond(effect.Outside) ? OutcomeKind.Beyond
                : OutcomeKind.Violation;
            if (kind != OutcomeKind.Violation && !FindJudgements(entry, argument, effect, run.Bits, judgements))
                kind = OutcomeKind.Violation;
            var outside =
                kind == OutcomeKind.Beyond && effect.IsOnly
                    ? _unkeyed.NumberOf(effect.Outside, _walker.Tables.Cells[effect.Outside])
                    : -1;
            return new(
                kind,
                Kernel<Concrete>.OwnStep(step.StageBefore) == entry,
                effect.Clear.Low,
                effect.Set.Low,
                outside,
                marks
            );
        }
        finally
        {
            _walker.EndTaken();
        }
    }

    public bool LearnJudgement(int root, ulong from, ReadOnlySpan<int> picks, object judgement, Recording run)
    {
        var (entry, argument) = _roots[root];
        _step.Begin(picks);
        try
        {
            _walker.Take(new(from, 0), entry, argument, _step);
            _walker.EffectOfTaken();
            var group = (Judgements)judgement;
            run.Begin([], group.Known);
            _walker.RecordIn(run);
            _meaning?.Begin(entry, argument, 0);
            return group.All.All(Holds);
        }
        finally
        {
            _walker.EndTaken();
        }
    }

    public (string Property, string Why) Explain(int root, ulong from, ReadOnlySpan<int> picks)
    {
        var (entry, argument) = _roots[root];
        var run = new Recording();
        run.Begin(picks);
        try
        {
            _walker.Take(new(from, 0), entry, argument, run);
            var effect = _walker.EffectOfTaken();
            if (_meaning?.Judge(entry, argument, 0, _threads, _walker.RowsOf) is { } found)
                return found;
            return _walker.Violation(_invariants) ?? _walker.OutsideTheModel(effect.Outside);
        }
        finally
        {
            _walker.EndTaken();
        }
    }

    public (string Property, string Why)? Judge(ulong from, ulong state, bool isOwn, StepTree tree)
    {
        if (_states.Hold(from, state))
            return isOwn || Settles(state, tree) ? null : Walker.DoesNotSettle;
        return Violated(state) ?? throw new InvalidOperationException("an invariant that did not hold does");
    }

    public (string Property, string Why)? JudgeBeyond(ulong from, in Outcome outcome)
    {
        var partial = new Key(outcome.Of(from), 0);
        while (outcome.Outside >= _beyond.Count)
            _beyond.Add(
                new(
                    _walker,
                    _invariants,
                    _unkeyed,
                    new(StateJudge.MostInstances(_walker, _invariants.Count)),
                    _unkeyed.Outside[_beyond.Count]
                )
            );
        var state = outcome.Of(from);
        if (outcome.Outside >= 0 && _beyond[outcome.Outside].Hold(~state, state))
            return null;
        (string, string)? found = null;
        _walker.Expand(new(from, 0), (_, key) =>
        {
            if (key is null)
                found ??= _walker.Violation(_invariants);
            return found is null;
        });
        return found;
    }

    private static ulong InitialOf(Walker walker)
    {
        walker.Tables.Fill(walker.Model.Initial());
        return walker.Codec.Pack(out _)?.Low
            ?? throw new ModelException($"model {walker.Model.Name}: the boot state is outside of it");
    }

    private int StageOf(ulong state) => (int)_walker.Codec.StageOf(new(state, 0));

    private int NumberOf((Entry, uint) step)
    {
        if (_roots.IndexOf(step) is >= 0 and var known)
            return known;
        _roots.Add(step);
        return _roots.Count - 1;
    }

    // Follows the kernel's own steps to a user or idle state. If a state on the way is outside the model's bounds, the
    // rest runs on the tables.
    private bool Settles(ulong state, StepTree tree)
    {
        for (var steps = 0u; _own[StageOf(state)] is >= 0 and var own; steps++)
        {
            if (steps > _walker.Model.MostOwnSteps)
                return false;
            tree.Walk(own, state, this, _leaves);
            ref readonly var outcome = ref tree[Math.Max(_leaves[0], ~_leaves[0])];
            if (outcome.Kind != OutcomeKind.State)
            {
                _walker.Codec.Unpack(new(state, 0));
                return _walker.Settles();
            }

            state = outcome.Of(state);
        }

        return true;
    }

    private (string Property, string Why)? Violated(ulong state)
    {
        _walker.Codec.Unpack(new(state, 0));
        return _walker.Violation(_invariants);
    }

    // A step is judged by its properties, and by the invariants that read a cell whose value the key does not give.
    // Judgements that read only known bits are evaluated at once. The others are listed. If one reads no more than
    // another, the two are in one group.
    private bool FindJudgements(Entry entry, uint argument, in Effect effect, ulong known, List<object> judgements)
    {
        List<(object Judged, ulong Reads)> found = [];
        _meaning?.Begin(entry, argument, 0);
        var unkeyed = _unkeyed.ReadersOf(_walker.DifferingOfTaken(effect));
        foreach (var judged in (IEnumerable<object>)[.. _meaning?.Of(entry) ?? [], .. unkeyed])
        {
            _step.Begin([], known);
            _walker.RecordIn(_step);
            var holds = Holds(judged);
            if (_step.Bits != known)
                found.Add((judged, _step.Bits));
            else if (!holds)
                return false;
        }

        foreach (var (judged, reads) in found.OrderByDescending(each => BitOperations.PopCount(each.Reads)))
            if (judgements.Cast<Judgements>().FirstOrDefault(group => (reads & ~group.Reads) == 0) is { } group)
                group.All.Add(judged);
            else
                judgements.Add(new Judgements([judged], reads, known));
        return true;
    }

    private bool Holds(object judged) =>
        judged is Property<Concrete> property
            ? _meaning!.Violated(property, _threads, _walker.RowsOf) is null
            : _states.Holds((Instance)judged);

    // A group of judgements, the reads of its first judgement, and the reads of the step.
    private sealed record Judgements(List<object> All, ulong Reads, ulong Known);
}
