using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// The first word of a fault message. The kernel sends it to the pager in the name of the thread that raised the
/// exception (interface, section 14).
/// </summary>
public static class FaultMessage
{
    /// <summary>Vector of the general-protection exception.</summary>
    public const uint Protection = 13;

    /// <summary>The vector of the instruction INT 80h, which continues at the thread's trap address.</summary>
    public const uint TrapVector = 0x80;

    /// <summary>
    /// The error code that INT 80h has with the general-protection exception: eight times its vector, plus 2 for the
    /// IDT (SDM 3A, 6.13). No other instruction has it.
    /// </summary>
    public const uint TrapCode = TrapVector * 8 + 2;

    /// <summary>
    /// A page fault: <c>address[31:2] w 0</c>, with w = 1 for a write. The error code has w in the same place (SDM 3A,
    /// 4.7).
    /// </summary>
    public static W OfPage<W>(W address, W code)
        where W : struct, IWord<W> => (address & ~3u) | (code & 2);

    /// <summary>
    /// Any other exception, a decision of this project: <c>code[31:16] vector[15:8] 01h</c>. This word is odd, and that
    /// of a page fault is even.
    /// </summary>
    public static W Of<W>(W vector, W code)
        where W : struct, IWord<W> => (code << 16) | (vector << 8) | 1;

    /// <summary>
    /// A use of ports without the right: the smallest fpage that contains the first and the last port.
    /// </summary>
    public static W OfPorts<W>(W first, W last)
        where W : struct, IWord<W> => Fpage.OfPorts(first, last);

    /// <summary>
    /// Whether an exception is reported after its instruction, which is not repeated: debug, breakpoint and overflow
    /// (SDM 3A, table 6-1). No user can set the debug registers that would make the debug exception a fault.
    /// </summary>
    public static Truth IsTrap<W>(W vector)
        where W : struct, IWord<W> => (vector == 1) | (vector == 3) | (vector == 4);
}
