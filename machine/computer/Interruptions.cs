using Verified.Machine.Processor;

namespace Verified.Machine.Computer;

/// <summary>How interrupts reach the processor, and how it waits for them in HLT.</summary>
public sealed partial class Pc
{
    private void TakeInterrupt()
    {
        if (Cpu.PendingTrap != 0)
        {
            TakeDebugTrap();
            return;
        }
        _devicesChanged = true;
        var vector = _pics.Acknowledge();
        _interruptPending = _pics.IsPending;
        (InterruptsTaken, InterruptedAt) = (InterruptsTaken + 1, Cpu.Eip);
        try
        {
            Cpu.ExternalInterrupt(vector);
        }
        catch (Fault fault)
        {
            Cpu.FaultOfInstruction(fault);
        }
    }

    /// <summary>
    /// Requests a non-maskable interrupt, as failing memory or a button does. At most one request waits.
    /// </summary>
    public void RequestNonMaskable() => _nonMaskablePending = true;

    private void TakeNonMaskable()
    {
        _nonMaskablePending = false;
        try
        {
            Cpu.ExternalInterrupt(Vectors.NonMaskable);
        }
        catch (Fault fault)
        {
            Cpu.FaultOfInstruction(fault);
        }
        Cpu.InNonMaskable = true;
    }

    /// <summary>Advances the time in HLT to the next event. Returns false if no interrupt can come.</summary>
    private bool SkipToEvent()
    {
        const uint timer = 1,
            clock = 1 << ClockLine | 1 << CascadeLine;
        var masks = _pics.Masks;
        if (
            !Cpu.InterruptsEnabled.Known
            || _nextEvent == long.MaxValue
            || ((masks & timer) != 0 && (masks & clock) != 0)
        )
            return false;
        Time = Math.Max(Time, _nextEvent);
        AdvanceDevices();
        return true;
    }
}
