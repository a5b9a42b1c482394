using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>How the processor gets into the kernel.</summary>
public enum WayKind
{
    SystemCall,
    Interrupt,
    Exception,

    /// <summary>It is there already: a step of the kernel's own.</summary>
    Own,

    /// <summary>
    /// It is there already, and has saved the user's registers and no more: the slow path of a system call.
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
/// <param name="Stage">The stage of the machine before.</param>
/// <param name="Kind">How the machine enters.</param>
/// <param name="Vector">The interrupt vector; -1 if the machine is in the kernel already.</param>
/// <param name="Step">The spec's entry; null if the spec does nothing.</param>
/// <param name="HasErrorCode">True if the processor pushes an error code.</param>
public sealed record Way(string Name, uint Stage, WayKind Kind, int Vector, Entry? Step, bool HasErrorCode = false)
{
    /// <summary>The states that it is about; null for all of the stage.</summary>
    public Case? Only { get; init; }

    /// <summary>Whether the processor is in user mode before.</summary>
    public bool FromUser => Stage == Stages.User && Kind is not (WayKind.Slow or WayKind.Exit);

    /// <summary>The cut point that it starts at.</summary>
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
        : Kind == WayKind.Exception && UserSegments.Outgrows.Contains((uint)Vector) ? false
        : null;

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

    /// <summary>Whether it is an exception after which the instruction is not executed again.</summary>
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
        (2, true, "NMI: a failure of the hardware; its gate leads to the panic path"),
        (
            8,
            true,
            "double fault: ring 3 raises one fault at a time, and the delivery of that is proved to raise none; its "
                + "gate leads to the panic path"
        ),
        (9, false, "coprocessor segment overrun: the 387 alone raises it, and CR0.EM keeps every instruction from it"),
        (15, false, "reserved: no processor raises it"),
        (18, true, "machine check: a failure of the hardware, and CR4.MCE is clear; its gate leads to the panic path"),
        .. Enumerable
            .Range(19, 13)
            .Select(vector =>
                (
                    vector,
                    false,
                    vector == 19
                        ? "SIMD exception: CR4.OSXMMEXCPT is clear"
                        : "reserved: no processor of these models raises it"
                )
            ),
    ];

    /// <summary>Every way into the kernel, and to the slow path of ipc.</summary>
    public static readonly IReadOnlyList<Way> All =
    [
        new("ipc", Stages.User, WayKind.SystemCall, (int)Layout.IpcVector, Entry.Ipc),
        new("ipc-slow", Stages.User, WayKind.Slow, -1, Entry.Ipc),
        new("id_nearest", Stages.User, WayKind.SystemCall, (int)Layout.IdNearestVector, Entry.IdNearest),
        new("fpage_unmap", Stages.User, WayKind.SystemCall, (int)Layout.FpageUnmapVector, Entry.FpageUnmap),
        new("thread_switch", Stages.User, WayKind.SystemCall, (int)Layout.ThreadSwitchVector, Entry.ThreadSwitch),
        new("thread_schedule", Stages.User, WayKind.SystemCall, (int)Layout.ThreadScheduleVector, Entry.ThreadSchedule),
        new("lthread_ex_regs", Stages.User, WayKind.SystemCall, (int)Layout.LthreadExRegsVector, Entry.LthreadExRegs),
        new("task_new", Stages.User, WayKind.SystemCall, (int)Layout.TaskNewVector, Entry.TaskNew),
        new("tick", Stages.User, WayKind.Interrupt, (int)Layout.TickVector, Entry.Tick),
        new("tick-idle", Stages.Idle, WayKind.Interrupt, (int)Layout.TickVector, Entry.Tick),
        new("tick-map", Stages.Map, WayKind.Interrupt, (int)Layout.TickVector, Entry.Tick),
        .. Devices(Stages.User, ""),
        .. Devices(Stages.Idle, "-idle"),
        .. Devices(Stages.Map, "-map"),
        new("pick", Stages.Pick, WayKind.Own, -1, Entry.Pick),
        new("receive", Stages.Receive, WayKind.Own, -1, Entry.Receive),
        new("accept", Stages.Accept, WayKind.Own, -1, Entry.Accept),
        new("leave", Stages.Leave, WayKind.Own, -1, Entry.Leave),
        new("exit", Stages.User, WayKind.Exit, -1, null),
        new("idle", Stages.Idle, WayKind.Own, -1, null),
        new("wake", Stages.Wake, WayKind.Own, -1, Entry.Wake),
        .. Case.OfMap.Select(only => new Way(only.Name, Stages.Map, WayKind.Own, -1, Entry.Map) { Only = only }),
        .. UserExceptions.Select(vector => new Way(
            $"exception-{vector}",
            Stages.User,
            WayKind.Exception,
            vector,
            vector switch
            {
                Vectors.PageFault => Entry.PageFault,
                Vectors.GeneralProtection => Entry.Protection,
                _ => Entry.Exception,
            },
            vector
                is Vectors.InvalidTaskState
                    or Vectors.SegmentNotPresent
                    or Vectors.StackFault
                    or Vectors.GeneralProtection
                    or Vectors.PageFault
                    or Vectors.AlignmentCheck
        )),
        .. UserSegments.Outgrows.Select(vector => new Way(
            $"outgrow-{vector}",
            Stages.User,
            WayKind.Exception,
            (int)vector,
            Entry.Outgrow,
            HasErrorCode: true
        )),
    ];

    private static IEnumerable<Way> Devices(uint stage, string where) =>
        Interrupts.OfUsers.Select(id => new Way(
            $"interrupt-{id - 1}{where}",
            stage,
            WayKind.Interrupt,
            (int)(Layout.TickVector + id - 1),
            Entry.Interrupt
        ));

    /// <summary>Exceptions that ring 3 can raise: all below 20h except <see cref="NotByUsers"/>.</summary>
    public static IEnumerable<int> UserExceptions =>
        Enumerable.Range(0, 32).Except(NotByUsers.Select(other => other.Vector));
}
