namespace Verified.Spec;

/// <summary>
/// Interrupts are ipc messages (interface, section 16). An interrupt has at most one handler, and a thread handles at
/// most one interrupt. A line is masked when it fires. It stays masked until a receive phase of its handler, open or
/// closed from the interrupt, finds it not pending. The receive phase unmasks the line whether it then waits, takes a
/// sender's message, or ends with timeout zero. So a driver gets no second interrupt before it has handled the first,
/// and senders cannot keep a driver from its interrupts.
/// </summary>
public sealed partial class Kernel<W>
{
    /// <summary>
    /// An interrupt line fires. If the handler is waiting for the interrupt, it gets the message at once and then
    /// competes for the processor. A spurious interrupt counts as an interrupt of the controller's last line, so the
    /// handler of that line must tolerate it.
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
    /// Closed receive from an interrupt. The interrupt must be associated with the receiver. With timeout zero, a
    /// thread without an interrupt may name a free one, and the kernel associates it first.
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
    /// If the thread's interrupt is pending, delivers its message and returns true. Otherwise unmasks the line of the
    /// thread's interrupt, if it has one.
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

    /// <summary>Ends the association of a thread with its interrupt, if there is one. The line stays masked.</summary>
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

    /// <summary>Delivers the message of an interrupt, which has no words, and makes the receiver ready.</summary>
    private void InterruptMessage(W to, W id)
    {
        s.Edx[to] = s.Ebx[to] = s.Edi[to] = 0;
        s.Esi[to] = id;
        Finish(to, Code.Done);
    }
}
