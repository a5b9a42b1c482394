using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Page faults and other exceptions as ipc with the pager, the end of a time slice as ipc with the preempter
/// (interface, sections 14 and 15). The kernel sends in the thread's name and then waits for the answer, without
/// timeouts; the thread's registers take no part in either, and it goes on where it was.
/// </summary>
public sealed partial class Kernel<W>
{
    /// <summary>The processor's fault address and error code tell what was accessed, and how.</summary>
    private void PageFault(W address, W code) => Fault(FaultMessage.OfPage(address, code), restarts: true);

    private void Exception(W vector, W code) =>
        Fault(FaultMessage.Of(vector, code), restarts: !FaultMessage.IsTrap(vector));

    /// <summary>
    /// The processor does not tell a use of ports without the right from anything else that it forbids: the first bytes
    /// of the instruction do.
    /// </summary>
    private void Protection(W instruction, W code)
    {
        var access = PortAccess<W>.Of(instruction, s.Edx[s.Current]);
        if (
            access.IsPorts & (access.Last >> 4 < s.Limits.Paging.Ports)
            && (!MayUse(access.First) | !MayUse(access.Last))
        )
            Fault(FaultMessage.OfPorts(access.First, access.Last), restarts: true);
        else
            Exception(FaultMessage.Protection, code);
    }

    private Truth MayUse(W port) =>
        s.NodeOf(s.Task(s.Current), s.Limits.Paging.Home((port >> 4) + s.Limits.Paging.Frames)) != 0;

    /// <summary>The task's space is large from now on, where the thread tries again: nobody is told.</summary>
    private void Outgrow()
    {
        s.Eflags[s.Current] |= Flags.Resume;
        m.Small[s.Task(s.Current)] = 0;
    }

    /// <summary>A thread whose pager does not exist, or is itself, stops for ever.</summary>
    private void Fault(W word, Truth restarts)
    {
        var me = s.Current;

        // The processor lets no instruction breakpoint stop the instruction again (SDM 3B, 17.3.1.1).
        s.Eflags[me] |= W.Select(restarts, Flags.Resume, 0);
        Report(s.Pager[me], word, ThreadStatus.Stopped);
    }

    /// <summary>
    /// The end of a time slice: the preempter learns ESP and EIP, and may let the thread go on. Without one it goes on
    /// by itself.
    /// </summary>
    private void Preempt() => Report(s.Preempter[s.Current], s.Esp[s.Current], ThreadStatus.Ready);

    /// <summary>
    /// Reports to the thread that an id names; what becomes of me where there is none, or it is myself, is
    /// <paramref name="otherwise"/>.
    /// </summary>
    private void Report(W id, W word, uint otherwise)
    {
        var me = s.Current;
        var partner = s.Row(id);
        s.Fault[me] = word;
        s.Stage = Stages.Pick;
        if (!s.Exists(id) | (partner == me))
            s.Status[me] = otherwise;
        // The partner waits for me: it takes the message, and is the heir of the processor.
        else if (s.WaitsFor(partner, me))
        {
            s.Faulting[me] = 1;
            Transfer(me, partner);
            Block(partner, ThreadStatus.Ready, State<W>.Nobody);
            AwaitAnswer(me, partner);
            s.Heir = partner;
            s.Stage = Stages.Leave;
        }
        else
        {
            s.Faulting[me] = 1;
            Block(me, ThreadStatus.Sending, partner);
        }
    }

    /// <summary>
    /// The receive phase of a thread that reports, whose message <paramref name="partner"/> has taken.
    /// </summary>
    private void AwaitAnswer(W thread, W partner) => Block(thread, ThreadStatus.ReceivingFrom, partner);
}
