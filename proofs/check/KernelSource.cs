using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>What the workers of a search share.</summary>
internal sealed class Unkeyed
{
    private readonly Lock _lock = new();
    private volatile (Invariant<Concrete> Invariant, uint Row)[] _invariants = [];
    private volatile (int Cell, uint Value)[] _outside = [];

    /// <summary>The invariants, each at a row, that are judged with each step, because they read what no key tells.</summary>
    public ReadOnlySpan<(Invariant<Concrete> Invariant, uint Row)> Invariants => _invariants;

    /// <summary>Values of cells beyond the bounds.</summary>
    public ReadOnlySpan<(int Cell, uint Value)> Outside => _outside;

    public void Add(Invariant<Concrete> invariant, uint row)
    {
        lock (_lock)
            if (!_invariants.Contains((invariant, row)))
                _invariants = [.. _invariants, (invariant, row)];
    }

    /// <summary>The number of a value beyond the bounds.</summary>
    public int NumberOf(int cell, uint value)
    {
        lock (_lock)
        {
            if (Array.IndexOf(_outside, (cell, value)) is >= 0 and var known) return known;
            _outside = [.. _outside, (cell, value)];
            return _outside.Length - 1;
        }
    }
}

/// <summary>The kernel's steps from the states of a model, as a search sees them.</summary>
internal sealed class KernelSource : IStepSource
{
    private static readonly Entry[] Entries = Enum.GetValues<Entry>();

    private readonly Walker _walker;
    private readonly IReadOnlyList<Invariant<Concrete>> _invariants;
    private readonly Unkeyed _unkeyed;
    private readonly InvariantMemo _memo;
    private readonly MeaningJudge? _meaning;
    private readonly uint[] _threads;
    private readonly List<(Entry Entry, uint Argument)> _roots = [];
    private readonly int[][] _rootsOf;
    private readonly int[] _own;
    private readonly Leaves _leaves = new();
    private readonly List<InvariantMemo> _beyond = [];

    public KernelSource(
        Walker walker, IReadOnlyList<Invariant<Concrete>> invariants, IReadOnlyList<Property<Concrete>> properties, Unkeyed unkeyed)
    {
        (_walker, _invariants, _unkeyed) = (walker, invariants, unkeyed);
        _memo = new(walker, invariants, unkeyed);
        _meaning = properties.Count == 0 ? null : new(walker.Tables, properties);
        _threads = [State<Concrete>.Nobody, .. walker.Codec.Rows];
        _rootsOf = [.. Enumerable.Range(0, Stages.Names.Length).Select(stage => walker.StepsOf((uint)stage).Select(NumberOf).ToArray())];
        _own = [.. Enumerable.Range(0, _rootsOf.Length).Select(stage =>
            Kernel<Concrete>.Own((uint)stage) is { } own ? _roots.IndexOf((own, 0)) : -1)];
        Initial = InitialOf(walker);
    }

    public int Roots => _roots.Count;

    public ulong Initial { get; }

    public int Judged => _unkeyed.Invariants.Length;

    public ReadOnlySpan<int> RootsOf(ulong state) => _rootsOf[StageOf(state)];

    public Outcome Learn(int root, ulong from, Recording run)
    {
        var (entry, argument) = _roots[root];
        try
        {
            if (_walker.Take(new(from, 0), entry, argument, run) is not { } step) return default;
            var effect = _walker.EffectOfTaken();
            var marks = default(Marks);
            for (var n = 0; n < Sometimes.All.Count; n++)
                if (Sometimes.All[n].Happens(step)) marks = marks.With(n);
            var kind = _meaning?.Judge(entry, argument, 0, _threads, _walker.RowsOf) is not null || !UnkeyedHold() ? OutcomeKind.Violation
                : effect.Outside < 0 ? OutcomeKind.State
                : _walker.IsBeyond(effect.Outside) ? OutcomeKind.Beyond : OutcomeKind.Violation;
            return new(kind, Kernel<Concrete>.Own(step.StageBefore) == entry, effect.Clear.Low, effect.Set.Low,
                kind == OutcomeKind.Beyond && effect.IsOnly ? _unkeyed.NumberOf(effect.Outside, _walker.Tables.Cells[effect.Outside]) : -1, marks);
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
            if (_meaning?.Judge(entry, argument, 0, _threads, _walker.RowsOf) is { } found) return found;
            return _walker.Violation(_invariants) ?? _walker.OutsideTheModel(effect.Outside);
        }
        finally
        {
            _walker.EndTaken();
        }
    }

    public (string Property, string Why)? Judge(ulong from, ulong state, bool isOwn, StepTree tree)
    {
        (string, string)? found = null;
        if (!_memo.Knows(new(state, 0)))
            _walker.Expand(new(from, 0), (_, key) =>
            {
                if (key is not { } reached || reached.Low != state) return true;
                if (!_memo.Hold(reached)) found = _walker.Violation(_invariants);
                return false;
            });
        return found ?? (isOwn || Settles(state, tree) ? null : Walker.DoesNotSettle);
    }

    public (string Property, string Why)? JudgeInitial(StepTree tree)
    {
        _walker.Codec.Unpack(new(Initial, 0));
        return _walker.Violation(_invariants) ?? (Settles(Initial, tree) ? null : Walker.DoesNotSettle);
    }

    public (string Property, string Why)? JudgeBeyond(ulong from, in Outcome outcome)
    {
        var partial = new Key(outcome.Of(from), 0);
        while (outcome.Outside >= _beyond.Count) _beyond.Add(new(_walker, _invariants, _unkeyed, _unkeyed.Outside[_beyond.Count].Cell));
        var memo = outcome.Outside < 0 ? null : _beyond[outcome.Outside];
        var (cell, value) = memo is null ? (-1, 0) : _unkeyed.Outside[outcome.Outside];
        if (memo?.Knows(partial) == true) return null;
        (string, string)? found = null;
        _walker.Expand(new(from, 0), (_, key) =>
        {
            if (key is not null || (memo is not null && (_walker.Outside != cell || _walker.Tables.Cells[cell] != value))) return true;
            if (memo?.Hold(partial) != true) found ??= _walker.Violation(_invariants);
            return found is null;
        });
        return found;
    }

    private static ulong InitialOf(Walker walker)
    {
        Codec.CopyInto(walker.Model.Initial(), walker.Tables);
        return walker.Codec.Pack(out _)?.Low ?? throw new ModelException($"model {walker.Model.Name}: the boot state is outside of it");
    }

    private int StageOf(ulong state) => (int)_walker.Codec.StageOf(new(state, 0));

    private int NumberOf((Entry, uint) step)
    {
        if (_roots.IndexOf(step) is >= 0 and var known) return known;
        _roots.Add(step);
        return _roots.Count - 1;
    }

    // The kernel's own steps to a user or idle. What is not in the model's bounds on the way is run on the tables.
    private bool Settles(ulong state, StepTree tree)
    {
        for (var steps = 0u; _own[StageOf(state)] is >= 0 and var own; steps++)
        {
            if (steps > _walker.Model.MostOwnSteps) return false;
            tree.Walk(own, state, this, _leaves);
            ref readonly var outcome = ref tree[_leaves[0]];
            if (outcome.Kind != OutcomeKind.State)
            {
                _walker.Codec.Unpack(new(state, 0));
                return _walker.Settles();
            }

            state = outcome.Of(state);
        }

        return true;
    }

    private bool UnkeyedHold()
    {
        foreach (var (invariant, row) in _unkeyed.Invariants)
            if (!_memo.Holds(invariant, row))
                return false;
        return true;
    }
}
