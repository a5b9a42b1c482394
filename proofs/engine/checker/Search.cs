namespace Verified.Proofs.Check;

/// <summary>
/// A violation: by the step with a given number from a state, or by the state that the first step to it leads to.
/// </summary>
/// <param name="Property">Its name.</param>
/// <param name="Why">Its text.</param>
/// <param name="From">Number of the state before the step; -1 if the first state is the violation.</param>
/// <param name="Step">
/// Number of the step among those from that state; -1 for the first step that leads to <paramref name="To"/>.
/// </param>
/// <param name="To">The state after the step.</param>
public sealed record SearchFailure(string Property, string Why, int From, int Step, ulong To);

/// <summary>Breadth-first search over packed states of at most 64 bits, by several workers.</summary>
/// <remarks>
/// A level is taken in batches of chunks. Three phases follow each other. First, workers take chunks and follow the
/// tree of steps (<see cref="StepTree"/>). Second, workers take shards of the set, and add the candidates of all chunks
/// in order. Third, the new states are listed in the order of the candidates. The result depends on the order of chunks
/// and shards, but not on workers. It equals that of a search by one worker that takes one state after the other.
/// </remarks>
public sealed class Search
{
    private const int Batch = 32;

    private readonly IStepSource[] _sources;
    private readonly Leaves[] _leaves;
    private readonly StepTree _tree;
    private readonly Chunk[] _chunks;
    private readonly Dictionary<int, (int From, int Step)> _happened = [];
    private List<ulong> _level = [],
        _next = [];
    private List<int> _numbers = [],
        _nextNumbers = [];
    private Marks _pending;

    // The first state of the level that is not expanded.
    private int _first;

    /// <param name="sources">The system, an object for each worker.</param>
    /// <param name="marks">How many things must happen sometimes.</param>
    public Search(IReadOnlyList<IStepSource> sources, int marks)
    {
        if (marks > Marks.Most)
            throw new ModelException($"a search watches for at most {Marks.Most} things that must happen sometimes");
        _sources = [.. sources];
        _leaves = [.. sources.Select(_ => new Leaves())];
        _tree = new(sources[0].Roots);
        _chunks = [.. Enumerable.Range(0, Batch).Select(_ => new Chunk())];
        _pending = Marks.First(marks);
    }

    /// <summary>The states found.</summary>
    public StateSet States { get; } = new();

    /// <summary>Steps made.</summary>
    public long Transitions { get; private set; }

    /// <summary>Steps beyond the model's bounds.</summary>
    public long Beyond { get; private set; }

    /// <summary>The first occurrence of each mark: number of the state before the step, and of the step.</summary>
    public IReadOnlyDictionary<int, (int From, int Step)> Happened => _happened;

    /// <summary>The steps learned.</summary>
    public StepTree Tree => _tree;

    /// <summary>Called after each level with the numbers of its states in order; may be null.</summary>
    public Action<IReadOnlyList<int>>? Level { get; init; }

    /// <summary>Begins the search. Returns the violation of the initial state, or null.</summary>
    public SearchFailure? Begin()
    {
        var state = _sources[0].Initial;
        var number = States.Add(StateSet.ShardOf(StateSet.Hash(state)), state);
        States.ComesFrom(number, -1);
        _level.Add(state);
        _numbers.Add(number);
        Level?.Invoke(_numbers);
        if (_sources[0].Judge(~state, state, isOwn: false, _tree) is not var (property, why))
            return null;
        return new(property, why, -1, -1, state);
    }

    /// <summary>True if a state may have no step. If false, such a state is a violation.</summary>
    public bool MayEnd { get; init; } = true;

    /// <summary>Whether there are states left to expand.</summary>
    public bool IsComplete => _level.Count == 0;

    /// <summary>
    /// The distance from the first state of the states that are expanded next, or were expanded last. All states within
    /// this distance have been found.
    /// </summary>
    public int Depth { get; private set; }

    /// <summary>Why the search ended before it was complete; null if it did not.</summary>
    public Unfinished? Unfinished { get; private set; }

    /// <summary>
    /// Searches until all states are expanded, a violation is found, or a limit is reached: the first violation, or
    /// null.
    /// </summary>
    /// <param name="limits">The limits.</param>
    /// <param name="progress">Called with the number of states and <see cref="Depth"/> after each batch.</param>
    public SearchFailure? Run(SearchLimits limits, Action<long, int>? progress = null)
    {
        var failure = Begin();
        while (failure is null && !IsComplete && (Unfinished = limits.Reached(States.Count, Depth)) is null)
        {
            failure = ExpandBatch();
            progress?.Invoke(States.Count, Depth);
        }

        return failure;
    }

    /// <summary>Expands the next states of a level, and goes to the next level after the last of them.</summary>
    /// <returns>The first violation, or null.</returns>
    private SearchFailure? ExpandBatch()
    {
        var chunks = Math.Min(Batch, (_level.Count - _first + Chunk.States - 1) / Chunk.States);
        var judged = _sources[0].Judged;
        Share(chunks, (chunk, worker) => Expand(_chunks[chunk], _first + chunk * Chunk.States, worker));
        Share(StateSet.Shards, (shard, worker) => Add(shard, chunks, worker));
        for (var chunk = 0; chunk < chunks; chunk++)
            if (Take(_chunks[chunk]) is { } failure)
                return failure;
        while (judged != _sources[0].Judged)
        {
            // More must be judged of steps than when the batch began.
            judged = _sources[0].Judged;
            _tree.Forget();
            Share(chunks, (chunk, worker) => Expand(_chunks[chunk], _first + chunk * Chunk.States, worker));
            for (var chunk = 0; chunk < chunks; chunk++)
                if (_chunks[chunk].Failure is { } failure)
                    return failure;
        }

        _first += chunks * Chunk.States;
        if (_first >= _level.Count)
            EndLevel();
        return null;
    }

    private void EndLevel()
    {
        (_level, _numbers, _next, _nextNumbers, _first) = (_next, _nextNumbers, [], [], 0);
        if (_level.Count == 0)
            return;
        Depth++;
        Level?.Invoke(_numbers);
    }

    // Adds a chunk's findings to the results, and its new states to the next level.
    private SearchFailure? Take(Chunk chunk)
    {
        (Transitions, Beyond) = (Transitions + chunk.Transitions, Beyond + chunk.Beyond);
        foreach (var (marks, from, step) in chunk.Happened)
        {
            foreach (var mark in (marks & _pending).Numbers)
                _happened.Add(mark, (_numbers[from], step));
            _pending -= marks;
        }

        if (chunk.Failure is { } failure)
            return failure;
        for (var n = 0; n < chunk.Count; n++)
            if (chunk.NumberOf(n) is var number and >= 0)
            {
                _next.Add(chunk[n]);
                _nextNumbers.Add(number);
            }

        return null;
    }

    // Handles each part once. A part goes to any free worker.
    private void Share(int parts, Action<int, int> work)
    {
        if (parts == 1 || _sources.Length == 1 || (_level.Count < 256 && _next.Count == 0))
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
        chunk.Begin();
        var end = Math.Min(_level.Count, first + Chunk.States);
        for (var n = first; n < end; n++)
        {
            var (state, step) = (_level[n], 0);
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
                        chunk.Add(outcome.Of(state), n, outcome.IsOwn);
                    else if (Judge(chunk, source, holds, outcome, root, state, leaves, leaf) is var (property, why))
                    {
                        (chunk.Failure, chunk.FailureAt) = (new(property, why, _numbers[n], step, 0), chunk.Count);
                        chunk.Sort();
                        return;
                    }

                    step++;
                }
            }

            if (step > 0 || MayEnd)
                continue;
            var parent = States.Parent(_numbers[n]);
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
        for (var c = 0; c < chunks; c++)
        {
            var chunk = _chunks[c];
            var (states, candidates) = chunk.Of(shard);
            for (var n = 0; n < states.Count; n++)
            {
                var (state, candidate) = (states[n], candidates[n]);
                var number = States.Add(shard, state);
                if (number < 0)
                    continue;
                var (from, isOwn) = chunk.Way(candidate);
                States.ComesFrom(number, _numbers[from]);
                if (source.Judge(_level[from], state, isOwn, _tree) is var (property, why))
                    Fail(chunk, candidate, new(property, why, _numbers[from], -1, state));
                chunk.Found(candidate, number);
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
