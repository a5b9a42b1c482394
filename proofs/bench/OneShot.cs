using Verified.Machine.Computer;

namespace Verified.Proofs.Bench;

/// <summary>
/// A device that a measured program sets by a byte to port E9h: after a time in model cycles, its interrupt line rises.
/// The machine's own timers count instructions.
/// </summary>
/// <param name="pc">The machine. The line is 5.</param>
/// <param name="delay">The time, in cycles.</param>
internal sealed class OneShot(Pc pc, long delay)
{
    private const int Line = 5;
    private long? _due;

    /// <summary>The number of interrupts so far.</summary>
    public int Times { get; private set; }

    /// <summary>The program wrote to the port.</summary>
    public void Set(long now)
    {
        pc.Drive(Line, high: false);
        _due = now + delay;
    }

    /// <summary>Called after each instruction.</summary>
    public void Pass(long now)
    {
        if (now < _due)
            return;
        (_due, Times) = (null, Times + 1);
        pc.Drive(Line, high: true);
    }
}
