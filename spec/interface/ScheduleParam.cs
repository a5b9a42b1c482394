using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// The parameter word of thread_schedule (interface, section 7): <c>m[31:24] e[23:20] state[19:16] small[15:8]
/// priority[7:0]</c>. A tick counts as 1,024 microseconds, so that a program can write back a word that it has read
/// (7.12, 7.16).
/// </summary>
public static class ScheduleParam
{
    /// <summary>The exponent of 1,024 microseconds: 4^(15 - e).</summary>
    public const uint TickExponent = 10;

    /// <summary>The most ticks that a finite time slice has (7.13).</summary>
    public const uint MostTicks = 255;

    /// <summary>The value of a time slice that ticks do not use up (7.15).</summary>
    public const uint Infinite = MostTicks + 1;

    /// <summary>
    /// Four bits for each status from ready on: 0 running, 8 receiving, Dh waiting to send, Ch waiting to receive, Fh
    /// stopped.
    /// </summary>
    public const uint States = 0xFCCCD800;

    /// <summary>Sending: the thread's map item is being mapped.</summary>
    public const uint Gives = 4;

    /// <summary>Running, and the kernel reports an exception for the thread.</summary>
    public const uint ReportsException = 1;

    private static W StateOf<W>(W status)
        where W : struct, IWord<W> =>
        W.Select(status == ThreadStatus.Giving, Gives, ((W)States >> ((status - 1) << 2)) & 0xF);

    public static W Priority<W>(W param)
        where W : struct, IWord<W> => param & 0xFF;

    /// <summary>The highest number of a small space.</summary>
    public const uint LastSmall = 127;

    /// <summary>The number of the small space; other values mean none.</summary>
    public static W Small<W>(W param)
        where W : struct, IWord<W> => (param >> 8) & 0xFF;

    /// <summary>Whether a number is that of a small space.</summary>
    public static Truth IsSmall<W>(W number)
        where W : struct, IWord<W> => number - 1 < LastSmall;

    /// <summary>
    /// Ticks of the time slice, 1..255; 0 for a thread that runs on donated time only (7.14); or
    /// <see cref="Infinite"/>.
    /// </summary>
    public static W Ticks<W>(W param)
        where W : struct, IWord<W>
    {
        var (m, shift) = (param >> 24, (param >> 19) & 0x1E);
        var ticks = m << 20 >> shift;
        var finite = W.Select(ticks == 0, 1, W.Select(ticks <= MostTicks, ticks, MostTicks));
        return W.Select(shift == 0, Infinite, W.Select(m == 0, 0, finite));
    }

    /// <summary>The word with a thread's priority, its task's small space, its time slice and its state.</summary>
    public static W Of<W>(W priority, W small, W quantum, W status, W faulting)
        where W : struct, IWord<W> =>
        Length(quantum) | (W.Select(faulting == 1, ReportsException, StateOf(status)) << 16) | (small << 8) | priority;

    // The mantissa and exponent of a time slice; both are 0 for an infinite slice.
    private static W Length<W>(W quantum)
        where W : struct, IWord<W> => W.Select(quantum == Infinite, 0, (quantum << 24) | (TickExponent << 20));
}
