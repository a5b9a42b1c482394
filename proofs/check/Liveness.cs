using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>A run that never ends: from boot to a cycle, and once around it.</summary>
/// <param name="Property">The violated property.</param>
/// <param name="Why">The property's text, and the threads that wait for ever.</param>
/// <param name="Prefix">The shortest way to the cycle.</param>
/// <param name="Cycle">The cycle's events.</param>
/// <param name="Decides">The number of the cycle's event that passes over the thread, from 0 on.</param>
/// <param name="Waits">Row of the thread that waits for ever.</param>
public sealed record FairCycle(
    string Property,
    string Why,
    Trace Prefix,
    IReadOnlyList<Event> Cycle,
    int Decides,
    uint Waits
)
{
    /// <summary>The run once around the cycle.</summary>
    public Trace Run => Prefix with { Events = [.. Prefix.Events, .. Cycle], Loop = Prefix.Events.Count };
}

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
/// <see cref="FairnessGraph"/> finds the cycle. Each property is about one kind of steps that pass a thread over, and
/// assumes that they occur again and again.
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

    // A claim for each property and thread.
    private readonly FairnessGraph _graph;
    private long _transitions;

    private Liveness(Model model, Action<State<Concrete>, Entry>? damage)
    {
        (_model, _walker, _states) = (model, new(model, damage), ModelChecker.Reachable(model, damage));
        _rows = _walker.Codec.Rows;
        _graph = new(Properties.Count * _rows.Length);
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
        List<FairnessStep> steps = [];
        for (var state = 0; state < _states.Count; state++)
        {
            steps.Clear();
            var waits = 0UL;
            var isFirst = true;
            _walker.Expand(_states[state], (step, key) =>
            {
                if (isFirst)
                    waits = Waits(step);
                isFirst = false;
                _transitions++;
                if (key is { } known && _states.IndexOf(known) is var to and >= 0)
                    steps.Add(new(to, PassedOver(step)));
                return true;
            });
            _graph.Add(waits, steps);
        }
    }

    private ulong Claim(int property, int thread) => 1UL << (property * _rows.Length + thread);

    // The claims whose threads wait in the state before a step.
    private ulong Waits(Transition step)
    {
        var waits = 0UL;
        for (var i = 0; i < _rows.Length; i++)
        {
            var row = _rows[i];
            var status = step.Before(nameof(State<Concrete>.Status), row);
            if (status == ThreadStatus.Sending && step.Before(nameof(State<Concrete>.Timed), row) == 0)
                waits |= Claim(0, i);
            if (
                status is ThreadStatus.Ready or ThreadStatus.Resuming
                && step.Before(nameof(State<Concrete>.Slice), row) != 0
                && step.Before(nameof(State<Concrete>.Current), 0) != row
            )
            {
                waits |= Claim(1, i);
                if (
                    _rows.All(other =>
                        step.Before(nameof(State<Concrete>.Priority), other)
                        <= step.Before(nameof(State<Concrete>.Priority), row)
                    )
                )
                    waits |= Claim(2, i);
            }
        }

        return waits;
    }

    private ulong PassedOver(Transition step)
    {
        var s = step.After;
        var passes = 0UL;
        for (var i = 0; i < _rows.Length; i++)
        {
            var row = _rows[i];
            if (
                step.Entry == Entry.Receive
                && s.Stage == Stages.Accept
                && s.SendsTo(row, s.Current)
                && s.Partner[s.Current] != row
            )
                passes |= Claim(0, i);
            if (
                step.Entry == Entry.Pick
                && s.Stage != Stages.Idle
                && s.Current != row
                && s.Priority[s.Current] == s.Priority[row]
            )
                passes |= Claim(1, i);
            if (step.Entry == Entry.Tick)
                passes |= Claim(2, i);
        }

        return passes;
    }

    private FairCycle? Find()
    {
        if (_graph.Find() is not { } unfair)
            return null;
        var cycle = unfair
            .States.Zip(unfair.States.Skip(1))
            .Select(pair => _walker.EventBetween(_states[pair.First], _states[pair.Second]))
            .ToList();
        List<Event> prefix = [];
        for (var state = unfair.States[0]; _states.Parent(state) is var parent && parent >= 0; state = parent)
            prefix.Insert(0, _walker.EventBetween(_states[parent], _states[state]));
        // The run has begun before the first state, so the cycle is drawn from the end of the event that is under way.
        var done = EndOfEvent(unfair.States, cycle);
        var (name, says) = Properties[unfair.Claim / _rows.Length];
        var waits = _rows[unfair.Claim % _rows.Length];
        return new(
            name,
            $"{says} ({Glossary.Row(_walker.State, Table.Thread, waits)} waits all the time)",
            new(Snapshot.Of(_model.Initial()), [.. prefix, .. cycle.Take(done)]),
            [.. cycle.Skip(done), .. cycle.Take(done)],
            (cycle.Count - done) % cycle.Count,
            waits
        );
    }

    // How many events of a cycle belong to the event that its first one continues.
    private int EndOfEvent(IReadOnlyList<int> states, List<Event> cycle)
    {
        for (var i = 0; i < cycle.Count; i++)
        {
            _walker.Codec.Unpack(_states[states[i + 1]]);
            if (Narration.IsEnd(_walker.State, cycle[i].Entry))
                return i + 1;
        }

        return 0;
    }
}
