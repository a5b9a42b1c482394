using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>The way in which the processor enters the kernel.</summary>
public enum WayKind
{
    SystemCall,
    Interrupt,
    Exception,

    /// <summary>The processor is in the kernel already: a step of the kernel's own.</summary>
    Own,

    /// <summary>
    /// The processor is in the kernel already, and has only saved the user's registers: the slow path of a system call.
    /// </summary>
    Slow,

    /// <summary>
    /// The machine is leaving the kernel. The spec's step is complete, and the current thread's registers are still in
    /// its row.
    /// </summary>
    Exit,
}

/// <summary>One way into the kernel: its stage, its cause, and its entry of the spec.</summary>
/// <param name="Name">Names the theorems about it.</param>
/// <param name="Stage">The stage of the machine before the way.</param>
/// <param name="Kind">How the machine enters the kernel.</param>
/// <param name="Vector">The interrupt vector; -1 if the machine is in the kernel already.</param>
/// <param name="Step">The spec's entry; null if the spec does nothing.</param>
/// <param name="HasErrorCode">True if the processor pushes an error code.</param>
public sealed record Way(string Name, uint Stage, WayKind Kind, int Vector, Entry? Step, bool HasErrorCode = false)
{
    /// <summary>The states that the way is about; null for all states of the stage.</summary>
    public StepCase? Only { get; init; }

    /// <summary>Whether the processor is in user mode before the way.</summary>
    public bool FromUser => Stage == Stages.User && Kind is not (WayKind.Slow or WayKind.Exit);

    /// <summary>The cut point at which the way starts.</summary>
    public CutPoint StartsAt(CutPoints points) =>
        Kind switch
        {
            WayKind.Slow => points.Slow,
            WayKind.Exit => points.Exit,
            _ => points.All.First(point => point.Stage == Stage),
        };

    /// <summary>Whether the thread runs in a small space: it must, or must not; null if both are possible.</summary>
    public bool? InSmallSpace =>
        Step == Entry.Outgrow ? true
        : Step == Entry.Trap ? null
        : Kind == WayKind.Exception && UserSegments.Outgrows.Contains((uint)Vector) ? false
        : null;

    /// <summary>
    /// Whether the code has a fast path, which returns to the user with the segments that it finds, if they are flat.
    /// </summary>
    public bool ExaminesSegments => Kind != WayKind.Slow && Step is Entry.Ipc or Entry.ExchangeTrap or Entry.Trap;

    /// <summary>
    /// Whether the exception is an INT 80h that continues at the thread's trap address
    /// (<see cref="State{W}.Traps(W)"/>): it must be, or must not be; null if it cannot be.
    /// </summary>
    public bool? Traps =>
        Kind == WayKind.Exception && Vector == (int)FaultMessage.Protection ? Step == Entry.Trap : null;

    /// <summary>
    /// The argument of the spec's entry, if the way determines it: the vector of an exception, the id of an interrupt.
    /// </summary>
    public uint Argument =>
        Step switch
        {
            Entry.Exception or Entry.Outgrow => (uint)Vector,
            Entry.Interrupt => (uint)Vector - Layout.TickVector + 1,
            _ => 0,
        };

    /// <summary>True if it is an exception after which the instruction is not executed again.</summary>
    public bool IsTrap => Kind == WayKind.Exception && FaultMessage.IsTrap((Concrete)(uint)Vector).Known;

    /// <summary>
    /// The user's instruction that enters the kernel; null for a fault, which any instruction may raise, and for other
    /// causes without an instruction. ICEBP raises the same exception as a single step.
    /// </summary>
    public byte[]? Instruction =>
        Kind switch
        {
            WayKind.SystemCall => [0xCD, (byte)Vector],
            WayKind.Exception => Vector switch
            {
                Vectors.Debug => [0xF1],
                Vectors.Breakpoint => [0xCC],
                Vectors.Overflow => [0xCD, (byte)Vector],
                _ => null,
            },
            _ => null,
        };

    /// <summary>
    /// Vectors below 20h that no instruction of ring 3 raises, whether they have a gate, and why (SDM vol. 3, 6.15).
    /// </summary>
    public static readonly IReadOnlyList<(int Vector, bool HasGate, string Why)> NotByUsers =
    [
        .. WaysIn
            .All.Where(row => row.WhyNever is not null)
            .Select(row => ((int)row.Vector, row.Kind == WayInKind.Panic, row.WhyNever!)),
    ];

    /// <summary>Every way into the kernel, including the slow path of ipc, the own steps and the exit.</summary>
    public static readonly IReadOnlyList<Way> All =
    [
        .. WaysIn.SystemCalls.SelectMany(OfCall),
        .. WaysIn
            .All.Where(row => row.Kind == WayInKind.Interrupt)
            .SelectMany(row => row.Stages.Select(stage => OfInterrupt(row, stage))),
        new("pick", Stages.Pick, WayKind.Own, -1, Entry.Pick),
        new("receive", Stages.Receive, WayKind.Own, -1, Entry.Receive),
        new("accept", Stages.Accept, WayKind.Own, -1, Entry.Accept),
        new("leave", Stages.Leave, WayKind.Own, -1, Entry.Leave),
        new("exit", Stages.User, WayKind.Exit, -1, null),
        new("idle", Stages.Idle, WayKind.Own, -1, null),
        new("wake", Stages.Wake, WayKind.Own, -1, Entry.Wake),
        .. StepCase.OfMap.Select(only => new Way(only.Name, Stages.Map, WayKind.Own, -1, Entry.Map) { Only = only }),
        .. WaysIn.Exceptions.Select(row => OfException("exception", row, row.Entry!.Value)),
        .. UserSegments.Outgrows.Select(vector => OfException("outgrow", WaysIn.Of(vector)!, Entry.Outgrow)),
        OfException("trap", WaysIn.Of(FaultMessage.Protection)!, Entry.Trap),
    ];

    /// <summary>The name of the spec's step, as in the names of its theorems; null if the spec does nothing.</summary>
    public string? StepName =>
        Kind switch
        {
            WayKind.Exception => Hyphenated(Step!.Value),
            WayKind.Interrupt => Hyphenated(Step!.Value) + Where(Stage),
            WayKind.Slow or WayKind.SystemCall => WaysIn.Call(Step!.Value)!.Symbol,
            _ => Step is null ? null : Name,
        };

    // Only ipc has a fast path before its slow one.
    private static IEnumerable<Way> OfCall(WayIn row)
    {
        yield return new(row.Symbol, Stages.User, WayKind.SystemCall, (int)row.Vector, row.Entry);
        if (row.Entry == Entry.Ipc)
            yield return new($"{row.Symbol}-slow", Stages.User, WayKind.Slow, -1, row.Entry);
    }

    private static Way OfInterrupt(WayIn row, uint stage) =>
        new(row.Symbol.Replace('_', '-') + Where(stage), stage, WayKind.Interrupt, (int)row.Vector, row.Entry);

    private static Way OfException(string name, WayIn row, Entry step) =>
        new($"{name}-{row.Vector}", Stages.User, WayKind.Exception, (int)row.Vector, step, row.PushesErrorCode);

    private static string Where(uint stage) =>
        stage == Stages.Idle ? "-idle"
        : stage == Stages.Map ? "-map"
        : "";

    /// <summary>The entry's name in the names of theorems: "page-fault" of PageFault.</summary>
    public static string Hyphenated(Entry entry) =>
        string.Concat($"{entry}".Select((c, i) => i > 0 && char.IsUpper(c) ? $"-{c}" : $"{c}")).ToLowerInvariant();
}
