using System.Runtime.InteropServices;
using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

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
            failure is { } found
                ? new(found.Property, found.Why, TraceTo(found.From, found.Event)) { IsMinimal = true }
                : null
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
