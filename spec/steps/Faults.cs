using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Page faults and other exceptions are ipc with the pager. The end of a time slice is ipc with the preempter
/// (interface, sections 14 and 15). The kernel sends the message in the thread's name and then waits for the answer,
/// without timeouts. The message and the answer do not change the thread's registers, and the thread continues where it
/// stopped.
/// </summary>
public sealed partial class Kernel<W>
{
    /// <summary>The processor's fault address and error code say which address was accessed, and how.</summary>
    private void PageFault(W address, W code) => Fault(FaultMessage.OfPage(address, code), restarts: true);

    private void Exception(W vector, W code) =>
        Fault(FaultMessage.Of(vector, code), restarts: !FaultMessage.IsTrap(vector));

    /// <summary>
    /// The processor reports a forbidden port access with the same exception as other protection violations. The kernel
    /// tells them apart by the first bytes of the instruction.
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

    /// <summary>
    /// Makes the space of the current thread's task large. The thread then repeats its instruction; no other thread is
    /// told.
    /// </summary>
    private void Outgrow()
    {
        s.Eflags[s.Current] |= Flags.Resume;
        m.Small[s.Task(s.Current)] = 0;
    }

    /// <summary>
    /// INT 80h of a thread with a trap address. The thread continues at that address, and the address behind the
    /// instruction takes its place. The instruction itself raised a fault, so EIP is in front of it, and RF is set.
    /// </summary>
    private void Trap()
    {
        const uint length = 2;
        var me = s.Current;
        (s.Eip[me], s.TrapAddress[me]) = (UserSpace.Clip(s.TrapAddress[me]), s.Eip[me] + length);
        s.Eflags[me] |= Flags.Resume;
    }

    /// <summary>
    /// Reports an exception to the pager. A thread whose pager does not exist, or is the thread itself, stops for ever.
    /// </summary>
    private void Fault(W word, Truth restarts)
    {
        var me = s.Current;

        // RF keeps instruction breakpoints from stopping the repeated instruction again (SDM 3B, 17.3.1.1).
        s.Eflags[me] |= W.Select(restarts, Flags.Resume, 0);
        Report(s.Pager[me], word, ThreadStatus.Stopped);
    }

    /// <summary>
    /// Reports the end of a time slice. The preempter learns ESP and EIP, and its answer lets the thread continue. A
    /// thread without a preempter continues by itself.
    /// </summary>
    private void Preempt() => Report(s.Preempter[s.Current], s.Esp[s.Current], ThreadStatus.Ready);

    /// <summary>
    /// Sends a report of the current thread to the thread with the given id. If no such thread exists, or if it is the
    /// current thread itself, the current thread gets the status <paramref name="otherwise"/>.
    /// </summary>
    private void Report(W id, W word, uint otherwise)
    {
        var me = s.Current;
        var partner = s.Row(id);
        s.Fault[me] = word;
        s.Stage = Stages.Pick;
        if (!s.Exists(id) | (partner == me))
            s.Status[me] = otherwise;
        // The partner is waiting for the current thread: it takes the message and becomes the heir of the processor.
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
    /// Starts the receive phase of a reporting thread after <paramref name="partner"/> has taken its message.
    /// </summary>
    private void AwaitAnswer(W thread, W partner) => Block(thread, ThreadStatus.ReceivingFrom, partner);
}
