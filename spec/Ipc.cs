using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>ipc (L4-X0.md section 2): messages of three register words, synchronous and unbuffered.</summary>
public sealed partial class Kernel<W>
{
    // Whether a thread that this step woke has a higher priority than the one that runs.
    private Truth _outranked;

    /// <summary>EAX send descriptor, ECX timeouts, EDX EBX EDI words, EBP receive descriptor, ESI partner.</summary>
    private void Ipc()
    {
        var me = s.Current;
        var partner = s.Row(s.Esi[me]);
        _outranked = false;

        if (s.Eax[me] == Descriptor.None)
        {
            Receive(me);
            Leave(me, State<W>.Nobody);
        }

        // A failed send skips the receive phase.
        else if (Descriptor.SendsMemory(s.Eax[me]))
            Finish(me, Code.SendCut);
        else if (!s.Exists(s.Esi[me]) | (partner == me))
            Finish(me, Code.NoPartner);

        // The partner waits for me: transfer, and no time passes before my receive phase.
        else if (s.WaitsFor(partner, me))
        {
            Transfer(me, partner);
            Wake(partner);
            Receive(me);
            Leave(me, partner);
        }
        else if (Timeouts.SendIsZero(s.Ecx[me]))
            Finish(me, Code.SendTimeout);
        else
        {
            Block(me, ThreadStatus.Sending, partner);
            if (!Timeouts.SendIsInfinite(s.Ecx[me])) StartTimer(me, Timeouts.SendTicks(s.Ecx[me]));
            s.Stage = Stages.Pick;
        }
    }

    /// <summary>
    /// The receive phase of <paramref name="me"/>: the current thread, or one whose message the current thread has just accepted.
    /// It ends ready with a code in EAX, or waiting.
    /// </summary>
    private void Receive(W me)
    {
        if (s.Ebp[me] == Descriptor.None) Finish(me, Code.Done);
        else if (Descriptor.ReceivesMemory(s.Ebp[me])) Finish(me, Code.ReceiveCut);
        else if (Descriptor.Open(s.Ebp[me])) ReceiveAny(me);
        else ReceiveFrom(me, s.Esi[me]);
    }

    /// <summary>
    /// Open receive. Of the waiting senders it takes the next in thread number, cyclically, after the one it took last:
    /// none waits for ever while others are served twice.
    /// </summary>
    private void ReceiveAny(W me)
    {
        var (found, sender) = s.Tables.First(Table.Thread, s.Served[me], sender => s.SendsTo(sender, me));
        if (!found) Wait(me, ThreadStatus.ReceivingAny, State<W>.Nobody);

        // One accepted message per step: a thread that is not running takes its own when it next gets the processor.
        else if (me != s.Current)
            Wake(me, ThreadStatus.Resuming);
        else
        {
            s.Served[me] = sender;
            Accept(me, sender);
        }
    }

    /// <summary>Closed receive. From nil, nothing ever comes: sleep.</summary>
    private void ReceiveFrom(W me, W id)
    {
        var partner = s.Row(id);
        if (id == ThreadId.Nil) Wait(me, ThreadStatus.Sleeping, State<W>.Nobody);
        else if (!s.Exists(id)) Finish(me, Code.NoPartner);
        else if (s.SendsTo(partner, me)) Accept(me, partner);
        else Wait(me, ThreadStatus.ReceivingFrom, partner);
    }

    /// <summary>Takes the message of a waiting sender, which goes on to its own receive phase.</summary>
    private void Accept(W me, W sender)
    {
        Transfer(sender, me);
        s.Partner[sender] = State<W>.Nobody;
        s.Timed[sender] = 0;
        Receive(sender);
    }

    /// <summary>
    /// The message: three words and the sender's id. EAX reports success and no words beyond the registers; ECX and EBP keep
    /// their values. Map items (m = 1) arrive as words: nothing is mapped yet.
    /// </summary>
    private void Transfer(W from, W to)
    {
        s.Eax[to] = Code.Done;
        s.Edx[to] = s.Edx[from];
        s.Ebx[to] = s.Ebx[from];
        s.Edi[to] = s.Edi[from];
        s.Esi[to] = s.Id[from];
    }

    /// <summary>Waits, unless the receive timeout is zero.</summary>
    private void Wait(W me, uint status, W partner)
    {
        if (Timeouts.ReceiveIsZero(s.Ecx[me])) Finish(me, Code.ReceiveTimeout);
        else
        {
            Block(me, status, partner);
            if (!Timeouts.ReceiveIsInfinite(s.Ecx[me])) StartTimer(me, Timeouts.ReceiveTicks(s.Ecx[me]));
        }
    }

    private void Block(W me, uint status, W partner)
    {
        s.Status[me] = status;
        s.Partner[me] = partner;
        s.Timed[me] = 0;
    }

    /// <summary>Ends the ipc of <paramref name="me"/> with a code; its other registers keep their values.</summary>
    private void Finish(W me, uint code)
    {
        s.Eax[me] = code;
        if (me != s.Current) Wake(me);
    }

    private void Wake(W thread, uint status = ThreadStatus.Ready)
    {
        Block(thread, status, State<W>.Nobody);
        _outranked |= s.Priority[thread] > s.Priority[s.Current];
    }

    /// <summary>
    /// Who runs after an ipc of <paramref name="me"/> that woke <paramref name="partner"/> (or nobody). Ready, I go on unless
    /// outranked. Waiting, I hand the processor to the partner, unless another has a higher priority.
    /// </summary>
    private void Leave(W me, W partner)
    {
        if (s.IsReady(me))
        {
            if (_outranked) s.Stage = Stages.Pick;
        }
        else if ((partner != State<W>.Nobody) && (GreatestPriority().Priority == s.Priority[partner]))
            SwitchTo(partner);
        else
            s.Stage = Stages.Pick;
    }
}
