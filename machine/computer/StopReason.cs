namespace Verified.Machine.Computer;

public enum StopReason
{
    /// <summary>The instruction budget is used up.</summary>
    Budget,

    /// <summary>The processor executed HLT, and nothing can wake it.</summary>
    Halted,

    /// <summary>The guest wrote to isa-debug-exit (see <see cref="Pc.ExitStatus"/>).</summary>
    Exited,

    /// <summary>The processor is at a user instruction (only <see cref="Pc.RunToUser"/>).</summary>
    User,

    /// <summary>The guest reset a machine without ROM.</summary>
    Reset,

    /// <summary>
    /// The machine is at a breakpoint, or has accessed a watched address (see <see cref="Pc.Breakpoints"/>).
    /// </summary>
    Breakpoint,
}
