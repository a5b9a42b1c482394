using Verified.Spec;
using Verified.Spec.Tables;

namespace Verified.Kernel;

/// <summary>
/// How a thread's row stores its status.
/// <list type="bullet">
/// <item>Ready is 0, a value that the fast path already has in a register.</item>
/// <item>The low byte is 0, so two different statuses differ by more than any priority. One comparison then checks both
/// a status and a priority.</item>
/// <item>Two flags accompany the status. The fast path leaves a thread with a flag to the slow path.</item>
/// </list>
/// </summary>
public static class StoredStatus
{
    /// <summary>The first bit of the status.</summary>
    public const int Shift = 8;

    /// <summary>The flag in the dword of a thread that waits with a deadline.</summary>
    public const uint Timed = Layout.TimedStatus << Shift;

    /// <summary>The flag in the dword of a thread that reports an exception.</summary>
    public const uint Faulting = Layout.FaultingStatus << Shift;

    /// <summary>The bits of the status without its flags.</summary>
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

    /// <summary>The dword of a status with its flags, as an encoding of a field.</summary>
    public static readonly FieldEncoding Encoding = FieldEncoding.FlippedAndShifted(ThreadStatus.Ready, Shift);
}
