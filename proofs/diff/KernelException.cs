using Verified.Machine.Computer;
using Verified.Machine.Processor;

namespace Verified.Proofs.Diff;

/// <summary>
/// An exception that the kernel's own code raised. The kernel never raises one by design: its entries then take the
/// exception for one of the current thread, and overwrite this thread's registers.
/// </summary>
/// <param name="Vector">The vector; null if the IDT has no gate to the place where the kernel continues.</param>
/// <param name="Code">The error code, if the vector has one.</param>
/// <param name="Address">The linear address of a page fault.</param>
/// <param name="Eip">The instruction that raised it; for a trap, the instruction after it.</param>
public sealed record KernelException(int? Vector, uint? Code, uint? Address, uint Eip)
{
    private const int Vectors = 32;
    private const uint Writes = 2;

    private static readonly Dictionary<int, string> Names = new()
    {
        [0] = "a divide error",
        [1] = "a debug exception",
        [3] = "a breakpoint exception",
        [4] = "an overflow exception",
        [5] = "a bound-range exception",
        [6] = "an invalid-opcode exception",
        [7] = "a device-not-available exception",
        [8] = "a double fault",
        [10] = "an invalid-TSS exception",
        [11] = "a segment-not-present exception",
        [12] = "a stack fault",
        [13] = "a general-protection exception",
        [14] = "a page fault",
        [16] = "a floating-point exception",
        [17] = "an alignment check",
    };

    /// <summary>Whether it is a page fault.</summary>
    public bool IsPageFault => Vector == Machine.Processor.Vectors.PageFault;

    /// <summary>
    /// The exception that brought the processor to its present instruction, the first of a handler. This method must be
    /// called only if the processor has just entered a gate and was in ring 0 before, so that the frame is on the
    /// kernel's own stack.
    /// </summary>
    public static KernelException Entered(Pc pc)
    {
        var cpu = pc.Cpu;
        var handler = cpu.Eip.Value;
        int? vector = Enumerable
            .Range(0, Vectors)
            .Cast<int?>()
            .FirstOrDefault(vector =>
                pc.TryPeek(cpu.IdtBase.Value + (uint)vector! * 8) is { } low
                && pc.TryPeek(cpu.IdtBase.Value + (uint)vector * 8 + 4) is { } high
                && (low & 0xFFFF | high & 0xFFFF0000) == handler
            );
        var hasCode = vector is 8 or >= 10 and <= 14 or 17;
        var frame = cpu.S[SegmentRegister.Ss].Base.Value + cpu.R[Register.Esp].Value;
        return new(
            vector,
            hasCode ? pc.TryPeek(frame) : null,
            vector == Machine.Processor.Vectors.PageFault ? cpu.Cr2.Value : null,
            pc.TryPeek(frame + (hasCode ? 4u : 0)) ?? 0
        );
    }

    /// <summary>The exception in words: "a page fault at address 51h by a read".</summary>
    public override string ToString() =>
        (
            Vector is not { } vector ? "an exception or a software interrupt"
            : Names.TryGetValue(vector, out var name) ? name
            : $"exception {vector}"
        )
        + (
            Address is { } address
                ? $" at address {address:X}h {((Code & Writes) != 0 ? "by a write" : "by a read")}"
                : ""
        )
        + (Address is null && Code is > 0 and var code ? $" with error code {code:X}h" : "");
}
