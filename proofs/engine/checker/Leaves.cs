namespace Verified.Proofs.Checker;

/// <summary>
/// The leaves that a walk has reached, and the path to the present one. Each worker has its own object.
/// </summary>
public sealed class Leaves
{
    private readonly int[] _places = new int[Recording.MostChoices],
        _counts = new int[Recording.MostChoices];
    private readonly int[] _picks = new int[Recording.MostChoices];
    private int[] _outcomes = new int[64];

    /// <summary>The recording of the runs.</summary>
    public Recording Recording { get; } = new();

    public int Count { get; private set; }

    /// <summary>The number of an outcome.</summary>
    public int this[int leaf] => _outcomes[leaf];

    public void Clear() => Count = 0;

    internal void Add(int outcome)
    {
        if (Count == _outcomes.Length)
            Array.Resize(ref _outcomes, 2 * Count);
        _outcomes[Count++] = outcome;
    }

    internal void Push(int depth, int place, int count) =>
        (_places[depth], _counts[depth], _picks[depth]) = (place, count, 0);

    internal ReadOnlySpan<int> PicksTo(int depth) => _picks.AsSpan(0, depth);

    // The next alternative of the last choice that has one.
    internal bool Advance(ref int depth, out int place)
    {
        for (; depth > 0; depth--)
            if (++_picks[depth - 1] < _counts[depth - 1])
            {
                place = _places[depth - 1] + _picks[depth - 1];
                return true;
            }

        place = 0;
        return false;
    }
}
