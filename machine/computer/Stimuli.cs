namespace Verified.Machine.Computer;

/// <summary>
/// Actions of a harness on the machine while its timer is stopped: it executes one user instruction at a time, and
/// drives interrupt lines itself.
/// </summary>
public sealed partial class Pc
{
    /// <summary>
    /// Executes one instruction at the present privilege level, or raises the fault of its fetch. No interrupt comes
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
    /// Takes an interrupt, as the processor does before an instruction, if one is requested, interrupts are on, and no
    /// instruction holds them off. Returns true if so; the processor is then at the first instruction of the handler.
    /// </summary>
    public bool TakeRequested()
    {
        if (!_interruptPending || !Cpu.InterruptsEnabled.Known || Cpu.InterruptShadow)
            return false;
        TakeInterrupt();
        return true;
    }
}
