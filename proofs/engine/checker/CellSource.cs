namespace Verified.Proofs.Checker;

/// <summary>The search's view of a system that is given as data.</summary>
internal sealed class CellSource : IStepSource
{
    private readonly CellSystem _system;
    private readonly Cells _cells;
    private readonly int[] _roots;
    private readonly Judged[] _judged;
    private readonly ReadMasks _masks;
    private readonly PackedSymmetry? _symmetry;
    private int _adopted;

    // An invariant, the bits that it has read, and the values of these with which it holds.
    private sealed class Judged(CellInvariant invariant, int number)
    {
        public int Number { get; } = number;

        public CellInvariant Invariant { get; } = invariant;

        public ulong Mask { get; set; }

        public WordSet Known { get; } = new();
    }

    /// <param name="system">The system.</param>
    /// <param name="masks">The reads of the invariants, shared by the workers.</param>
    /// <param name="symmetry">The system's symmetry; null to visit all states.</param>
    public CellSource(CellSystem system, ReadMasks masks, PackedSymmetry? symmetry = null)
    {
        _masks = masks;
        (_system, _cells) = (system, new(system.Columns));
        _roots = [.. Enumerable.Range(0, system.Steps.Count)];
        _judged = [.. system.Invariants.Select((invariant, n) => new Judged(invariant, n))];
        _cells.Begin(0);
        system.Begin(_cells);
        _symmetry = symmetry;
        Initial = Representative(_cells.Effect.Values);
    }

    public int Roots => _roots.Length;

    public ulong Initial { get; }

    int IStepSource.Judged => 0;

    public bool IsReduced => _symmetry is not null;

    public ulong Representative(ulong state) => _symmetry?.Representative(state) ?? state;

    public ReadOnlySpan<int> RootsOf(ulong state) => _roots;

    public Outcome Learn(int root, ulong from, Recording run, List<object> judgements)
    {
        _cells.Begin(from);
        _cells.Run = run;
        if (!_system.Steps[root](_cells))
            return default;
        return new(OutcomeKind.State, Clear: _cells.Effect.Written, Set: _cells.Effect.Values);
    }

    public bool LearnJudgement(int root, ulong from, ReadOnlySpan<int> picks, object judgement, Recording run) =>
        throw new InvalidOperationException("a system's steps are judged by the states that they lead to");

    public (string Property, string Why) Explain(int root, ulong from, ReadOnlySpan<int> picks) =>
        throw new InvalidOperationException("a system's steps are judged by the states that they lead to");

    public (string Property, string Why)? Judge(ulong from, ulong state, bool isOwn, StepTree tree)
    {
        if (_adopted != _masks.Version)
            Adopt();
        foreach (var judged in _judged)
        {
            if (((from ^ state) & judged.Mask) == 0 && judged.Known.Count > 0)
                continue;
            if (!judged.Known.Contains(state & judged.Mask) && !Evaluate(judged, state))
                return (judged.Invariant.Name, judged.Invariant.Says);
        }

        return null;
    }

    public (string Property, string Why)? JudgeBeyond(ulong from, in Outcome outcome) =>
        throw new InvalidOperationException("a system has no bounds");

    // Takes over what other workers' evaluations have read.
    private void Adopt()
    {
        _adopted = _masks.Version;
        foreach (var judged in _judged)
            Widen(judged, _masks[judged.Number]);
    }

    private static void Widen(Judged judged, ulong bits)
    {
        if ((bits & ~judged.Mask) == 0)
            return;
        judged.Mask |= bits;
        judged.Known.Clear();
    }

    private bool Evaluate(Judged judged, ulong state)
    {
        _cells.Begin(state);
        _cells.Run = new();
        if (!judged.Invariant.Holds(_cells))
            return false;
        _masks.Add(judged.Number, _cells.Run.Bits);
        Widen(judged, _cells.Run.Bits);
        judged.Known.Add(state & judged.Mask);
        return true;
    }
}
