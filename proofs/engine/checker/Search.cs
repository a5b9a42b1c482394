namespace Verified.Proofs.Checker;

/// <summary>Breadth-first search over packed states of at most 64 bits, by several workers.</summary>
/// <remarks>
/// A level is taken in batches of chunks. Three phases follow each other. First, workers take chunks and follow the
/// tree of steps (<see cref="StepTree"/>). Second, workers take shards of the set, and add the candidates of all chunks
/// in order. Third, the new states are listed in the order of the candidates. The result depends on the order of chunks
/// and shards, but not on workers. It equals that of a search by one worker that takes one state after the other.
/// <para>With a checkpoint, each new state goes to its log, from which states are also read to be expanded. The set of
/// states goes to the disk when the memory is full.</para>
/// </remarks>
public sealed partial class Search : IDisposable
{
    private const int Batch = 32;

    private readonly IStepSource[] _sources;
    private readonly Leaves[] _leaves;
    private readonly StepTree _tree;
    private readonly Dictionary<int, (int From, int Step)> _happened = [];
    private Chunk[] _chunks = [.. Enumerable.Range(0, Batch).Select(_ => new Chunk())];
    private IStateStore _states = new StateSet();
    private IFrontier _frontier = new Frontier();
    private Marks _pending;

    // The states that the present batch expands, and their numbers.
    private (ArraySegment<ulong> States, ArraySegment<int> Numbers) _batch;
    private LoggedState[] _new = [];
    private int[] _newNumbers = [];

    /// <param name="sources">The system, an object for each worker.</param>
    /// <param name="marks">How many things must happen sometimes.</param>
    /// <param name="checkpoint">Keeps states and progress on the disk; null for a search in memory.</param>
    public Search(IReadOnlyList<IStepSource> sources, int marks, Checkpoint? checkpoint = null)
    {
        if (marks > Marks.Most)
            throw new ModelException($"a search watches for at most {Marks.Most} things that must happen sometimes");
        _sources = [.. sources];
        _leaves = [.. sources.Select(_ => new Leaves())];
        _tree = new(sources[0].Roots);
        _pending = Marks.First(marks);
        _checkpoint = checkpoint;
    }

    /// <summary>The states found.</summary>
    public IStates States => _states;

    /// <summary>Steps made.</summary>
    public long Transitions { get; private set; }

    /// <summary>Steps beyond the model's bounds.</summary>
    public long Beyond { get; private set; }

    /// <summary>The first occurrence of each mark: number of the state before the step, and of the step.</summary>
    public IReadOnlyDictionary<int, (int From, int Step)> Happened => _happened;

    /// <summary>The steps learned.</summary>
    public StepTree Tree => _tree;

    /// <summary>Called with the numbers of new states in the order of their discovery; may be null.</summary>
    public Action<ArraySegment<int>>? Discovered { get; init; }

    /// <summary>True if a state may have no step. If false, such a state is a violation.</summary>
    public bool MayEnd { get; init; } = true;

    /// <summary>Whether there are states left to expand.</summary>
    public bool IsComplete => _frontier.Left == 0;

    /// <summary>
    /// The distance from the first state of the states that are expanded next, or were expanded last. All states within
    /// this distance have been found.
    /// </summary>
    public int Depth { get; private set; }

    /// <summary>Why the search ended before it was complete; null if it did not.</summary>
    public Unfinished? Unfinished { get; private set; }

    /// <summary>
    /// Searches until all states are expanded, a violation is found, or a limit is reached: the first violation, or
    /// null. With a checkpoint, it continues an earlier search.
    /// </summary>
    /// <param name="limits">The limits.</param>
    /// <param name="progress">Called with the number of states and <see cref="Depth"/> after each batch.</param>
    public SearchFailure? Run(SearchLimits limits, Action<long, int>? progress = null)
    {
        var failure = _checkpoint?.Last is { } last ? Resume(last, limits) : Begin();
        while (failure is null && !IsComplete)
        {
            SpillIfFull(limits);
            if ((Unfinished = limits.Reached(States.Count, Depth)) is not null)
                break;
            failure = ExpandBatch();
            progress?.Invoke(States.Count, Depth);
            if (failure is null)
                KeepProgress(isDue: _checkpoint?.IsDue ?? false);
        }

        if (failure is null)
            KeepProgress(isDue: true);
        return failure;
    }

    private SearchFailure? Begin()
    {
        var state = _sources[0].Initial;
        if (_checkpoint is not null)
            BeginLog();
        _frontier.Add([new(state, -1)], [StateSet.ShardOf(StateSet.Hash(state))]);
        _frontier.EndLevel();
        Remember(new(state, -1));
        Discovered?.Invoke(new([StateSet.ShardOf(StateSet.Hash(state))]));
        if (_sources[0].Judge(~state, state, isOwn: false, _tree) is not var (property, why))
            return null;
        return new(property, why, -1, -1, state);
    }

    /// <summary>Expands the next states of a level, and goes to the next level after the last of them.</summary>
    /// <returns>The first violation, or null.</returns>
    private SearchFailure? ExpandBatch()
    {
        GrowBatch();
        _batch = _frontier.Next(_chunks.Length * Chunk.States);
        var chunks = (_batch.States.Count + Chunk.States - 1) / Chunk.States;
        var judged = _sources[0].Judged;
        Share(chunks, (chunk, worker) => Expand(_chunks[chunk], chunk * Chunk.States, worker));
        Share(StateSet.Shards, (shard, worker) => Add(shard, chunks, worker));
        if (Take(chunks) is { } failure)
            return failure;
        while (judged != _sources[0].Judged)
        {
            // More must be judged of steps than when the batch began.
            judged = _sources[0].Judged;
            _tree.Forget();
            Share(chunks, (chunk, worker) => Expand(_chunks[chunk], chunk * Chunk.States, worker));
            for (var chunk = 0; chunk < chunks; chunk++)
                if (_chunks[chunk].Failure is { } late)
                    return late;
        }

        if (_frontier.Left > 0)
            return null;
        _frontier.EndLevel();
        if (_frontier.Left > 0)
            Depth++;
        return null;
    }

    // Adds the findings of chunks to the results, and their new states to the next level. Chunks after the first
    // violation do not count.
    private SearchFailure? Take(int chunks)
    {
        SearchFailure? failure = null;
        var (counted, starts) = (0, new int[chunks + 1]);
        for (; counted < chunks && failure is null; counted++)
        {
            var chunk = _chunks[counted];
            (Transitions, Beyond) = (Transitions + chunk.Transitions, Beyond + chunk.Beyond);
            foreach (var (marks, from, step) in chunk.Happened)
            {
                foreach (var mark in (marks & _pending).Numbers)
                    _happened.Add(mark, (_batch.Numbers[from], step));
                _pending -= marks;
            }

            failure = chunk.Failure;
            chunk.CountNew();
            starts[counted + 1] = starts[counted] + (failure is null ? chunk.New : 0);
        }

        if (failure is not null)
            counted--;
        if (_new.Length < starts[counted])
            (_new, _newNumbers) = (new LoggedState[starts[counted]], new int[starts[counted]]);
        Share(counted, (n, _) =>
        {
            var (first, count) = (starts[n], _chunks[n].New);
            _chunks[n].CopyNew(_new.AsSpan(first, count), _newNumbers.AsSpan(first, count), _batch.Numbers);
        });
        _frontier.Add(_new.AsSpan(0, starts[counted]), _newNumbers.AsSpan(0, starts[counted]));
        Discovered?.Invoke(new(_newNumbers, 0, starts[counted]));
        return failure;
    }

    // Handles each part once. A part goes to any free worker.
    private void Share(int parts, Action<int, int> work)
    {
        if (parts == 1 || _sources.Length == 1 || _batch.States.Count < 256)
        {
            for (var part = 0; part < parts; part++)
                work(part, 0);
            return;
        }

        var next = -1;
        Parallel.For(0, _sources.Length, worker =>
        {
            for (int part; (part = Interlocked.Increment(ref next)) < parts; )
                work(part, worker);
        });
    }

    private void Expand(Chunk chunk, int first, int worker)
    {
        var (source, leaves, pending) = (_sources[worker], _leaves[worker], _pending);
        var (states, numbers) = (_batch.States, _batch.Numbers);
        chunk.Begin();
        var reduces = source.IsReduced;
        var end = Math.Min(states.Count, first + Chunk.States);
        for (var n = first; n < end; n++)
        {
            var (state, step) = (states[n], 0);
            foreach (var root in source.RootsOf(state))
            {
                _tree.Walk(root, state, source, leaves);
                for (var leaf = 0; leaf < leaves.Count; leaf++)
                {
                    var holds = leaves[leaf] >= 0;
                    ref readonly var outcome = ref _tree[holds ? leaves[leaf] : ~leaves[leaf]];
                    if (outcome.Kind == OutcomeKind.Disabled)
                        continue;
                    chunk.Transitions++;
                    if (!(outcome.Marks & pending).IsEmpty)
                    {
                        chunk.Happened.Add((outcome.Marks & pending, n, step));
                        pending -= outcome.Marks;
                    }

                    if (holds && outcome.Kind == OutcomeKind.State)
                        chunk.Add(
                            reduces ? source.Representative(outcome.Of(state)) : outcome.Of(state),
                            n,
                            outcome.IsOwn
                        );
                    else if (Judge(chunk, source, holds, outcome, root, state, leaves, leaf) is var (property, why))
                    {
                        (chunk.Failure, chunk.FailureAt) = (new(property, why, numbers[n], step, 0), chunk.Count);
                        chunk.Sort();
                        return;
                    }

                    step++;
                }
            }

            if (step > 0 || MayEnd)
                continue;
            var parent = _states.Parent(numbers[n]);
            chunk.Failure = new("no-deadlock", "in every state a step is possible", parent, -1, state);
            chunk.FailureAt = chunk.Count;
            chunk.Sort();
            return;
        }

        chunk.Sort();
    }

    private (string Property, string Why)? Judge(
        Chunk chunk,
        IStepSource source,
        bool holds,
        in Outcome outcome,
        int root,
        ulong state,
        Leaves leaves,
        int leaf
    )
    {
        if (!holds || outcome.Kind == OutcomeKind.Violation)
            return source.Explain(root, state, _tree.PicksOf(leaf, root, state, source, leaves));
        chunk.Beyond++;
        return source.JudgeBeyond(state, outcome);
    }

    // Adds the candidates of a shard, and judges the new states.
    private void Add(int shard, int chunks, int worker)
    {
        var source = _sources[worker];
        _states.Add(shard, _chunks.AsSpan(0, chunks), _batch.Numbers);
        for (var c = 0; c < chunks; c++)
        {
            var chunk = _chunks[c];
            var (states, candidates) = chunk.Of(shard);
            for (var n = 0; n < states.Count; n++)
            {
                var candidate = candidates[n];
                if (chunk.NumberOf(candidate) < 0)
                    continue;
                var from = chunk.From(candidate);
                if (source.Judge(_batch.States[from], states[n], chunk.IsOwn(candidate), _tree) is var (property, why))
                    Fail(chunk, candidate, new(property, why, _batch.Numbers[from], -1, states[n]));
            }
        }
    }

    private static void Fail(Chunk chunk, int candidate, SearchFailure failure)
    {
        lock (chunk)
            if (candidate < chunk.FailureAt)
                (chunk.Failure, chunk.FailureAt) = (failure, candidate);
    }
}
