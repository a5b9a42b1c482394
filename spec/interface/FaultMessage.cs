using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// The first word of the message that the kernel sends to a pager in the name of a thread that raised an exception
/// (interface, section 14).
/// </summary>
public static class FaultMessage
{
    /// <summary>Vector of the general-protection exception.</summary>
    public const uint Protection = 13;

    /// <summary>
    /// A page fault: <c>address[31:2] w 0</c>, w for a write. The error code has it in the same place (Intel SDM 3A,
    /// 4.7).
    /// </summary>
    public static W OfPage<W>(W address, W code)
        where W : struct, IWord<W> => (address & ~3u) | (code & 2);

    /// <summary>
    /// Any other exception, a decision of this project: <c>code[31:16] vector[15:8] 01h</c>. It is odd, as that of a
    /// page fault never is.
    /// </summary>
    public static W Of<W>(W vector, W code)
        where W : struct, IWord<W> => (code << 16) | (vector << 8) | 1;

    /// <summary>A use of ports without the right: the least fpage that has the first and the last.</summary>
    public static W OfPorts<W>(W first, W last)
        where W : struct, IWord<W> => Fpage.OfPorts(first, last);

    /// <summary>
    /// Whether an exception is reported after its instruction, which is not executed again: debug, breakpoint and
    /// overflow (SDM 3A, table 6-1; no user can set the debug registers that would make the first a fault).
    /// </summary>
    public static Truth IsTrap<W>(W vector)
        where W : struct, IWord<W> => (vector == 1) | (vector == 3) | (vector == 4);
}
