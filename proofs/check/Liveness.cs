using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>A run that never ends: from boot to a cycle, and once around it.</summary>
/// <param name="Property">The violated property.</param>
/// <param name="Why">The property's text, and the threads that wait for ever.</param>
/// <param name="Prefix">The shortest way to the cycle.</param>
/// <param name="Cycle">The cycle's events.</param>
public sealed record FairCycle(string Property, string Why, Trace Prefix, IReadOnlyList<Event> Cycle);

/// <summary>The result of a search for unfair cycles.</summary>
/// <param name="Model">The model.</param>
/// <param name="States">Its states.</param>
/// <param name="Transitions">Its steps.</param>
/// <param name="Seconds">Wall-clock time.</param>
/// <param name="Violation">A cycle without progress, or null.</param>
public sealed record LivenessResult(Model Model, int States, long Transitions, double Seconds, FairCycle? Violation);

/// <summary>
/// Checks that every waiting thread is served. A violation is a cycle of a model's states on which a thread waits all
/// the time while others are served, or ticks come, again and again.
/// </summary>
/// <remarks>
/// Such a cycle is in a strongly connected component of the graph of the states in which the thread waits. It contains
/// an edge that passes the thread over. Each property is about one kind of such edges, and assumes that they occur
/// again and again.
/// </remarks>
public sealed class Liveness
{
    public const string Senders = "waiting-senders-are-served",
        Turns = "ready-threads-are-picked",
        Ticks = "ready-threads-run";

    private static readonly IReadOnlyList<(string Name, string Says)> Properties =
    [
        (Senders, "a sender does not wait for ever while its receiver serves others"),
        (Turns, "a ready thread does not wait for ever while the scheduler picks others of its priority"),
        (Ticks, "a ready thread of the highest priority does not wait for ever while time passes"),
    ];

    private readonly Model _model;
    private readonly Walker _walker;
    private readonly KeySet _states;
    private readonly uint[] _rows;

    // Of each state the threads that wait, by property, as bits; and its steps, each with the threads that it passes
    // over.
    private readonly uint[][] _waits =
    [
        [],
        [],
        [],
    ];
    private readonly List<(int To, uint Senders, uint Turns, uint Ticks)[]> _edges = [];
    private long _transitions;

    private Liveness(Model model, Action<State<Concrete>, Entry>? damage)
    {
        (_model, _walker, _states) = (model, new(model, damage), ModelChecker.Reachable(model, damage));
        _rows = _walker.Codec.Rows;
        for (var property = 0; property < Properties.Count; property++)
            _waits[property] = new uint[_states.Count];
    }

    /// <summary>
    /// Three threads of one priority send to each other and receive from any thread, while time passes.
    /// </summary>
    public static readonly Model Fair = new(
        "fair",
        new Limits(4, 1, 2),
        [.. new uint[] { 1, 2, 3 }.Select(Thread)],
        new([
            [Descriptor.None, 0],
            [Timeouts.Infinite],
            [1],
            [2],
            [Descriptor.None, 1],
            [.. new uint[] { 1, 2, 3 }.Select(task => Thread(task).Id)],
            [3],
        ]),
        1
    )
    {
        Without = [Entry.ThreadSwitch, Entry.IdNearest, Entry.Interrupt, Entry.PageFault, Entry.Exception],
    };

    private static BootThread Thread(uint task) =>
        new(ThreadId.Make<Concrete>(4, task, 0, 1).Value, 1, 1, 0x10000, 0x20000);

    /// <summary>Searches a model for a cycle on which a thread waits for ever.</summary>
    public static LivenessResult Run(Model model, Action<State<Concrete>, Entry>? damage = null)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var search = new Liveness(model, damage);
        search.Build();
        return new(model, search._states.Count, search._transitions, clock.Elapsed.TotalSeconds, search.Find());
    }

    private void Build()
    {
        List<(int, uint, uint, uint)> edges = [];
        for (var state = 0; state < _states.Count; state++)
        {
            edges.Clear();
            var isFirst = true;
            _walker.Expand(_states[state], (step, key) =>
            {
                if (isFirst)
                    Record(state, step);
                isFirst = false;
                _transitions++;
                if (key is { } known && _states.IndexOf(known) is var to and >= 0)
                    edges.Add(Edge(step, to));
                return true;
            });
            _edges.Add([.. edges]);
        }
    }

    // Records the threads that wait in the state before a step.
    private void Record(int state, Transition step)
    {
        for (var i = 0; i < _rows.Length; i++)
        {
            var row = _rows[i];
            var status = step.Before(nameof(State<Concrete>.Status), row);
            if (status == ThreadStatus.Sending && step.Before(nameof(State<Concrete>.Timed), row) == 0)
                _waits[0][state] |= 1u << i;
            if (
                status is ThreadStatus.Ready or ThreadStatus.Resuming
                && step.Before(nameof(State<Concrete>.Slice), row) != 0
                && step.Before(nameof(State<Concrete>.Current), 0) != row
            )
            {
                _waits[1][state] |= 1u << i;
                if (
                    _rows.All(other =>
                        step.Before(nameof(State<Concrete>.Priority), other)
                        <= step.Before(nameof(State<Concrete>.Priority), row)
                    )
                )
                    _waits[2][state] |= 1u << i;
            }
        }
    }

    private (int, uint, uint, uint) Edge(Transition step, int to)
    {
        var s = step.After;
        var (senders, turns, ticks) = (0u, 0u, 0u);
        for (var i = 0; i < _rows.Length; i++)
        {
            var (row, bit) = (_rows[i], 1u << i);
            if (
                step.Entry == Entry.Receive
                && s.Stage == Stages.Accept
                && s.SendsTo(row, s.Current)
                && s.Partner[s.Current] != row
            )
                senders |= bit;
            if (
                step.Entry == Entry.Pick
                && s.Stage != Stages.Idle
                && s.Current != row
                && s.Priority[s.Current] == s.Priority[row]
            )
                turns |= bit;
            if (step.Entry == Entry.Tick)
                ticks |= bit;
        }

        return (to, senders, turns, ticks);
    }

    private FairCycle? Find()
    {
        for (var property = 0; property < Properties.Count; property++)
        for (var i = 0; i < _rows.Length; i++)
        {
            var component = new Components(_states.Count, Inside(property, i)).Of;
            for (var from = 0; from < _edges.Count; from++)
                foreach (var edge in _edges[from])
                    if (
                        component[from] >= 0
                        && component[from] == component[edge.To]
                        && (Passes(edge, property) >> i & 1) != 0
                    )
                        return Told(property, _rows[i], from, edge.To, component);
        }

        return null;
    }

    private static uint Passes((int To, uint Senders, uint Turns, uint Ticks) edge, int property) =>
        property switch
        {
            0 => edge.Senders,
            1 => edge.Turns,
            _ => edge.Ticks,
        };

    // The steps from a state to states in which a thread still waits; none if it does not wait in the state.
    private Func<int, IEnumerable<int>?> Inside(int property, int i) =>
        state =>
            (_waits[property][state] >> i & 1) == 0
                ? null
                : _edges[state].Select(edge => edge.To).Where(to => (_waits[property][to] >> i & 1) != 0);

    private FairCycle Told(int property, uint row, int from, int to, int[] component)
    {
        // The shortest way back, within the component.
        Dictionary<int, int> cameFrom = new() { [to] = to };
        Queue<int> queue = new([to]);
        while (!cameFrom.ContainsKey(from))
        {
            var at = queue.Dequeue();
            foreach (var edge in _edges[at])
                if (component[edge.To] == component[from] && cameFrom.TryAdd(edge.To, at))
                    queue.Enqueue(edge.To);
        }

        List<int> path = [from];
        while (path[0] != to)
            path.Insert(0, cameFrom[path[0]]);
        path.Insert(0, from);
        var cycle = path.Zip(path.Skip(1))
            .Select(pair => _walker.EventBetween(_states[pair.First], _states[pair.Second]))
            .ToList();
        List<Event> prefix = [];
        for (var state = from; _states.Parent(state) is var parent && parent >= 0; state = parent)
            prefix.Insert(0, _walker.EventBetween(_states[parent], _states[state]));
        var (name, says) = Properties[property];
        return new(
            name,
            $"{says} (thread {row} waits all the time)",
            new(Snapshot.Of(_model.Initial()), prefix),
            cycle
        );
    }
}
