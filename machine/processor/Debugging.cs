namespace Verified.Machine.Processor;

/// <summary>Bits of DR6 (SDM vol. 3, 17.2.3).</summary>
public static class DebugStatus
{
    public const uint RegisterAccess = 1 << 13,
        SingleStep = 1 << 14,
        TaskSwitch = 1 << 15,
        Reserved = 0xFFFF0FF0;
}

/// <summary>
/// The debug registers (SDM vol. 3, 17.2). The machine around the processor compares addresses while a breakpoint is
/// armed.
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    private const int Status = 6,
        Control = 7;
    private const uint GeneralDetect = 1 << 13,
        LocalEnables = 0x155,
        BreakpointsMet = 15;

    /// <summary>A breakpoint of DR7 is enabled.</summary>
    public bool BreakpointsArmed;

    /// <summary>The #DB that is raised after the present instruction, as bits of DR6.</summary>
    public uint PendingTrap;

    /// <summary>
    /// The #DB of MOV SS or POP SS, which is raised after the next instruction, as bits of DR6. Breakpoints on that
    /// instruction do not count (SDM vol. 3, 6.8.3 and 17.3.1.1).
    /// </summary>
    public uint? HeldTrap;

    /// <summary>
    /// Whether execution must go one instruction at a time: a breakpoint is armed, a trap is pending, or the
    /// surrounding machine requires it.
    /// </summary>
    public bool StepsAlone;

    private void ResetDebugRegisters()
    {
        D = default;
        D[Status] = DebugStatus.Reserved;
        D[Control] = _model.Debug7Ones;
        BreakpointsArmed = false;
        (PendingTrap, HeldTrap) = (0, null);
    }

    private void RaiseTrap(uint status)
    {
        PendingTrap |= status;
        StepsAlone = true;
    }

    /// <summary>Raises #DB, with its reason in DR6.</summary>
    public void DebugException(uint status)
    {
        Halted = false;
        D[Status] = D[Status] & ~BreakpointsMet | status;
        D[Control] &= ~(W)GeneralDetect;
        Exception(new Fault(Vectors.Debug));
    }

    /// <summary>DR4 and DR5 are aliases of DR6 and DR7, unless CR4.DE disables them.</summary>
    private int DebugRegister(int number)
    {
        if ((Known(D[Control], "DR7") & GeneralDetect) != 0)
        {
            D[Status] |= DebugStatus.RegisterAccess;
            D[Control] &= ~(W)GeneralDetect;
            throw new Fault(Vectors.Debug);
        }
        if (number is not (4 or 5))
            return number;
        return (Known(Cr4, "CR4") & ControlBit.DebugExtensions) == 0 ? number + 2 : throw Fault.UndefinedOpcode();
    }

    private W ReadDebug(int number) => D[DebugRegister(number)];

    private void WriteDebug(int number, W value)
    {
        var register = DebugRegister(number);
        D[register] = register switch
        {
            Status => value & 0xE00F | DebugStatus.Reserved,
            Control => value & 0xFFFF23FF | _model.Debug7Ones,
            _ => value,
        };
        BreakpointsArmed = (Known(D[Control], "DR7") & 0xFF) != 0;
        StepsAlone |= BreakpointsArmed;
    }

    private void DisableLocalBreakpoints()
    {
        D[Control] &= ~(W)LocalEnables;
        BreakpointsArmed = (Known(D[Control], "DR7") & 0xFF) != 0;
    }
}
