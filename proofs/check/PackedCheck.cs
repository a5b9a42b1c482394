using Verified.Proofs.Checker;
using Verified.Proofs.Events;

namespace Verified.Proofs.Check;

/// <summary>
/// Checks a model by a search over packed states. The states must fit into 64 bits, and one slot must determine each
/// cell.
/// </summary>
internal sealed class PackedCheck : IDisposable
{
    private readonly Model _model;
    private readonly CheckOptions _options;
    private readonly Walker _walker;
    private readonly Search _search;
    private readonly List<int>? _order;
    private readonly Checkpoint? _checkpoint;

    /// <param name="model">The model.</param>
    /// <param name="options">The options of the check.</param>
    /// <param name="order">Receives the numbers of the states in the order of their discovery; may be null.</param>
    public PackedCheck(Model model, CheckOptions options, List<int>? order = null)
    {
        (_model, _options, _order) = (model, options, order);
        var (invariants, properties) = (options.InvariantsOf(), options.PropertiesOf());
        var unkeyed = new Unkeyed();
        _walker = new(model, options.Damage);
        var masks = new ReadMasks(StateJudge.MostInstances(_walker, invariants.Count));
        KernelSource[] sources =
        [
            .. Enumerable
                .Range(0, Math.Max(1, options.Workers))
                .Select(_ => new KernelSource(new(model, options.Damage), invariants, properties, unkeyed, masks)),
        ];
        _checkpoint = options.OpenCheckpoint(model, _walker.Codec.Width);
        _search = new(sources, Sometimes.All.Count, _checkpoint)
        {
            Discovered = order is null ? null : numbers => order.AddRange(numbers),
        };
    }

    public void Dispose()
    {
        _search.Dispose();
        _checkpoint?.Dispose();
    }

    public CheckResult Run()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var failure = _search.Run(_options.LimitsOf(), (states, depth) =>
            _options.Progress?.Invoke((int)states, depth)
        );
        var seconds = clock.Elapsed.TotalSeconds;
        if (failure is not var (name, says, from, step, to))
            return Result(seconds, null);
        if (from < 0)
            return Result(seconds, new(name, says, new(Boot, [])));
        var last = step < 0 ? Between(from, to) : EventOf(from, step);
        return Result(seconds, new(name, says, TraceTo(from, last)) { IsMinimal = true });
    }

    /// <summary>The states in the order they were found.</summary>
    public KeySet Found()
    {
        var (found, numbers) = (new KeySet(_walker.Codec.Width), new Dictionary<int, int>());
        foreach (var number in _order ?? [])
        {
            numbers.Add(number, numbers.Count);
            found.Add(KeyOf(number), _search.States.Parent(number) is >= 0 and var parent ? numbers[parent] : -1);
        }

        return found;
    }

    private Snapshot Boot => Snapshot.Of(_model.Initial());

    private CheckResult Result(double seconds, Violation? failure) =>
        new(
            _model,
            (int)_search.States.Count,
            _search.Transitions,
            _search.Depth,
            _search.Beyond,
            seconds,
            (double)_search.States.Bytes / _search.States.Count,
            failure,
            [
                .. Sometimes.All.Select(
                    (sometimes, n) =>
                        (
                            sometimes.Name,
                            _search.Happened.TryGetValue(n, out var at)
                                ? TraceTo(at.From, EventOf(at.From, at.Step))
                                : null
                        )
                ),
            ]
        )
        {
            Unfinished = _search.Unfinished,
        };

    private Key KeyOf(int number) => new(_search.States[number], 0);

    // The path to a state, then one more event. The events are computed again, because each state remembers only its
    // predecessor.
    private Trace TraceTo(int state, Event last)
    {
        List<Event> events = [last];
        for (var to = state; _search.States.Parent(to) is var from && from >= 0; to = from)
            events.Add(Between(from, _search.States[to]));
        events.Reverse();
        return new(Boot, events);
    }

    private Event EventOf(int from, int step) => _walker.EventAt(KeyOf(from), step);

    private Event Between(int from, ulong to) => _walker.EventBetween(KeyOf(from), new(to, 0));
}
