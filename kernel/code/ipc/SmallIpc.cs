using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// ipc, the fast path between small spaces: nobody's page directory stays, and so does what the TLB has of it.
/// </summary>
internal sealed partial class KernelProgram
{
    // Where the fast path has found that my segments are not flat: all but EBX and EDI is saved, EBP is the receiver's
    // row, CX is GS. Every guard leaves to the slow path before anything shared is written.
    private void SmallIpc(ref Label call, ref Label reply, Label unsaved, Label leave)
    {
        Mark(ref call);
        var closed = c.CreateLabel("ipc_small_closed");
        var named = c.CreateLabel();
        FindSmallReceiver(StoredStatus.ReceivingAny, unsaved, leave, closed, () => c.Label(ref named));

        // POINT OF NO RETURN: I wait for the partner, and it for nobody, as it did if it waited for anyone.
        c.mov(AtStack(_layout.Partner), ebp);
        c.mov(At(ebp, _layout.Partner), esi);
        SwitchToSmallReceiver(() => c.mov(esi, StoredStatus.ReceivingFrom));

        Mark(ref closed);
        IfClosedOnMe(leave);
        c.jmp(named);

        Mark(ref reply);
        FindSmallReceiver(StoredStatus.ReceivingFrom, unsaved, leave, leave, () =>
        {
            IfPartnerIsMe(leave);
            c.mov(eax, AtStack(_layout.Senders));
            c.mov(esi, AtStack(Layout.Handles));
            c.or(eax, esi);
            c.jne(leave);
        });

        // POINT OF NO RETURN: I wait for anyone.
        c.mov(AtStack(_layout.Partner), esi);
        c.mov(At(ebp, _layout.Partner), esi);
        SwitchToSmallReceiver(() => c.mov(esi, StoredStatus.ReceivingAny));
    }

    /// <summary>
    /// EAX the small space's segment of the thread at EBP, which ESI names and which waits as it is said; ESI is nobody
    /// then. Elsewhere if it is no such thread, has no small space or is not in it, or if I am not in one: FS and GS
    /// are null there, as they stay.
    /// </summary>
    private void FindSmallReceiver(uint status, Label unsaved, Label leave, Label otherwise, Action check)
    {
        c.mov(eax, fs);
        c.or(eax, ecx);
        c.mov(ecx, Layout.KernelData);
        c.shl(eax, 16);
        c.jne(unsaved);
        c.mov(ds, ecx);
        c.mov(ecx, High(_layout.DataSegment));
        c.mov(eax, At(ebp, Layout.Status));
        c.and(ecx, UserSegments.LimitMask);
        c.jne(unsaved);
        c.mov(ecx, The(_layout.Top));
        c.mov(AtStack(Layout.Ebx), ebx);
        c.add(eax, ecx);
        c.mov(AtStack(Layout.Edi), edi);
        c.sub(eax, status);
        IfNamed(leave, otherwise, () => c.mov(ecx, ebp));
        check();
        c.shr(ecx, (byte)(Layout.BlockShift - 2));
        c.mov(eax, At(ebp, Layout.Eip));
        c.and(ecx, (_layout.Limits.Tasks - 1) << 2);
        c.mov(esi, Nobody);
        c.cmp(eax, UserSegments.SmallSize);
        c.jae(leave);
        c.mov(eax, __dword_ptr[ecx + Maps.SmallSegments.Base]);
        c.mov(ecx, Layout.UserData);
        c.test(eax, eax);
        c.je(leave);
    }

    /// <summary>
    /// The receiver, at EBP, has the processor, in its small space: EAX its segment, ECX what selects it. I wait as ESI
    /// says.
    /// </summary>
    private void SwitchToSmallReceiver(Action status)
    {
        status();
        c.mov(High(_layout.DataSegment), eax);
        c.or(eax, UserSegments.Code);
        c.mov(AtStack(Layout.Status), esi);
        c.mov(High(_layout.CodeSegment), eax);
        c.lea(esi, __[ebp + Layout.ThreadSize]);
        c.xor(eax, eax);
        c.mov(The(_layout.TssStack), esi);
        c.mov(At(ebp, Layout.Status), eax);
        c.mov(At(ebp, Layout.Ss), ecx);
        c.mov(ds, ecx);
        c.mov(es, ecx);
        RunReceiver();
    }
}
