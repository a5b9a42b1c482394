using Verified.Spec;

namespace Verified.Kernel;

/// <summary>The kinds of vectors, by the kernel's reaction.</summary>
public enum WayInKind
{
    SystemCall,
    Interrupt,
    Exception,

    /// <summary>The gate leads to the panic path, because the hardware or the kernel has failed.</summary>
    Panic,

    /// <summary>The vector has no gate.</summary>
    Nothing,
}

/// <summary>A vector of the processor, and the kernel's reaction to it.</summary>
/// <param name="Vector">0..255.</param>
/// <param name="Kind">The kernel's reaction.</param>
/// <param name="Symbol">The label of the code that the gate enters; empty if there is no gate.</param>
/// <param name="Entry">The spec's entry; null if users cannot raise the vector.</param>
public sealed record WayIn(uint Vector, WayInKind Kind, string Symbol, Entry? Entry = null)
{
    private static readonly uint[] UserOnly = [Spec.Stages.User],
        Interruptible = [Spec.Stages.User, Spec.Stages.Idle, Spec.Stages.Map];

    /// <summary>The privilege level of the gate: the outermost ring whose INT n may use it.</summary>
    public uint Ring { get; init; }

    /// <summary>Whether the processor pushes an error code (SDM vol. 3, table 6-1).</summary>
    public bool PushesErrorCode { get; init; }

    /// <summary>Why no instruction of a user raises the vector; null if one does.</summary>
    public string? WhyNever { get; init; }

    /// <summary>The stages in which it may occur.</summary>
    public IReadOnlyList<uint> Stages => Kind == WayInKind.Interrupt ? Interruptible : UserOnly;
}

/// <summary>
/// The table of system calls, exceptions and interrupts: the only source of their vectors, labels, gates and entries.
/// </summary>
public static class WaysIn
{
    private const uint Ring3 = 3;

    /// <summary>Every vector below 20h, and every vector with a gate, in ascending order.</summary>
    public static IReadOnlyList<WayIn> All { get; } =
    [
        Exception(0),
        Exception(1),
        Panic(2, "NMI: a failure of the hardware; its gate leads to the panic path"),
        Exception(3) with
        {
            Ring = Ring3,
        },
        Exception(4) with
        {
            Ring = Ring3,
        },
        Exception(5),
        Exception(6),
        Exception(7),
        Panic(
            8,
            "double fault: ring 3 raises one fault at a time, and the delivery of that is proved to raise none; its "
                + "gate leads to the panic path"
        ) with
        {
            PushesErrorCode = true,
        },
        Nothing(9, "coprocessor segment overrun: the 387 alone raises it, and CR0.EM keeps every instruction from it"),
        WithCode(10),
        WithCode(11),
        WithCode(12),
        WithCode(FaultMessage.Protection, Entry.Protection),
        WithCode(Layout.PageFaultVector, Entry.PageFault),
        Nothing(15, "reserved: no processor raises it"),
        Exception(16),
        WithCode(17),
        Panic(18, "machine check: a failure of the hardware, and CR4.MCE is clear; its gate leads to the panic path"),
        Nothing(19, "SIMD exception: CR4.OSXMMEXCPT is clear"),
        .. Enumerable
            .Range(20, 12)
            .Select(vector => Nothing((uint)vector, "reserved: no processor of these models raises it")),
        new(Layout.TickVector, WayInKind.Interrupt, "tick", Entry.Tick),
        .. Interrupts.OfUsers.Select(id => new WayIn(
            Layout.TickVector + id - 1,
            WayInKind.Interrupt,
            $"interrupt_{id - 1}",
            Entry.Interrupt
        )),
        SystemCall(0x30, "ipc", Entry.Ipc),
        SystemCall(0x31, "id_nearest", Entry.IdNearest),
        SystemCall(0x32, "fpage_unmap", Entry.FpageUnmap),
        SystemCall(0x33, "thread_switch", Entry.ThreadSwitch),
        SystemCall(0x34, "thread_schedule", Entry.ThreadSchedule),
        SystemCall(0x35, "lthread_ex_regs", Entry.LthreadExRegs),
        SystemCall(0x36, "task_new", Entry.TaskNew),
        SystemCall(0x37, "exchange_trap", Entry.ExchangeTrap),
    ];

    private static readonly WayIn?[] ByVector =
    [
        .. Enumerable.Range(0, 256).Select(vector => All.SingleOrDefault(way => way.Vector == vector)),
    ];

    // By entry: a system call has one vector.
    private static readonly WayIn?[] Calls =
    [
        .. Enum.GetValues<Entry>()
            .Select(entry => All.SingleOrDefault(way => way.Kind == WayInKind.SystemCall && way.Entry == entry)),
    ];

    /// <summary>The vectors that have a gate.</summary>
    public static IReadOnlyList<WayIn> Gates { get; } = [.. All.Where(way => way.Kind != WayInKind.Nothing)];

    /// <summary>The system calls.</summary>
    public static IReadOnlyList<WayIn> SystemCalls { get; } = [.. All.Where(way => way.Kind == WayInKind.SystemCall)];

    /// <summary>The exceptions that the kernel reports to the pager.</summary>
    public static IReadOnlyList<WayIn> Exceptions { get; } = [.. All.Where(way => way.Kind == WayInKind.Exception)];

    /// <summary>The last vector that has a gate: the IDT ends there.</summary>
    public static uint Last { get; } = Gates[^1].Vector;

    /// <summary>The row of a vector; null if the kernel does not know it.</summary>
    public static WayIn? Of(uint vector) => vector < ByVector.Length ? ByVector[vector] : null;

    /// <summary>The system call that makes a step of the spec; null if the entry is no system call.</summary>
    public static WayIn? Call(Entry entry) => Calls[(int)entry];

    /// <summary>The operand of the INT that makes a system call.</summary>
    public static byte Int(Entry call) => (byte)(Call(call) ?? throw new ArgumentException($"{call}")).Vector;

    private static WayIn Exception(uint vector, Entry entry = Entry.Exception) =>
        new(vector, WayInKind.Exception, $"exception_{vector}", entry);

    private static WayIn WithCode(uint vector, Entry entry = Entry.Exception) =>
        Exception(vector, entry) with
        {
            PushesErrorCode = true,
        };

    private static WayIn Panic(uint vector, string why) => new(vector, WayInKind.Panic, "panic") { WhyNever = why };

    private static WayIn Nothing(uint vector, string why) => new(vector, WayInKind.Nothing, "") { WhyNever = why };

    private static WayIn SystemCall(uint vector, string name, Entry entry) =>
        new(vector, WayInKind.SystemCall, name, entry) { Ring = Ring3 };
}
