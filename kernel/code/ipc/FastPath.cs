using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// ipc, the fast path: three words by call to a thread that waits for anyone or for me, or by reply and wait to one
/// that waits for me.
/// </summary>
/// <remarks>
/// Instructions stand in pairs, as the Pentium's pipes take them: so the registers are saved between the guards, as
/// each is free to go. No segment register is loaded (Liedtke): that they are flat is only looked at.
/// </remarks>
internal sealed partial class KernelProgram
{
    private Label _ipcSlow;

    // in    EAX 0, ECX 0, EBP 0 (call) or 1 (reply and wait), ESI partner, EDX EBX EDI words
    // out   the partner runs: EAX 0, ESI sender, EDX EBX EDI words, ECX EBP as it left them
    //
    // Every guard leaves to the slow path before anything shared is written: the slow path starts over from the saved
    // registers. Neither thread enters or leaves a ready set: the one gives the processor, the other takes it.
    private void Ipc()
    {
        var answers = c.CreateLabel("ipc_reply");
        var closed = c.CreateLabel("ipc_call_closed");
        var call = c.CreateLabel();
        var unsaved = c.CreateLabel("ipc_unsaved");
        var smallCall = c.CreateLabel("ipc_small_call");
        var smallReply = c.CreateLabel("ipc_small_reply");
        var leave = c.CreateLabel("ipc_leave");
        _ipcSlow = c.CreateLabel("ipc_slow");

        // Registers only, both ways, no timeouts.
        Mark("ipc");
        c.mov(AtStack(Layout.Eax), eax);
        c.or(eax, ecx);
        c.mov(AtStack(Layout.Ecx), ecx);
        c.mov(AtStack(Layout.Ebp), ebp);
        c.or(ebp, eax);
        c.jne(answers);
        FindReceiver(StoredStatus.ReceivingAny, smallCall, leave, closed, () => c.mov(ecx, StoredStatus.ReceivingFrom));

        // POINT OF NO RETURN: I wait for the partner.
        c.Label(ref call);
        c.mov(AtStack(Layout.Status), ecx);
        c.xor(eax, eax);
        c.mov(AtStack(_layout.Partner), ebp);
        c.lea(esi, __[ebp + Layout.ThreadSize]);
        SwitchToReceiver();

        Mark(ref answers);
        c.cmp(ebp, 1);
        c.jne(unsaved);
        c.test(eax, eax);
        c.jne(unsaved);
        FindReceiver(StoredStatus.ReceivingFrom, smallReply, leave, leave, () =>
            c.lea(ecx, __[esp - (int)InterruptFrame])
        );
        c.mov(esi, At(ebp, _layout.Partner));
        c.mov(eax, AtStack(_layout.Senders));
        c.cmp(esi, ecx);
        c.jne(leave);

        // Nobody waits to send to me, and I handle no interrupt: so I wait too.
        c.mov(ecx, AtStack(Layout.Handles));
        c.or(eax, ecx);
        c.jne(leave);

        // POINT OF NO RETURN: I wait for anyone.
        c.mov(ecx, StoredStatus.ReceivingAny);
        c.mov(esi, Nobody);
        c.mov(AtStack(Layout.Status), ecx);
        c.mov(AtStack(_layout.Partner), esi);
        c.mov(At(ebp, _layout.Partner), esi);
        c.lea(esi, __[ebp + Layout.ThreadSize]);
        SwitchToReceiver();

        // Two threads that call each other: it waits, but not for anyone.
        Mark(ref closed);
        IfClosedOnMe(leave);

        // POINT OF NO RETURN: it waits for nobody, and goes on as above.
        c.mov(esi, Nobody);
        c.mov(At(ebp, _layout.Partner), esi);
        c.jmp(call);

        SmallIpc(ref smallCall, ref smallReply, unsaved, leave);

        // The slow path finds all registers saved, and its segment.
        Mark(ref unsaved);
        c.mov(AtStack(Layout.Esi), esi);
        c.mov(AtStack(Layout.Edx), edx);
        c.mov(AtStack(Layout.Ebx), ebx);
        c.mov(AtStack(Layout.Edi), edi);
        Mark(ref leave);
        LoadSegment();
        c.sub(esp, InterruptFrame - Frame);
    }

    /// <summary>
    /// EBP the row of the thread that ESI names, which waits as it is said. Elsewhere if there is none, if somebody who
    /// competes has a higher priority, or if my segments are not flat: until that is known, accesses go through SS,
    /// which is.
    /// </summary>
    /// <param name="status">How it waits, as its row holds it.</param>
    /// <param name="notFlat">Where my segments are not flat, and EBX and EDI not saved yet.</param>
    /// <param name="leave">Where all registers are.</param>
    /// <param name="otherwise">
    /// Where it waits otherwise, or somebody has a higher priority: EAX the difference and top, ESI its priority.
    /// </param>
    /// <param name="meanwhile">An instruction that prepares ECX for what follows.</param>
    private void FindReceiver(uint status, Label notFlat, Label leave, Label otherwise, Action meanwhile)
    {
        c.mov(eax, ds);
        c.mov(ecx, es);
        c.mov(ebp, esi);
        c.mov(AtStack(Layout.Esi), esi);
        c.shr(ebp, (byte)(ThreadId.LthreadShift - Layout.ThreadShift));

        // Of the segments that a user can load the flat one has the greatest selector: so the sum of four is its
        // fourfold only if all are it. The Pentium leaves the bits above a selector undefined (SDM vol. 2, MOV): of the
        // sum the low byte counts.
        c.lea(eax, __[eax + ecx - 4 * (int)Layout.FlatData]);
        c.mov(ecx, fs);
        c.add(eax, ecx);
        c.and(ebp, RowMask);
        c.mov(ecx, gs);
        c.add(ebp, _layout.Threads.Base);
        c.mov(AtStack(Layout.Edx), edx);
        c.add(al, cl);
        c.jne(notFlat);

        // The difference of the statuses, and top: without a sign more than any priority, if they differ
        // (StoredStatus); just top, if not.
        c.mov(eax, At(ebp, Layout.Status));
        c.mov(ecx, The(_layout.Top));
        c.mov(AtStack(Layout.Ebx), ebx);
        c.mov(AtStack(Layout.Edi), edi);
        c.lea(eax, __[eax + ecx - (int)status]);
        IfNamed(leave, otherwise, meanwhile);
    }

    /// <summary>
    /// Elsewhere unless the thread at EBP has the id in ESI, and a priority that is not less than EAX, without a sign.
    /// </summary>
    private void IfNamed(Label leave, Label otherwise, Action meanwhile)
    {
        c.mov(ecx, At(ebp, Layout.Id));
        c.cmp(ecx, esi);
        c.jne(leave);
        c.mov(esi, At(ebp, Layout.Priority));
        meanwhile();
        c.cmp(eax, esi);
        c.ja(otherwise);
    }

    /// <summary>
    /// Elsewhere unless the thread at EBP, which is not open to anyone, waits for me, and nobody who competes has a
    /// higher priority than its, ESI.
    /// </summary>
    private void IfClosedOnMe(Label leave)
    {
        c.add(eax, unchecked((int)(StoredStatus.ReceivingAny - StoredStatus.ReceivingFrom)));
        c.cmp(eax, esi);
        c.ja(leave);
        IfPartnerIsMe(leave);
    }

    /// <summary>Elsewhere unless the thread at EBP, which waits for one, waits for me.</summary>
    private void IfPartnerIsMe(Label leave)
    {
        c.mov(esi, At(ebp, _layout.Partner));
        c.lea(eax, __[esp - (int)InterruptFrame]);
        c.cmp(esi, eax);
        c.jne(leave);
    }

    /// <summary>
    /// The receiver has the processor: ESI the end of its row, its stack, EAX 0. The words are in their registers since
    /// the interrupt.
    /// </summary>
    private void SwitchToReceiver()
    {
        var sameSpace = c.CreateLabel();
        c.mov(At(ebp, Layout.Status), eax);
        c.mov(The(_layout.TssStack), esi);
        c.mov(ecx, At(ebp, Layout.Directory));
        c.mov(esi, AtStack(Layout.Directory));
        c.cmp(esi, ecx);
        c.je(sameSpace);
        c.mov(cr3, ecx);
        c.Label(ref sameSpace);
        RunReceiver();
    }

    /// <summary>Its registers, and my id in ESI. What it is to find in EAX is there.</summary>
    private void RunReceiver()
    {
        c.mov(esi, AtStack(Layout.Id));
        c.lea(esp, __[ebp + InterruptFrame]);
        c.mov(ecx, At(ebp, Layout.Ecx));
        c.mov(ebp, At(ebp, Layout.Ebp));
        c.iretd();
    }
}
