namespace Verified.Proofs.Check;

/// <summary>
/// A part of a level, expanded by one worker: the states that its steps lead to, in order, sorted by their shards.
/// </summary>
internal sealed class Chunk
{
    /// <summary>The most states of one chunk.</summary>
    public const int States = 1 << 11;

    private readonly int[] _starts = new int[StateSet.Shards + 1];
    private ulong[] _states = new ulong[2 * States], _hashes = new ulong[2 * States];
    private int[] _from = new int[2 * States], _order = new int[2 * States];

    /// <summary>How many steps lead to states.</summary>
    public int Count { get; private set; }

    /// <summary>Steps made.</summary>
    public long Transitions { get; set; }

    /// <summary>Steps beyond the model's bounds.</summary>
    public long Beyond { get; set; }

    /// <summary>
    /// What has happened first here of what was still to happen: from which state of the level, at its which step.
    /// </summary>
    public List<(Marks Marks, int From, int Step)> Happened { get; } = [];

    /// <summary>
    /// The first violation, if any: by which step from which state of the level; null for the step where a new state is
    /// bad.
    /// </summary>
    public SearchFailure? Failure { get; set; }

    /// <summary>The candidate by which the failure was found: an earlier one goes before it.</summary>
    public int FailureAt { get; set; }

    public void Begin()
    {
        (Count, Transitions, Beyond, Failure, FailureAt) = (0, 0, 0, null, int.MaxValue);
        Happened.Clear();
    }

    /// <summary>A step leads to a state.</summary>
    /// <param name="state">The state.</param>
    /// <param name="from">Place in the level of the state before it.</param>
    /// <param name="isOwn">Whether an own step does.</param>
    public void Add(ulong state, int from, bool isOwn)
    {
        if (Count == _states.Length)
        {
            Array.Resize(ref _states, 2 * Count);
            Array.Resize(ref _hashes, 2 * Count);
            Array.Resize(ref _from, 2 * Count);
        }

        _states[Count] = state;
        _hashes[Count] = StateSet.Hash(state);
        _from[Count++] = from << 1 | (isOwn ? 1 : 0);
    }

    /// <summary>
    /// A candidate's state, the place in the level of the one before it, and whether an own step leads to it.
    /// </summary>
    public (ulong State, ulong Hash, int From, bool IsOwn) this[int candidate] =>
        (_states[candidate], _hashes[candidate], _from[candidate] >> 1, (_from[candidate] & 1) != 0);

    /// <summary>The candidates of a shard, in order.</summary>
    public ReadOnlySpan<int> Of(int shard) => _order.AsSpan(_starts[shard].._starts[shard + 1]);

    /// <summary>Says that a candidate is a new state of this number.</summary>
    public void Found(int candidate, int number) => _from[candidate] = ~number;

    /// <summary>The number of a candidate that is a new state, else -1.</summary>
    public int NumberOf(int candidate) => _from[candidate] < 0 ? ~_from[candidate] : -1;

    /// <summary>Sorts the candidates by shards; those of a shard stay in order.</summary>
    public void Sort()
    {
        if (_order.Length < Count) _order = new int[_states.Length];
        Array.Clear(_starts);
        for (var n = 0; n < Count; n++) _starts[StateSet.ShardOf(_hashes[n]) + 1]++;
        for (var shard = 0; shard < StateSet.Shards; shard++) _starts[shard + 1] += _starts[shard];
        for (var n = 0; n < Count; n++) _order[_starts[StateSet.ShardOf(_hashes[n])]++] = n;

        // Each start is now the next shard's.
        Array.Copy(_starts, 0, _starts, 1, StateSet.Shards);
        _starts[0] = 0;
    }
}
