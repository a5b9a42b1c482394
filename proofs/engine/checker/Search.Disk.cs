namespace Verified.Proofs.Checker;

/// <summary>The part of the search that keeps it on the disk.</summary>
public sealed partial class Search
{
    // A batch on the disk reads the whole set once. It is as large as this part of the set, if the memory allows.
    private const int PartOfSet = 16;

    // About the memory of a chunk with several candidates for each of its states.
    private const long BytesOfChunk = 1 << 20;

    private readonly Checkpoint? _checkpoint;
    private StateLog<LoggedState>? _log;
    private long _mostChunks = Batch;

    /// <summary>Whether states are looked up on the disk.</summary>
    public bool IsOnDisk => _states is DiskSet;

    /// <summary>Frees the memory of the states.</summary>
    public void Dispose() => (_states as IDisposable)?.Dispose();

    private void BeginLog()
    {
        _log = _checkpoint!.OpenLog<LoggedState>();
        _frontier = new LogFrontier(_log, _checkpoint, 0, 0);
    }

    // Adds the first state, or a state of the log, to the set in memory.
    private void Remember(LoggedState logged)
    {
        var set = (StateSet)_states;
        var number = set.Add(StateSet.ShardOf(StateSet.Hash(logged.State)), logged.State);
        if (number < 0)
            throw _checkpoint!.Damaged($"state {set.Count:N0} is there twice");
        set.ComesFrom(number, logged.Parent);
    }

    private SearchFailure? Resume(Progress last, SearchLimits limits)
    {
        _log = _checkpoint!.OpenLog<LoggedState>();
        (Depth, Transitions, Beyond) = (last.Depth, last.Transitions, last.Beyond);
        foreach (var (mark, from, step) in last.Happened)
        {
            _happened.Add(mark, (from, step));
            _pending -= default(Marks).With(mark);
        }

        _sources[0].Recall(last.Learned);
        _checkpoint.Try(() =>
        {
            if (last.States > _checkpoint.MostInMemory || StateSet.BytesOf(last.States) > limits.Memory)
                UseDisk(DiskSet.Of(_log, _checkpoint), limits);
            else
                foreach (var logged in LogFrontier.All(_log))
                    Remember(logged);
            _frontier = new LogFrontier(_log, _checkpoint, last.Next, last.LevelEnd);
            JudgeAgain(last.Next);
        });
        return null;
    }

    // A state is judged by the bits that differ from the state before it, so the states to expand must have been judged
    // by this process.
    private void JudgeAgain(long next)
    {
        var read = new LoggedState[1 << 12];
        for (; next < _log!.Count; next += read.Length)
        {
            var part = read.AsSpan(0, (int)Math.Min(read.Length, _log.Count - next));
            _log.Read(next, part);
            foreach (var (state, _) in part)
                if (_sources[0].Judge(~state, state, isOwn: true, _tree) is not null)
                    throw _checkpoint!.Damaged("it has a state that violates an invariant");
        }
    }

    private void SpillIfFull(SearchLimits limits)
    {
        if (_checkpoint is null || _states is not StateSet set)
            return;
        if (set.Count <= _checkpoint.MostInMemory && !limits.IsFull())
            return;
        UseDisk(DiskSet.Of(set, _checkpoint), limits);
    }

    private void UseDisk(DiskSet set, SearchLimits limits)
    {
        Dispose();
        _states = set;
        _mostChunks = Math.Max(Batch, (limits.Memory ?? 1L << 30) / 4 / BytesOfChunk);
    }

    private void GrowBatch()
    {
        if (!IsOnDisk)
            return;
        var wanted = (int)Math.Clamp(_states.Count / PartOfSet / Chunk.States, Batch, _mostChunks);
        if (wanted > _chunks.Length)
            _chunks =
            [
                .. _chunks,
                .. Enumerable.Range(_chunks.Length, wanted - _chunks.Length).Select(_ => new Chunk()),
            ];
    }

    private void KeepProgress(bool isDue)
    {
        if (_checkpoint is null || !isDue)
            return;
        var frontier = (LogFrontier)_frontier;
        _checkpoint.Keep(
            _log!,
            new(
                _log!.Count,
                frontier.At,
                frontier.End,
                Depth,
                Transitions,
                Beyond,
                [.. _happened.Select(each => new Happening(each.Key, each.Value.From, each.Value.Step))],
                _sources[0].Learned
            )
        );
    }
}
