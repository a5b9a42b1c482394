namespace Verified.Machine.Computer;

/// <summary>
/// What a harness does to the machine while its timer is stopped: one user instruction at a time, and lines that it
/// drives itself.
/// </summary>
public sealed partial class Pc
{
    /// <summary>
    /// Executes one instruction at the present privilege level, or raises what its fetch raises. No interrupt comes
    /// before it.
    /// </summary>
    public void StepOnce() => RunBlock(1);

    /// <summary>Drives an interrupt line of the controllers.</summary>
    /// <param name="line">0 to 15.</param>
    /// <param name="high">The level; a rising edge is a request.</param>
    public void Drive(int line, bool high)
    {
        _devicesChanged = true;
        UpdateLine(line, high);
    }

    /// <summary>
    /// A line rises, and falls again after the processor has seen the request but before it acknowledges it. The
    /// controller then reports its last line (8259A data sheet, "interrupt sequence").
    /// </summary>
    /// <param name="line">An unmasked line, 0 to 15.</param>
    public void Glitch(int line)
    {
        Drive(line, true);
        _pics.Withdraw(line);
    }

    /// <summary>
    /// Whether the processor takes an interrupt now, as it does before an instruction: one is requested, interrupts are
    /// on, and no instruction holds them off. If so, the processor is at the first instruction of the handler.
    /// </summary>
    public bool TakeRequested()
    {
        if (!_interruptPending || !Cpu.InterruptsEnabled.Known || Cpu.InterruptShadow)
            return false;
        TakeInterrupt();
        return true;
    }
}
