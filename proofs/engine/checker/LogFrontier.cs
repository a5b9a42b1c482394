namespace Verified.Proofs.Checker;

/// <summary>The states to expand, at the end of the log of a checkpoint.</summary>
internal sealed class LogFrontier : IFrontier
{
    private readonly StateLog<LoggedState> _log;
    private readonly Checkpoint _checkpoint;

    // How many states of each shard are before the next one in the log. This makes their numbers.
    private readonly int[] _ranks = new int[StateSet.Shards];
    private LoggedState[] _read = [];
    private ulong[] _states = [];
    private int[] _numbers = [];

    /// <param name="log">The log.</param>
    /// <param name="checkpoint">Its checkpoint.</param>
    /// <param name="next">The record of the first state that is not expanded.</param>
    /// <param name="end">The record after the last state of the level.</param>
    public LogFrontier(StateLog<LoggedState> log, Checkpoint checkpoint, long next, long end)
    {
        (_log, _checkpoint, At, End) = (log, checkpoint, next, end);
        foreach (var (state, _) in All(log).Take(checked((int)next)))
            _ranks[StateSet.ShardOf(StateSet.Hash(state))]++;
    }

    /// <summary>The record of the next state.</summary>
    public long At { get; private set; }

    /// <summary>The record after the last state of the level.</summary>
    public long End { get; private set; }

    public long Left => End - At;

    /// <summary>All records of a log, in order.</summary>
    public static IEnumerable<LoggedState> All(StateLog<LoggedState> log)
    {
        var read = new LoggedState[1 << 16];
        for (long first = 0; first < log.Count; first += read.Length)
        {
            var count = (int)Math.Min(read.Length, log.Count - first);
            log.Read(first, read.AsSpan(0, count));
            for (var n = 0; n < count; n++)
                yield return read[n];
        }
    }

    public (ArraySegment<ulong> States, ArraySegment<int> Numbers) Next(int most)
    {
        var count = (int)Math.Min(most, Left);
        if (_states.Length < count)
            (_read, _states, _numbers) = (new LoggedState[count], new ulong[count], new int[count]);
        _checkpoint.Try(() => _log.Read(At, _read.AsSpan(0, count)));
        for (var n = 0; n < count; n++)
        {
            _states[n] = _read[n].State;
            var shard = StateSet.ShardOf(StateSet.Hash(_states[n]));
            _numbers[n] = _ranks[shard]++ * StateSet.Shards + shard;
        }

        At += count;
        return (new(_states, 0, count), new(_numbers, 0, count));
    }

    public void Add(ReadOnlySpan<LoggedState> states, ReadOnlySpan<int> numbers)
    {
        try
        {
            _log.Append(states);
        }
        catch (IOException e)
        {
            throw _checkpoint.Failed(e);
        }
    }

    public void EndLevel() => End = _log.Count;
}
