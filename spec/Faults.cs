using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Page faults and other exceptions as ipc with the pager (L4-X0.md section 4). The kernel sends in the thread's name and then waits for
/// the pager's answer, without timeouts; the thread's registers take no part in either, and it goes on where it was.
/// </summary>
public sealed partial class Kernel<W>
{
    /// <summary>The processor's fault address and error code tell what was accessed, and how.</summary>
    private void PageFault(W address, W code) => Fault(FaultMessage.OfPage(address, code), restarts: true);

    private void Exception(W vector, W code) => Fault(FaultMessage.Of(vector, code), restarts: !FaultMessage.IsTrap(vector));

    /// <summary>A thread whose pager does not exist, or is itself, stops for ever.</summary>
    private void Fault(W word, Truth restarts)
    {
        var me = s.Current;
        var pager = s.Row(s.Pager[me]);
        s.Fault[me] = word;

        // The processor lets no instruction breakpoint stop the instruction again (SDM 3B, 17.3.1.1).
        s.Eflags[me] |= W.Select(restarts, Flags.Resume, 0);

        if (!s.Exists(s.Pager[me]) | (pager == me))
        {
            s.Status[me] = ThreadStatus.Stopped;
            s.Stage = Stages.Pick;
        }

        // The pager waits for me: it takes the message, and is the heir of the processor.
        else if (s.WaitsFor(pager, me))
        {
            s.Faulting[me] = 1;
            Transfer(me, pager);
            Block(pager, ThreadStatus.Ready, State<W>.Nobody);
            AwaitAnswer(me, pager);
            s.Heir = pager;
            s.Stage = Stages.Leave;
        }
        else
        {
            s.Faulting[me] = 1;
            Block(me, ThreadStatus.Sending, pager);
            s.Stage = Stages.Pick;
        }
    }

    /// <summary>The receive phase of a faulting thread, whose message <paramref name="pager"/> has taken.</summary>
    private void AwaitAnswer(W thread, W pager) => Block(thread, ThreadStatus.ReceivingFrom, pager);
}
