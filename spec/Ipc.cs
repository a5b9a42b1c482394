using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// ipc (interface, section 3): messages of three register words, synchronous and unbuffered. The send phase, the
/// receive phase, the acceptance of a waiting sender's message and the way out are steps of their own, between which no
/// time passes: interrupts stay off.
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
        // The partner waits for me: transfer, and no time passes before my receive phase.
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
    /// My receive phase is the next step; the partner that my send phase woke, if any, is the heir of the processor.
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
    /// The current thread takes the message of the waiting sender it has found, who goes on to its own receive phase.
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
    /// Who runs after an ipc. Ready, I go on unless outranked. Waiting, I hand the processor to the heir, unless
    /// another has a higher priority.
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
    /// The receive phase of <paramref name="me"/>: the current thread, or one whose message the current thread has just
    /// accepted. It ends ready with a code in EAX, waiting, or with a sender found.
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
    /// Open receive. One's interrupt comes before waiting senders. Of those it takes the next in thread number,
    /// cyclically, after the one it took last: none waits for ever while others are served twice.
    /// </summary>
    private void ReceiveAny(W me)
    {
        var (found, sender) = s.Tables.First(Table.Thread, s.Served[me], sender => s.SendsTo(sender, me));

        // One accepted message at a time: a thread that is not running takes its own, or looks for its interrupt, when
        // it next gets the processor.
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
    /// Closed receive. From nil, nothing ever comes: sleep; with timeout zero it gives one's interrupt up.
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
    /// Whether a message has a map item that the receiver takes: into its window, or as the answer to a fault of its
    /// own. Nothing is mapped within a task, nor to σ0.
    /// </summary>
    private Truth Gives(W from, W to) =>
        (s.Faulting[from] == 0)
        & Descriptor.HasItem(s.Eax[from])
        & ((s.Faulting[to] == 1) | Descriptor.IsWindow(s.Ebp[to]))
        & (s.Task(from) != s.Task(to))
        & (s.Task(to) != Mappings<W>.Sigma0);

    /// <summary>The words have arrived; the receiver maps the item, and until then the sender waits.</summary>
    private void Give(W from, W to)
    {
        Block(from, ThreadStatus.Giving, to);
        Block(to, ThreadStatus.Mapping, from);
        s.Stage = Stages.Leave;
    }

    /// <summary>
    /// The message: three words and the sender's id; a fault's are its own. EAX reports success, no words beyond the
    /// registers, and whether there is a map item; ECX and EBP keep their values.
    /// </summary>
    private void Transfer(W from, W to)
    {
        // The answer to a fault: the thread goes on as if there had been none, when what the answer gives is mapped.
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

    /// <summary>Waits, unless the receive timeout is zero.</summary>
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
