namespace Verified.Proofs.Checker;

/// <summary>
/// A part of a level, expanded by one worker. It holds the successor states in order, sorted by their shards.
/// </summary>
internal sealed class Chunk
{
    /// <summary>The most states of one chunk.</summary>
    public const int States = 1 << 11;

    // States added lately, at places by their hash. Steps that commute lead to the same states, and the first
    // candidate of a state counts.
    private readonly ulong[] _lately = new ulong[1 << 12];

    private readonly int[] _starts = new int[StateSet.Shards + 1];
    private ulong[] _states = new ulong[2 * States],
        _sorted = new ulong[2 * States];
    private int[] _from = new int[2 * States],
        _candidates = new int[2 * States];
    private byte[] _shards = new byte[2 * States];

    // One more than the number of each candidate that is a new state, else 0.
    private int[] _numbers = new int[2 * States];

    /// <summary>How many steps lead to states.</summary>
    public int Count { get; private set; }

    /// <summary>How many of these states are new.</summary>
    public int New { get; private set; }

    /// <summary>Steps made.</summary>
    public long Transitions { get; set; }

    /// <summary>Steps beyond the model's bounds.</summary>
    public long Beyond { get; set; }

    /// <summary>
    /// The first occurrences in this chunk of pending events: the state of the level, and the number of its step.
    /// </summary>
    public List<(Marks Marks, int From, int Step)> Happened { get; } = [];

    /// <summary>
    /// The first violation, if any: the step and the state of the level; null for the step if a new state is bad.
    /// </summary>
    public SearchFailure? Failure { get; set; }

    /// <summary>The candidate at which the failure was found. A failure at an earlier candidate comes first.</summary>
    public int FailureAt { get; set; }

    public void Begin()
    {
        (Count, Transitions, Beyond, Failure, FailureAt) = (0, 0, 0, null, int.MaxValue);
        Happened.Clear();
        Array.Clear(_lately);
    }

    /// <summary>A step leads to a state.</summary>
    /// <param name="state">The state.</param>
    /// <param name="from">Place among the expanded states of the state before it.</param>
    /// <param name="isOwn">Whether an own step does.</param>
    public void Add(ulong state, int from, bool isOwn)
    {
        var hash = StateSet.Hash(state);
        ref var lately = ref _lately[hash >> 20 & (ulong)(_lately.Length - 1)];
        if (lately == state && state != 0)
            return;
        lately = state;
        if (Count == _states.Length)
        {
            Array.Resize(ref _states, 2 * Count);
            Array.Resize(ref _from, 2 * Count);
            Array.Resize(ref _shards, 2 * Count);
        }

        _states[Count] = state;
        _shards[Count] = (byte)StateSet.ShardOf(hash);
        _from[Count++] = from << 1 | (isOwn ? 1 : 0);
    }

    /// <summary>A candidate's state.</summary>
    public ulong this[int candidate] => _states[candidate];

    /// <summary>Place among the expanded states of the state before a candidate.</summary>
    public int From(int candidate) => _from[candidate] >> 1;

    /// <summary>Whether an own step leads to a candidate.</summary>
    public bool IsOwn(int candidate) => (_from[candidate] & 1) != 0;

    /// <summary>The states of a shard's candidates, in order, and the numbers of these candidates.</summary>
    public (ArraySegment<ulong> States, ArraySegment<int> Candidates) Of(int shard)
    {
        var (start, count) = (_starts[shard], _starts[shard + 1] - _starts[shard]);
        return (new(_sorted, start, count), new(_candidates, start, count));
    }

    /// <summary>Records that a candidate is a new state with this number.</summary>
    public void Found(int candidate, int number) => _numbers[candidate] = number + 1;

    /// <summary>The number of a candidate that is a new state, else -1.</summary>
    public int NumberOf(int candidate) => _numbers[candidate] - 1;

    /// <summary>Counts the candidates that are new states.</summary>
    public void CountNew() => New = Count - _numbers.AsSpan(0, Count).Count(0);

    /// <summary>
    /// Copies the new states, in order, with their numbers and the numbers of the states before them.
    /// </summary>
    public void CopyNew(Span<LoggedState> states, Span<int> numbers, ReadOnlySpan<int> level)
    {
        for (var (n, to) = (0, 0); n < Count; n++)
        {
            if (_numbers[n] == 0)
                continue;
            numbers[to] = _numbers[n] - 1;
            states[to++] = new(_states[n], level[From(n)]);
        }
    }

    /// <summary>Sorts the candidates by shards. Candidates of one shard keep their order.</summary>
    public void Sort()
    {
        if (_sorted.Length < Count)
            (_sorted, _candidates, _numbers) = (
                new ulong[_states.Length],
                new int[_states.Length],
                new int[_states.Length]
            );
        Array.Clear(_numbers, 0, Count);
        Array.Clear(_starts);
        for (var n = 0; n < Count; n++)
            _starts[_shards[n] + 1]++;
        for (var shard = 0; shard < StateSet.Shards; shard++)
            _starts[shard + 1] += _starts[shard];
        for (var n = 0; n < Count; n++)
        {
            var place = _starts[_shards[n]]++;
            (_sorted[place], _candidates[place]) = (_states[n], n);
        }

        // Each start is now the next shard's.
        Array.Copy(_starts, 0, _starts, 1, StateSet.Shards);
        _starts[0] = 0;
    }
}
