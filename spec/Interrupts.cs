namespace Verified.Spec;

/// <summary>
/// Interrupts as ipc (interface, section 16). An interrupt has one handler, a handler one interrupt. Its line is masked
/// from when it fires until a receive phase of its handler, closed from it or open, finds it not pending; whether that
/// then waits, or takes a waiting sender's message, or its timeout is zero. So no driver is told twice of what it has
/// not looked at, and none is kept from its interrupts by senders.
/// </summary>
public sealed partial class Kernel<W>
{
    /// <summary>
    /// A line fires. Its handler gets the message at once if it waits for it, and then competes. One that no device
    /// raised, of a controller's last line, counts as that line's: whoever handles that must bear with it.
    /// </summary>
    private void Interrupt(W id)
    {
        var handler = s.Handler[id];
        s.Masked |= Interrupts.Bit(id);
        if (s.WaitsForInterrupt(handler, id))
        {
            InterruptMessage(handler, id);
            s.Stage = Stages.Leave;
        }
        else if (handler != State<W>.Nobody)
            s.Pending[id] = 1;
    }

    /// <summary>
    /// Closed receive from an interrupt: from one's own; with timeout zero also from one that is nobody's, by a thread
    /// that has none, and it is associated with that thread first.
    /// </summary>
    private void ReceiveInterrupt(W me, W id)
    {
        if (
            (s.Handler[id] == State<W>.Nobody)
            & (s.Handles[me] == 0)
            & Interrupts.IsUsers(id)
            & Timeouts.ReceiveIsZero(s.Ecx[me])
        )
        {
            s.Handler[id] = me;
            s.Handles[me] = id;
        }

        if (s.Handles[me] != id)
            Finish(me, Code.NoPartner);
        else if (!TakesInterrupt(me))
            Wait(me, ThreadStatus.Sleeping, State<W>.Nobody);
    }

    /// <summary>
    /// Whether an interrupt was pending for a thread, which now has it; else its line, if it has one, may fire again.
    /// </summary>
    private bool TakesInterrupt(W me)
    {
        var id = s.Handles[me];
        if (id == 0)
            return false;
        if (s.Pending[id] == 0)
        {
            s.Masked &= ~Interrupts.Bit(id);
            return false;
        }

        s.Pending[id] = 0;
        InterruptMessage(me, id);
        return true;
    }

    /// <summary>A thread's interrupt, if it has one, is nobody's from now on.</summary>
    private void Dissociate(W thread)
    {
        var id = s.Handles[thread];
        if (id == 0)
            return;
        s.Masked |= Interrupts.Bit(id);
        s.Pending[id] = 0;
        s.Handler[id] = State<W>.Nobody;
        s.Handles[thread] = 0;
    }

    /// <summary>A message without words; whoever waited for it is ready.</summary>
    private void InterruptMessage(W to, W id)
    {
        s.Edx[to] = s.Ebx[to] = s.Edi[to] = 0;
        s.Esi[to] = id;
        Finish(to, Code.Done);
    }
}
