using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// ipc (interface, section 3): synchronous, unbuffered messages of three register words. The send phase, the receive
/// phase, the acceptance of a waiting sender's message and the end of the ipc are separate steps. Interrupts stay off
/// between them, so no time passes.
/// </summary>
public sealed partial class Kernel<W>
{
    /// <summary>EAX send descriptor, ECX timeouts, EDX EBX EDI words, EBP receive descriptor, ESI partner.</summary>
    private void Ipc()
    {
        var me = s.Current;
        var partner = s.Row(s.Esi[me]);

        if (s.Eax[me] == Descriptor.None)
            BeginReceive(me, State<W>.Nobody);
        // A failed send skips the receive phase.
        else if (Descriptor.SendsMemory(s.Eax[me]))
            Finish(me, Code.SendCut);
        else if (!s.Exists(s.Esi[me]) | (partner == me))
            Finish(me, Code.NoPartner);
        // The partner is waiting for the sender: transfer now. No time passes before the sender's receive phase.
        else if (s.WaitsFor(partner, me))
        {
            var gives = Gives(me, partner);
            Transfer(me, partner);
            if (gives)
            {
                Give(me, partner);
                s.Heir = partner;
            }
            else
            {
                Block(partner, ThreadStatus.Ready, State<W>.Nobody);
                BeginReceive(me, partner);
            }
        }
        else if (Timeouts.SendIsZero(s.Ecx[me]))
            Finish(me, Code.SendTimeout);
        else
        {
            Block(me, ThreadStatus.Sending, partner);
            if (!Timeouts.SendIsInfinite(s.Ecx[me]))
                StartTimer(me, Timeouts.SendTicks(s.Ecx[me]));
            s.Stage = Stages.Pick;
        }
    }

    /// <summary>
    /// Makes the receive phase of <paramref name="me"/> the next step. If the send phase woke a partner, that partner
    /// is the heir of the processor.
    /// </summary>
    private void BeginReceive(W me, W heir)
    {
        s.Heir = heir;
        s.Status[me] = ThreadStatus.Resuming;
        s.Stage = Stages.Receive;
    }

    /// <summary>The receive phase of the current thread.</summary>
    private void Receive()
    {
        s.Stage = Stages.Leave;
        Receive(s.Current);
    }

    /// <summary>
    /// The current thread takes the message of the waiting sender that it has found. The sender then starts its own
    /// receive phase.
    /// </summary>
    private void Accept()
    {
        var me = s.Current;
        var sender = s.Partner[me];
        var gives = Gives(sender, me);
        Transfer(sender, me);
        if (gives)
            Give(sender, me);
        else
        {
            Block(me, ThreadStatus.Ready, State<W>.Nobody);
            s.Timed[sender] = 0;
            if (s.Faulting[sender] == 1)
                AwaitAnswer(sender, me);
            else
                Receive(sender);
            s.Stage = Stages.Leave;
        }
    }

    /// <summary>
    /// Decides which thread runs after an ipc. If the current thread is ready, it continues unless a thread of higher
    /// priority competes. If it waits, the heir gets the processor unless a thread of higher priority competes.
    /// </summary>
    private void Leave()
    {
        var (me, heir) = (s.Current, s.Heir);
        s.Heir = State<W>.Nobody;
        s.Stage = Stages.Pick;
        if (s.IsReady(me))
            GoOn();
        else if ((heir != State<W>.Nobody) && !IsOutranked(heir))
            SwitchTo(heir);
    }

    /// <summary>
    /// The receive phase of <paramref name="me"/>, which is the current thread, or a sender whose message has just been
    /// taken. The thread is then ready with a code in EAX, or waits, or has found a sender.
    /// </summary>
    private void Receive(W me)
    {
        if (s.Ebp[me] == Descriptor.None)
            Finish(me, Code.Done);
        else if (Descriptor.ReceivesMemory(s.Ebp[me]))
            Finish(me, Code.ReceiveCut);
        else if (Descriptor.Open(s.Ebp[me]))
            ReceiveAny(me);
        else
            ReceiveFrom(me, s.Esi[me]);
    }

    /// <summary>
    /// Open receive. A pending interrupt comes before waiting senders. The receiver takes the next waiting sender in
    /// thread number, cyclically, after the sender that it took last. So no sender waits for ever while others are
    /// served twice.
    /// </summary>
    private void ReceiveAny(W me)
    {
        var (found, sender) = s.Tables.First(Table.Thread, s.Served[me], sender => s.SendsTo(sender, me));

        // Each step accepts at most one message. A thread that is not current takes its own message, or looks for its
        // interrupt, when it next gets the processor.
        if ((me != s.Current) & (found | (s.Handles[me] != 0)))
            Block(me, ThreadStatus.Resuming, State<W>.Nobody);
        else if (TakesInterrupt(me))
            return;
        else if (!found)
            Wait(me, ThreadStatus.ReceivingAny, State<W>.Nobody);
        else
        {
            s.Served[me] = sender;
            BeginAccept(me, sender);
        }
    }

    /// <summary>
    /// Closed receive. Nothing ever arrives from nil, so the thread sleeps; with timeout zero, it gives up its
    /// interrupt.
    /// </summary>
    private void ReceiveFrom(W me, W id)
    {
        var partner = s.Row(id);
        if (Interrupts.IsId(id))
            ReceiveInterrupt(me, id);
        else if (id == ThreadId.Nil)
        {
            if (Timeouts.ReceiveIsZero(s.Ecx[me]))
                Dissociate(me);
            Wait(me, ThreadStatus.Sleeping, State<W>.Nobody);
        }
        else if (!s.Exists(id))
            Finish(me, Code.NoPartner);
        else if (s.SendsTo(partner, me))
            BeginAccept(me, partner);
        else
            Wait(me, ThreadStatus.ReceivingFrom, partner);
    }

    private void BeginAccept(W me, W sender)
    {
        s.Partner[me] = sender;
        s.Stage = Stages.Accept;
    }

    /// <summary>
    /// Whether the receiver takes a map item of the message: into its window, or as the answer to its own fault. A
    /// message within one task, or to σ0, maps nothing. A thread with mcp 0 gives no item, and takes only its chief's
    /// answers to its faults.
    /// </summary>
    private Truth Gives(W from, W to) =>
        (s.Faulting[from] == 0)
        & Descriptor.HasItem(s.Eax[from])
        & (s.Mcp[from] != 0)
        & ((s.Faulting[to] == 1) | ((s.Mcp[to] != 0) & Descriptor.IsWindow(s.Ebp[to])))
        & ((s.Mcp[to] != 0) | (s.Mappings.Chief[s.Task(to)] == s.Task(from)))
        & (s.Task(from) != s.Task(to))
        & (s.Task(to) != Mappings<W>.Sigma0);

    /// <summary>
    /// The words have been transferred. The receiver now maps the item, and the sender waits until it is done.
    /// </summary>
    private void Give(W from, W to)
    {
        Block(from, ThreadStatus.Giving, to);
        Block(to, ThreadStatus.Mapping, from);
        s.Stage = Stages.Leave;
    }

    /// <summary>
    /// Transfers a message: three words and the sender's id. A fault message has its own words. EAX of the receiver
    /// reports success and whether there is a map item. ECX and EBP keep their values.
    /// </summary>
    private void Transfer(W from, W to)
    {
        // The answer to a fault changes no register. The thread continues when the item of the answer, if any, is
        // mapped.
        if (s.Faulting[to] == 1)
        {
            if (!Gives(from, to))
                s.Faulting[to] = 0;
            return;
        }

        var faulting = s.Faulting[from] == 1;
        s.Eax[to] = W.Select(Gives(from, to), Code.Mapped, Code.Done);
        s.Edx[to] = W.Select(faulting, s.Fault[from], s.Edx[from]);
        s.Ebx[to] = W.Select(faulting, s.Eip[from], s.Ebx[from]);
        s.Edi[to] = W.Select(faulting, 0, s.Edi[from]);
        s.Esi[to] = s.Id[from];
    }

    /// <summary>The thread waits, unless the receive timeout is zero.</summary>
    private void Wait(W me, uint status, W partner)
    {
        if (Timeouts.ReceiveIsZero(s.Ecx[me]))
            Finish(me, Code.ReceiveTimeout);
        else
        {
            Block(me, status, partner);
            if (!Timeouts.ReceiveIsInfinite(s.Ecx[me]))
                StartTimer(me, Timeouts.ReceiveTicks(s.Ecx[me]));
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
        Block(me, ThreadStatus.Ready, State<W>.Nobody);
    }
}
