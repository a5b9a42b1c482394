namespace Verified.Machine.Processor;

#pragma warning disable CA1710 // the field's words are fault and unimplemented instruction, without "Exception"
/// <summary>A processor exception raised before the instruction changed any state (Intel SDM vol. 3, 6.3).</summary>
public sealed class Fault(int vector, uint? errorCode = null, uint? address = null) : Exception
{
    private static readonly string[] Names =
    [
        "#DE",
        "#DB",
        "NMI",
        "#BP",
        "#OF",
        "#BR",
        "#UD",
        "#NM",
        "#DF",
        "vector 9",
        "#TS",
        "#NP",
        "#SS",
        "#GP",
        "#PF",
        "vector 15",
        "#MF",
        "#AC",
    ];

    public int Vector { get; } = vector;

    /// <summary>The error code that the processor pushes after EIP, for vectors that have one.</summary>
    public uint? ErrorCode { get; } = errorCode;

    /// <summary>The linear address of a page fault, for CR2.</summary>
    public uint? Address { get; } = address;

    /// <summary>Made on demand, because most faults are only delivered.</summary>
    public override string Message =>
        (Vector < Names.Length ? Names[Vector] : $"vector {Vector}")
        + (ErrorCode is { } code ? $"({code:X}h)" : "")
        + (Address is { } at ? $" at {at:X8}h" : "");

    public static Fault DivideError() => new(Vectors.DivideError);

    public static Fault UndefinedOpcode() => new(Vectors.UndefinedOpcode);

    public static Fault TaskState(uint errorCode) => new(Vectors.InvalidTaskState, errorCode);

    public static Fault NotPresent(uint errorCode) => new(Vectors.SegmentNotPresent, errorCode);

    public static Fault Stack(uint errorCode) => new(Vectors.StackFault, errorCode);

    public static Fault Protection(uint errorCode) => new(Vectors.GeneralProtection, errorCode);

    public static Fault Page(uint errorCode, uint address) => new(Vectors.PageFault, errorCode, address);
}

/// <summary>The vectors of the processor's own exceptions (SDM vol. 3, table 6-1).</summary>
public static class Vectors
{
    public const int DivideError = 0,
        Debug = 1,
        NonMaskable = 2,
        Breakpoint = 3,
        Overflow = 4,
        BoundRange = 5,
        UndefinedOpcode = 6,
        DeviceNotAvailable = 7,
        DoubleFault = 8,
        InvalidTaskState = 10,
        SegmentNotPresent = 11,
        StackFault = 12,
        GeneralProtection = 13,
        PageFault = 14,
        AlignmentCheck = 17;
}

/// <summary>A fault during the delivery of a double fault: the processor shuts down (SDM vol. 3, 6.15).</summary>
public sealed class ShutdownException(string message, Fault last) : Exception(message)
{
    /// <summary>The fault that could not be delivered.</summary>
    public Fault Last { get; } = last;
}

/// <summary>
/// An instruction, form or mode that the machine does not support. It is never executed as a different one.
/// </summary>
public sealed class UnimplementedInstruction(string message) : Exception(message);

/// <summary>
/// Execution needs a constant (an address to fetch from, a descriptor's rights), but the value is not constant in this
/// reading.
/// </summary>
public sealed class UnknownValueException(string what)
    : Exception($"not executable symbolically: {what} is not a constant here");
