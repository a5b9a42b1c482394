using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>
/// How a thread's row holds its status: ready is 0, so that the fast path has the dword at hand; and the low byte is 0,
/// so that two statuses that differ do so by more than a priority, and one comparison tells both a status and that a
/// priority is not less than another. Two flags go with the status; the fast path leaves a thread that has one alone.
/// </summary>
public static class StoredStatus
{
    /// <summary>The bit that the status starts at.</summary>
    public const int Shift = 8;

    /// <summary>In the dword of a thread that waits with a deadline.</summary>
    public const uint Timed = Layout.TimedStatus << Shift;

    /// <summary>In the dword of a thread that reports an exception.</summary>
    public const uint Faulting = Layout.FaultingStatus << Shift;

    /// <summary>The status itself.</summary>
    public const uint Mask = Layout.StatusMask << Shift;

    public const uint Ready = 0;

    public const uint Inactive = (ThreadStatus.Inactive ^ ThreadStatus.Ready) << Shift,
        Resuming = (ThreadStatus.Resuming ^ ThreadStatus.Ready) << Shift,
        Mapping = (ThreadStatus.Mapping ^ ThreadStatus.Ready) << Shift,
        Sending = (ThreadStatus.Sending ^ ThreadStatus.Ready) << Shift,
        ReceivingFrom = (ThreadStatus.ReceivingFrom ^ ThreadStatus.Ready) << Shift,
        ReceivingAny = (ThreadStatus.ReceivingAny ^ ThreadStatus.Ready) << Shift,
        Sleeping = (ThreadStatus.Sleeping ^ ThreadStatus.Ready) << Shift,
        Stopped = (ThreadStatus.Stopped ^ ThreadStatus.Ready) << Shift,
        Giving = (ThreadStatus.Giving ^ ThreadStatus.Ready) << Shift;

    /// <summary>The dword of a status with its flags.</summary>
    public static W Encode<W>(W value)
        where W : struct, IWord<W> => (value ^ ThreadStatus.Ready) << Shift;

    /// <summary>The status and the flags that a dword holds.</summary>
    public static W Decode<W>(W dword)
        where W : struct, IWord<W> => dword >> Shift ^ ThreadStatus.Ready;
}
