using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// ipc, fast path of a caller whose segments are not flat: it runs in a small space. If the receiver does so too, the
/// loaded page directory stays, and the TLB keeps its entries.
/// </summary>
internal sealed partial class KernelProgram
{
    /// <summary>The fast paths of ipc from and to small spaces.</summary>
    private void IpcOfSmallSpaces()
    {
        IntoSmallSpace();
        SmallIpc(ref _ipcSmallCall, ref _ipcSmallReply, _ipcUnsaved, _ipcLeave);
    }

    // Entered when the fast path has found that the caller's segments are not flat. All registers but EBX and EDI are
    // saved, EBP is the receiver's row, and CX is GS. Every guard jumps to the slow path before the code writes
    // anything shared.
    private void SmallIpc(ref Label call, ref Label reply, Label unsaved, Label leave)
    {
        var (toLarge, replyToLarge) = (c.CreateLabel("ipc_large_call"), c.CreateLabel("ipc_large_reply"));
        DefineLabel(ref call);
        var closed = c.CreateLabel("ipc_small_closed");
        var named = c.CreateLabel();
        FindSmallReceiver(StoredStatus.ReceivingAny, toLarge, unsaved, leave, closed, () => c.Label(ref named));

        // POINT OF NO RETURN: the caller waits for the partner. The partner's wait ends; if it was open, it had no
        // partner anyway.
        c.mov(OnEntryStack(_layout.Partner), ebp);
        c.mov(Row(ebp, _layout.Partner), esi);
        SwitchToSmallReceiver(() => c.mov(esi, StoredStatus.ReceivingFrom));

        DefineLabel(ref closed);
        IfClosedOnMe(leave);
        c.jmp(named);

        DefineLabel(ref reply);
        FindSmallReceiver(StoredStatus.ReceivingFrom, replyToLarge, unsaved, leave, leave, () => IfReplies(leave));

        // POINT OF NO RETURN: the caller waits for anyone.
        c.mov(OnEntryStack(_layout.Partner), esi);
        c.mov(Row(ebp, _layout.Partner), esi);
        SwitchToSmallReceiver(() => c.mov(esi, StoredStatus.ReceivingAny));

        OutOfSmallSpace(ref toLarge, ref replyToLarge, leave);
    }

    /// <summary>
    /// Jumps to <paramref name="leave"/> unless the waiting thread at EBP waits for the current thread, and no thread
    /// and no interrupt waits for the current thread. Uses EAX and ESI.
    /// </summary>
    private void IfReplies(Label leave)
    {
        IfPartnerIsMe(leave);
        c.mov(eax, OnEntryStack(_layout.Senders));
        c.mov(esi, OnEntryStack(Layout.Handles));
        c.or(eax, esi);
        c.jne(leave);
    }

    /// <summary>
    /// Finds the receiver: EAX = the segment of the small space of the thread at EBP, ESI = nobody. Jumps to a label
    /// unless all of these hold:
    /// <list type="bullet">
    /// <item>The receiver runs in its small space, and its EIP is there.</item>
    /// <item>The caller runs in a small space. FS and GS are then null and stay so.</item>
    /// <item>ESI names the receiver, and it waits with the given status.</item>
    /// <item>No competing thread has a higher priority.</item>
    /// </list>
    /// </summary>
    private void FindSmallReceiver(uint status, Label large, Label unsaved, Label leave, Label otherwise, Action check)
    {
        c.mov(eax, Row(ebp, Layout.Directory));
        c.mov(OnEntryStack(Layout.Ebx), ebx);
        c.test(eax, eax);
        c.jns(large);
        c.mov(eax, fs);
        c.or(eax, ecx);
        c.mov(ecx, Layout.KernelData);
        c.shl(eax, 16);
        c.jne(unsaved);
        c.mov(ds, ecx);
        c.mov(ecx, High(_layout.DataSegment));
        c.mov(eax, Row(ebp, Layout.Status));
        c.and(ecx, UserSegments.LimitMask);
        c.jne(unsaved);
        c.mov(ecx, Variable(_layout.Top));
        c.mov(OnEntryStack(Layout.Edi), edi);
        c.add(eax, ecx);
        c.mov(ecx, Row(ebp, Layout.Eip));
        c.sub(eax, status);
        c.cmp(ecx, UserSegments.SmallSize);
        c.jae(leave);
        IfNamed(leave, otherwise, () => c.mov(ecx, Layout.UserData));
        check();
        c.mov(eax, Row(ebp, Layout.Segment));
        c.mov(esi, Nobody);
    }

    /// <summary>
    /// Gives the processor to the receiver, at EBP, in its small space. EAX is that space's segment, ECX its selector.
    /// The caller waits with the status in ESI.
    /// </summary>
    private void SwitchToSmallReceiver(Action status)
    {
        status();
        c.mov(High(_layout.DataSegment), eax);
        c.or(eax, UserSegments.Code);
        c.mov(OnEntryStack(Layout.Status), esi);
        c.mov(High(_layout.CodeSegment), eax);
        c.lea(esi, __[ebp + Layout.ThreadSize]);
        c.xor(eax, eax);
        c.mov(Variable(_layout.TssStack), esi);
        c.mov(Row(ebp, Layout.Status), eax);
        c.mov(Row(ebp, Layout.Ss), ecx);
        c.mov(ds, ecx);
        c.mov(es, ecx);
        RunReceiver();
    }
}
