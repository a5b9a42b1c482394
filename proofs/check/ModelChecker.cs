using System.Runtime.InteropServices;
using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>The goal of a check, and its limits.</summary>
/// <param name="Invariants">Checked on every state; null for the spec's invariants.</param>
/// <param name="Damage">Changes the state after each step: a defect that the check must find.</param>
/// <param name="Limits">Where the search stops before it has visited every state; null for the default.</param>
/// <param name="Workers">Threads that expand states. The result does not depend on their number.</param>
/// <param name="Progress">Called with the number of states and the level after each level.</param>
/// <param name="Properties">The properties of each step; null for all properties of the spec.</param>
/// <param name="Kept">Where the search is kept on the disk; null for memory alone.</param>
public sealed record CheckOptions(
    IReadOnlyList<Invariant<State<Concrete>, Concrete>>? Invariants = null,
    Action<State<Concrete>, Entry>? Damage = null,
    SearchLimits? Limits = null,
    int Workers = 2,
    Action<int, int>? Progress = null,
    IReadOnlyList<Property<Concrete>>? Properties = null,
    KeptIn? Kept = null
)
{
    /// <summary>The limits.</summary>
    public SearchLimits LimitsOf() => Limits ?? new();

    /// <summary>Opens the checkpoint of a search; null if it is not kept.</summary>
    /// <param name="model">The model.</param>
    /// <param name="bits">The width of a state.</param>
    internal Checkpoint? OpenCheckpoint(Model model, int bits) =>
        Kept?.Open(
            model.Name,
            $"{model.Limits.Tasks}x{model.Limits.Lthreads}x{model.Limits.Priorities}, {model.Rows.Count} threads, "
                + $"slices of at most {model.SliceBound}, {bits} bits, {InvariantsOf().Count} invariants, "
                + $"{PropertiesOf().Count} properties{(Damage is null ? "" : ", damaged")}",
            typeof(State<Concrete>),
            typeof(Model)
        );

    /// <summary>The invariants of states.</summary>
    public IReadOnlyList<Invariant<State<Concrete>, Concrete>> InvariantsOf() =>
        Invariants ?? [.. Invariants<Concrete>.All, .. Forest.All];

    /// <summary>The properties of steps.</summary>
    public IReadOnlyList<Property<Concrete>> PropertiesOf() => Properties ?? Statements<Concrete>.All;
}

/// <summary>The result of a check.</summary>
/// <param name="Model">The model.</param>
/// <param name="States">Reachable states, every stage counted.</param>
/// <param name="Transitions">
/// Steps made: one per path of the kernel, not one per combination of arguments that it never reads.
/// </param>
/// <param name="Levels">The largest distance of a state from boot, in steps.</param>
/// <param name="Beyond">
/// Steps that were not followed, because they lead to a longer time slice than the model's bound, or to a version
/// outside the model.
/// </param>
/// <param name="Seconds">Wall-clock time.</param>
/// <param name="BytesPerState">Memory of the tables of states, per state.</param>
/// <param name="Failure">A violated property with its shortest trace; null if all hold.</param>
/// <param name="Witnesses">
/// A shortest trace for each event that must happen sometimes; null if it never happened. Only the model's named
/// exceptions may never happen.
/// </param>
public sealed record CheckResult(
    Model Model,
    int States,
    long Transitions,
    int Levels,
    long Beyond,
    double Seconds,
    double BytesPerState,
    Violation? Failure,
    IReadOnlyList<(string Name, Trace? Trace)> Witnesses
)
{
    /// <summary>The counts that the check has seen.</summary>
    public ModelCounts Seen => new(States, Transitions, Levels);

    /// <summary>
    /// The difference between the counts and the expected ones; null if they agree or none are expected.
    /// </summary>
    public string? Miscount =>
        Unfinished is null && Model.Pinned is { } expected && expected != Seen
            ? $"expected {expected}; seen {Seen}"
            : null;

    /// <summary>Why not all states were visited; null if they were, or a violation was found.</summary>
    public Unfinished? Unfinished { get; init; }

    /// <summary>
    /// The events that happen and should not be able to. If all states were visited, also the events that should happen
    /// and do not.
    /// </summary>
    public IEnumerable<(string Name, Trace? Trace)> Unexpected =>
        Witnesses.Where(witness =>
            (witness.Trace is not null || Unfinished is null)
            && (witness.Trace is null) != Model.Never.Contains(witness.Name)
        );

    /// <summary>Whether the check has found something wrong.</summary>
    public bool Fails => Failure is not null || Miscount is not null || Unexpected.Any();

    /// <summary>Whether every state was visited and nothing is wrong.</summary>
    public bool Holds => Unfinished is null && !Fails;
}

/// <summary>A property that a reachable state violates.</summary>
/// <param name="Property">Its name.</param>
/// <param name="Why">What it says.</param>
/// <param name="Trace">The shortest way there.</param>
public sealed record Violation(string Property, string Why, Trace Trace)
{
    public override string ToString() => $"{Property}: {Why}";
}

/// <summary>
/// Breadth-first search of every state of a model. Several workers expand a level over a frozen table, and the results
/// are merged in order. So counts and traces do not depend on the number of workers.
/// </summary>
public sealed class ModelChecker : IDisposable
{
    private readonly Model _model;
    private readonly CheckOptions _options;
    private readonly Expander[] _expanders;
    private readonly KeySet _states;
    private readonly IReadOnlyList<Invariant<State<Concrete>, Concrete>> _invariants;
    private readonly Dictionary<int, Happening> _witnesses = [];
    private readonly Checkpoint? _checkpoint;
    private readonly StateLog<LoggedKey>? _log;
    private Unfinished? _unfinished;
    private long _transitions,
        _beyond;

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private readonly record struct LoggedKey(ulong Low, ulong High, ulong Top, int Parent);

    private ModelChecker(Model model, CheckOptions options)
    {
        (_model, _options) = (model, options);
        (_invariants, var properties) = (options.InvariantsOf(), options.PropertiesOf());
        var width = new Walker(model, null).Codec.Width;
        _states = new(width);
        Walker[] walkers =
        [
            .. Enumerable
                .Range(0, Math.Max(1, options.Workers))
                .Select(_ => new Walker(model, options.Damage, properties.Count > 0)),
        ];
        var (steps, held) = (new KnownSteps(walkers[0]), InvariantMemo.TreeOf(walkers[0], _invariants));
        _expanders =
        [
            .. walkers.Select(walker => new Expander(
                new(walker, properties, steps),
                new(walker, _invariants, held),
                _states,
                _invariants
            )),
        ];
        _checkpoint = options.OpenCheckpoint(model, width);
        _log = _checkpoint?.OpenLog<LoggedKey>();
    }

    public void Dispose() => _checkpoint?.Dispose();

    /// <summary>Visits every state of <paramref name="model"/>, or stops at the first violation.</summary>
    public static CheckResult Run(Model model, CheckOptions? options = null)
    {
        if (IsPacked(model))
        {
            using var packed = new PackedCheck(model, options ?? new());
            return packed.Run();
        }

        using var checker = new ModelChecker(model, options ?? new());
        return checker.Run();
    }

    /// <summary>Every reachable state of a model, in breadth-first order.</summary>
    public static KeySet Reachable(Model model, Action<State<Concrete>, Entry>? damage = null)
    {
        var options = new CheckOptions(Invariants: [], Damage: damage, Properties: []);
        if (IsPacked(model))
        {
            using var check = new PackedCheck(model, options, []);
            check.Run();
            return check.Found();
        }

        using var checker = new ModelChecker(model, options);
        checker.Run();
        return checker._states;
    }

    private static bool IsPacked(Model model) => new Walker(model, null).Codec.IsDirect;

    private CheckResult Run()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var (level, levels, limits) = (0, 0, _options.LimitsOf());
        if (_checkpoint?.Last is { } last)
            (level, levels) = Resume(last);
        else if (Begin() is var (property, why))
            return Result(0, clock.Elapsed.TotalSeconds, new(property, why, new(Snapshot.Of(_model.Initial()), [])));

        Finding? failure = null;
        for (; level < _states.Count && failure is null; levels++)
        {
            var end = _states.Count;
            if ((_unfinished = limits.Reached(end, levels)) is not null)
            {
                Keep(level, levels);
                return Result(levels, clock.Elapsed.TotalSeconds, null);
            }

            failure = Level(level, end);
            level = end;
            _options.Progress?.Invoke(_states.Count, levels);
            if (failure is null && (_checkpoint?.IsDue == true || level == _states.Count))
                Keep(level, levels + 1);
        }

        return Result(
            levels - 1,
            clock.Elapsed.TotalSeconds,
            failure is { } found ? new(found.Property, found.Why, TraceTo(found.From, found.Event)) : null
        );
    }

    // Adds the first state: its violation, or null.
    private (string Property, string Why)? Begin()
    {
        var walker = _expanders[0].Walker;
        walker.Tables.Fill(_model.Initial());
        _states.Add(
            walker.Codec.Pack(out _)
                ?? throw new ModelException($"model {_model.Name}: the boot state is outside of it"),
            -1
        );
        return walker.Violation(_invariants) ?? (walker.Settles() ? null : walker.Meant ?? Walker.DoesNotSettle);
    }

    // Continues an earlier search: the first state to expand, and the number of its level.
    private (int Level, int Levels) Resume(Progress last)
    {
        var read = new LoggedKey[1];
        _checkpoint!.Try(() =>
        {
            for (var n = 0L; n < _log!.Count; n++)
            {
                _log.Read(n, read);
                if (!_states.Add(new(read[0].Low, read[0].High, read[0].Top), read[0].Parent))
                    throw _checkpoint.Damaged($"state {n:N0} is there twice");
            }
        });
        foreach (var happened in last.Happened)
            _witnesses.Add(happened.Mark, happened);
        (_transitions, _beyond) = (last.Transitions, last.Beyond);
        return ((int)last.Next, last.Depth);
    }

    // Keeps the states that are not in the log, and the progress.
    private void Keep(int level, int levels)
    {
        if (_checkpoint is null)
            return;
        LoggedKey[] fresh =
        [
            .. Enumerable
                .Range((int)_log!.Count, _states.Count - (int)_log.Count)
                .Select(n => new LoggedKey(_states[n].Low, _states[n].High, _states[n].Top, _states.Parent(n))),
        ];
        _checkpoint.Try(() => _log.Append(fresh));
        _checkpoint.Keep(
            _log,
            new(_states.Count, level, _states.Count, levels, Transitions, Beyond, [.. _witnesses.Values])
        );
    }

    private long Transitions => _transitions + _expanders.Sum(e => e.Transitions);

    private long Beyond => _beyond + _expanders.Sum(e => e.Beyond);

    private CheckResult Result(int levels, double seconds, Violation? failure) =>
        new(
            _model,
            _states.Count,
            Transitions,
            levels,
            Beyond,
            seconds,
            (double)_states.Bytes / _states.Count,
            failure,
            [
                .. Sometimes.All.Select(
                    (sometimes, n) =>
                        (
                            sometimes.Name,
                            _witnesses.TryGetValue(n, out var at)
                                ? TraceTo(at.From, _expanders[0].Walker.EventAt(_states[at.From], at.Step))
                                : null
                        )
                ),
            ]
        )
        {
            Unfinished = _unfinished,
        };

    // Expands states from..end-1 and adds their successors.
    private Finding? Level(int from, int end)
    {
        const int worthSharing = 256;
        var share = end - from < worthSharing ? 1 : _expanders.Length;
        var pending = Marks.First(Sometimes.All.Count) - Marks.Of(_witnesses.Keys);
        var part = (end - from + share - 1) / share;
        Parallel.For(0, share, i =>
            _expanders[i].Expand(from + i * part, Math.Min(end, from + (i + 1) * part), pending)
        );

        foreach (var expander in _expanders.AsSpan(0, share))
        {
            foreach (var happened in expander.Witnesses)
                _witnesses.TryAdd(happened.Mark, happened);
            for (var n = 0; n < expander.Found.Count; n++)
                _states.Add(expander.Found[n], expander.Found.Parent(n));
            if (expander.Failure is { } failure)
                return failure;
        }

        return null;
    }

    // The path to a state, then one more event. The events are computed again, because each state remembers only its
    // predecessor.
    private Trace TraceTo(int state, Event last)
    {
        List<Event> events = [last];
        for (var to = state; _states.Parent(to) is var from && from >= 0; to = from)
            events.Insert(0, _expanders[0].Walker.EventBetween(_states[from], _states[to]));
        return new(Snapshot.Of(_model.Initial()), events);
    }
}
