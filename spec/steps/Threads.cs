using Verified.Spec.Tables;

namespace Verified.Spec;

/// <summary>lthread_ex_regs, on the threads of the caller's task (interface, section 8).</summary>
public sealed partial class Kernel<W>
{
    /// <summary>
    /// In: EAX lthread, ECX ESP, EDX EIP, EBX preempter, ESI pager; FFFFFFFFh keeps a value. Returns the old values,
    /// and the old EFLAGS in EAX. If the lthread does not exist and is not started, all results are FFFFFFFFh, and
    /// nothing else changes.
    /// </summary>
    private void LthreadExRegs()
    {
        var me = s.Current;
        var lthread = s.Eax[me];
        var thread = (me & ~(s.Limits.Lthreads - 1)) | (lthread & (s.Limits.Lthreads - 1));
        if (lthread >= s.Limits.Lthreads)
            ReturnInvalid(me);
        // The caller's task is being deleted, so no thread in it may start.
        else if (m.Doomed[s.Task(me)] == 1)
            Retry(me, m.Owner);
        // The thread's map item is being mapped. The caller first finishes that on its own time, and then repeats the
        // call. INT 35h has two bytes.
        else if (s.Status[thread] == ThreadStatus.Mapping)
            Retry(me, thread);
        else if (s.Status[thread] == ThreadStatus.Giving)
            Retry(me, s.Partner[thread]);
        // An inactive thread starts with the first EIP and ESP that it is given.
        else if (s.Status[thread] != ThreadStatus.Inactive)
            Exchange(me, thread);
        else if ((s.Ecx[me] == ThreadId.Invalid) | (s.Edx[me] == ThreadId.Invalid))
            ReturnInvalid(me);
        else
        {
            Start(me, thread, ThreadId.WithLthread(s.Id[me], thread & (s.Limits.Lthreads - 1)));
            Exchange(me, thread);
        }
    }

    private void Retry(W me, W mapper)
    {
        s.Eip[me] = UserSpace.Clip(s.Eip[me] - 2);
        SwitchTo(mapper);
    }

    private void ReturnInvalid(W me) => s.Eax[me] = s.Ecx[me] = s.Edx[me] = s.Ebx[me] = s.Esi[me] = ThreadId.Invalid;

    private void Exchange(W me, W thread)
    {
        if (thread != me)
            Cancel(thread);
        s.Eax[me] = s.Eflags[thread];

        // Code that is started at an EIP must not depend on TF, DF or AC of the earlier code (8.9).
        s.Eflags[thread] = W.Select(s.Edx[me] == ThreadId.Invalid, s.Eflags[thread], Flags.User);
        Exchange(s.Ecx, me, s.Esp, thread);
        Exchange(s.Edx, me, s.Eip, thread);
        s.Eip[thread] = UserSpace.Clip(s.Eip[thread]);
        Exchange(s.Ebx, me, s.Preempter, thread);
        Exchange(s.Esi, me, s.Pager, thread);
        s.Stage = Stages.Leave;
    }

    private static void Exchange(Column<W> argument, W me, Column<W> column, W thread)
    {
        var (old, given) = (column[thread], argument[me]);
        column[thread] = W.Select(given == ThreadId.Invalid, old, given);
        argument[me] = old;
    }

    /// <summary>Starts a new thread with the caller's priority and time slice.</summary>
    private void Start(W me, W thread, W id)
    {
        s.Id[thread] = id;
        s.Status[thread] = ThreadStatus.Ready;
        s.Priority[thread] = s.Priority[me];
        s.Mcp[thread] = s.Mcp[me];
        s.Quantum[thread] = s.Slice[thread] = s.Quantum[me];
        s.Eflags[thread] = Flags.User;
    }

    /// <summary>
    /// Ends the wait of <paramref name="thread"/> with the code of a cancelled ipc. If the kernel sent the message for
    /// an exception, there is no code, and the thread raises the exception again if its cause remains. A thread that
    /// stopped because it had no pager does the same.
    /// </summary>
    private void Cancel(W thread)
    {
        var status = s.Status[thread];
        var mine = (status != ThreadStatus.Ready) & (status != ThreadStatus.Stopped) & (s.Faulting[thread] == 0);
        var code = W.Select(status == ThreadStatus.Sending, Code.SendCancelled, Code.ReceiveCancelled);
        s.Eax[thread] = W.Select(mine, code, s.Eax[thread]);
        s.Faulting[thread] = 0;
        Block(thread, ThreadStatus.Ready, State<W>.Nobody);
    }
}
