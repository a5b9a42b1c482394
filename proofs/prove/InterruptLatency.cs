using Verified.Kernel;
using Verified.Proofs.Paths;
using Verified.Spec;

namespace Verified.Proofs.Prove;

/// <summary>
/// A bound of the interrupt latency, in instructions. The latency begins when a line rises, and ends at the first
/// instruction of the line's handler. The handler waits for the interrupt and is above all other ready threads.
/// </summary>
/// <remarks>
/// The kernel takes interrupts only at some cut points: its windows. The latency has these parts:
/// <list type="bullet">
/// <item>A section that has just begun when the line rises (<see cref="Section"/>).</item>
/// <item>A tick that comes before the handler's first instruction (<see cref="Tick"/>).</item>
/// <item>Interrupts of other devices that come before it (<see cref="Device"/>).</item>
/// <item>The way of the interrupt itself to its handler (<see cref="Delivery"/>).</item>
/// </list>
/// Without loops, the longest chain of cut points decides. Two loops add to it, and theorems count their rounds
/// (<see cref="TurnsTheorem"/>). A tick examines one sleeper in each round. Each receive step lowers the number of
/// threads that are in an ipc. See <c>proofs/README.md</c> for the premises.
/// </remarks>
public sealed class InterruptLatency
{
    // Any of the windows, as the end of a chain.
    private const string Window = "window";

    // In user mode, the instruction that enters the kernel takes no interrupt either.
    private const int Entering = 1;

    private readonly CodePaths _paths;
    private readonly BootedImage _image;
    private readonly HashSet<string> _windows;
    private readonly Dictionary<string, IReadOnlyDictionary<string, int>> _legs;

    /// <param name="image">The image.</param>
    /// <exception cref="ProverException">
    /// The cut points form a loop that no theorem counts, or the code loops between them.
    /// </exception>
    public InterruptLatency(BootedImage image)
    {
        (_image, _paths) = (image, new(image));
        _windows =
        [
            CodePaths.Return,
            .. image.Points.All.Where(point => point.IsInterruptible).Select(point => point.Name),
        ];
        _legs = image
            .Points.All.Where(point => !_windows.Contains(point.Name))
            .ToDictionary(point => point.Name, point => _paths.From(image.Addresses[point.Name]));
        if (_legs.FirstOrDefault(point => point.Key != Wake && point.Value.ContainsKey(Wake)).Key is { } other)
            throw new ProverException(
                $"cut point {other} leads to wake, and no theorem counts the sleepers of a tick twice"
            );
        Turn = Longest(Receive, _legs[Receive], Receive)
            ?? throw new ProverException("no receive step follows another");
        WakeStep = new(Wake, Wake, _legs[Wake][Wake]);
        var ticks = Starts().ToLookup(start => start.Legs.ContainsKey(Wake));
        Tick = ticks[true].Select(ToWindow).MaxBy(chain => chain.Instructions)!;
        Section = ticks[false].Select(ToWindow).MaxBy(chain => chain.Instructions)!;
        Device = Interrupts().Select(ToWindow).MaxBy(chain => chain.Instructions)!;
        Delivery = Interrupts().Select(Delivered).MaxBy(chain => chain.Instructions)!;
    }

    private static string Receive => CodePoints.Receive.Name;

    private static string Wake => CodePoints.Wake.Name;

    /// <summary>The longest chain without a window that begins with no tick and has at most one receive step.</summary>
    public LatencyChain Section { get; }

    /// <summary>The same for a tick that examines no sleeper.</summary>
    public LatencyChain Tick { get; }

    /// <summary>The same for an interrupt of a device.</summary>
    public LatencyChain Device { get; }

    /// <summary>From an interrupt to the first instruction of its handler, which is above all others.</summary>
    public LatencyChain Delivery { get; }

    /// <summary>The longest chain from one receive step to the next.</summary>
    public LatencyChain Turn { get; }

    /// <summary>The longest step that examines a sleeper.</summary>
    public Leg WakeStep { get; }

    /// <summary>The bound without sleepers and without threads in an ipc.</summary>
    public long Base => Section.Instructions + Tick.Instructions + Delivery.Instructions;

    /// <summary>The latency is at most so many instructions.</summary>
    /// <param name="sleepers">Threads whose deadlines share the slot of the tick's clock.</param>
    /// <param name="inIpc">
    /// Threads that wait to send, wait until their item is mapped, or have still to begin their receive phase. They are
    /// counted after the first step of the section.
    /// </param>
    /// <param name="devices">Interrupts of other devices that the processor takes in that time.</param>
    public long Bound(long sleepers, long inIpc, long devices = 0) =>
        Base + devices * Device.Instructions + sleepers * WakeStep.Instructions + inIpc * Turn.Instructions;

    /// <summary>The kernel runs at most so many instructions between two windows.</summary>
    /// <param name="sleepers">Threads whose deadlines share the slot of the next tick's clock.</param>
    /// <param name="inIpc">The threads in an ipc before the section; the current thread runs, and is none.</param>
    public long BetweenWindows(long sleepers, long inIpc) =>
        Math.Max(Section.Instructions, Tick.Instructions + sleepers * WakeStep.Instructions)
        + inIpc * Turn.Instructions;

    /// <summary>Every place where a section starts, and the legs from there.</summary>
    private IEnumerable<(string Name, IReadOnlyDictionary<string, int> Legs)> Starts() =>
        [
            .. Way.All.Where(way => way.Vector >= 0).DistinctBy(way => way.Vector).Select(Entered),
            .. _windows
                .Where(name => name != CodePoints.Idle.Name && _image.Addresses.ContainsKey(name))
                .Select(name => (name, _paths.From(_image.Addresses[name]))),
        ];

    private IEnumerable<(string Name, IReadOnlyDictionary<string, int> Legs)> Interrupts() =>
        Way.All.Where(way => way.Step == Entry.Interrupt).DistinctBy(way => way.Vector).Select(Entered);

    private (string Name, IReadOnlyDictionary<string, int> Legs) Entered(Way way) =>
        (
            WaysIn.Of((uint)way.Vector)!.Symbol,
            _paths.From(_paths.Gate(way.Vector)).ToDictionary(leg => leg.Key, leg => leg.Value + Entering)
        );

    /// <summary>
    /// The way to a handler above all others. <see cref="DeliveryTheorem"/> says which cut points it passes.
    /// </summary>
    private LatencyChain Delivered((string Name, IReadOnlyDictionary<string, int> Legs) interrupt)
    {
        var (leave, pick, exit) = (CodePoints.Leave.Name, CodePoints.Pick.Name, CodePoints.Exit.Name);
        return new([
            new(interrupt.Name, leave, interrupt.Legs[leave]),
            new(leave, pick, _legs[leave][pick]),
            new(pick, exit, _legs[pick][exit]),
            new(exit, CodePaths.Return, _legs[exit][CodePaths.Return]),
        ]);
    }

    /// <summary>The longest chain to a window, with at most one receive step.</summary>
    private LatencyChain ToWindow((string Name, IReadOnlyDictionary<string, int> Legs) start) =>
        Longer(
            Longest(start.Name, start.Legs, Window),
            Longest(start.Name, start.Legs, Receive) is { } first
                ? first + Longest(Receive, _legs[Receive], Window)!
                : null
        ) ?? throw new ProverException($"no window for interrupts follows {start.Name}");

    private static LatencyChain? Longer(LatencyChain? a, LatencyChain? b) =>
        a is null || b?.Instructions > a.Instructions ? b : a;

    private readonly Dictionary<(string From, string To), LatencyChain?> _longest = [];
    private readonly HashSet<(string From, string To)> _open = [];

    /// <summary>
    /// The longest chain that ends at a receive step or window, passes none before, and makes no round of the loop of
    /// wake steps. Null if there is none.
    /// </summary>
    private LatencyChain? Longest(string from, IReadOnlyDictionary<string, int> legs, string to)
    {
        if (_longest.TryGetValue((from, to), out var known))
            return known;
        if (!_open.Add((from, to)))
            throw new ProverException($"cut point {from} comes back without a window, and no theorem counts how often");
        LatencyChain? longest = null;
        foreach (var (next, instructions) in legs)
        {
            if (from == Wake && next == Wake)
                continue;
            var leg = new LatencyChain([new(from, next, instructions)]);
            var (isWindow, isReceive) = (_windows.Contains(next), next == Receive);
            if (to == Window ? isWindow : isReceive)
                longest = Longer(longest, leg);
            else if (!isWindow && !isReceive && Longest(next, _legs[next], to) is { } rest)
                longest = Longer(longest, leg + rest);
        }

        _open.Remove((from, to));
        return _longest[(from, to)] = longest;
    }
}
