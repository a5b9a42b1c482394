using System.Numerics;
using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// ipc, the fast path: three words by call to a thread that waits for anyone, or by reply and wait to one that waits for me.
/// </summary>
/// <remarks>
/// Instructions stand in pairs, as the Pentium's pipes take them: so the registers are saved between the guards, as each is free to go. No
/// segment register is loaded (Liedtke): that they are flat is only looked at.
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
        var unsaved = c.CreateLabel("ipc_unsaved");
        var leave = c.CreateLabel("ipc_leave");
        _ipcSlow = c.CreateLabel("ipc_slow");

        // Registers only, both ways, no timeouts.
        Mark("ipc");
        c.mov(AtStack(Layout.Eax), eax);
        c.mov(AtStack(Layout.Ecx), ecx);
        c.or(eax, ecx);
        c.mov(AtStack(Layout.Ebp), ebp);
        c.or(eax, ebp);
        c.jne(answers);
        FindReceiver(ThreadStatus.ReceivingAny, leave);

        // POINT OF NO RETURN: I wait for the partner.
        c.mov(ecx, ThreadStatus.ReceivingFrom);
        c.lea(esi, __[ebp + Layout.ThreadSize]);
        c.mov(AtStack(Layout.Status), ecx);
        c.mov(AtStack(_layout.Partner), ebp);
        SwitchToReceiver();

        Mark(ref answers);
        c.cmp(ebp, 1);
        c.jne(unsaved);
        c.or(ecx, AtStack(Layout.Eax));
        c.jne(unsaved);
        FindReceiver(ThreadStatus.ReceivingFrom, leave);
        c.lea(ecx, __[esp - (int)InterruptFrame]);
        c.mov(esi, At(ebp, _layout.Partner));
        c.cmp(esi, ecx);
        c.jne(leave);

        // Nobody waits to send to me, and I handle no interrupt: so I wait too.
        c.mov(ecx, AtStack(_layout.Senders));
        c.mov(esi, AtStack(Layout.Handles));
        c.or(ecx, esi);
        c.jne(leave);

        // POINT OF NO RETURN: I wait for anyone.
        c.mov(ecx, ThreadStatus.ReceivingAny);
        c.mov(esi, Nobody);
        c.mov(AtStack(Layout.Status), ecx);
        c.mov(AtStack(_layout.Partner), esi);
        c.mov(At(ebp, _layout.Partner), esi);
        c.lea(esi, __[ebp + Layout.ThreadSize]);
        SwitchToReceiver();

        // The slow path finds all registers saved, and flat segments.
        Mark(ref unsaved);
        c.mov(AtStack(Layout.Edx), edx);
        c.mov(AtStack(Layout.Ebx), ebx);
        c.mov(AtStack(Layout.Esi), esi);
        c.mov(AtStack(Layout.Edi), edi);
        Mark(ref leave);
        LoadSegments();
        c.sub(esp, InterruptFrame - Frame);
    }

    /// <summary>
    /// EBP the row of the thread that ESI names, which waits as it is said, and EAX what its status will be. Elsewhere if there is none, if
    /// somebody who competes has a higher priority, or if my segments are not flat: until that is known, accesses go through SS, which is.
    /// </summary>
    private void FindReceiver(uint status, Label leave)
    {
        var lthreadBits = BitOperations.Log2(_layout.Limits.Lthreads);
        c.mov(ecx, esi);
        c.mov(ebp, esi);
        c.shr(ebp, (byte)(16 - lthreadBits - (int)Layout.ThreadShift));
        c.mov(AtStack(Layout.Esi), esi);
        c.shr(ecx, (byte)(ThreadId.LthreadShift - Layout.ThreadShift));
        c.and(ebp, (_layout.Limits.Tasks - 1) << (lthreadBits + (int)Layout.ThreadShift));
        c.and(ecx, (_layout.Limits.Lthreads - 1) << (int)Layout.ThreadShift);
        c.mov(AtStack(Layout.Edx), edx);
        c.mov(eax, ds);
        c.lea(ebp, __[ebp + ecx + _layout.Threads.Base]);
        c.and(eax, 0xFFFF);
        c.mov(ecx, es);
        c.and(eax, ecx);
        c.mov(AtStack(Layout.Ebx), ebx);
        c.mov(ecx, fs);
        c.and(eax, ecx);
        c.mov(AtStack(Layout.Edi), edi);
        c.mov(ecx, gs);
        c.and(eax, ecx);
        c.mov(ecx, At(ebp, Layout.Status));

        // No other segment that a user can load has all of these bits. The Pentium leaves those above undefined (SDM vol. 2, MOV).
        c.cmp(eax, Layout.UserData);
        c.jne(leave);
        c.cmp(ecx, status);
        c.jne(leave);

        // The id is of this version.
        c.mov(eax, At(ebp, Layout.Id));
        c.mov(ecx, The(_layout.Top));
        c.cmp(eax, esi);
        c.jne(leave);
        c.mov(esi, At(ebp, Layout.Priority));
        c.mov(eax, ThreadStatus.Ready);
        c.cmp(esi, ecx);
        c.jb(leave);
    }

    /// <summary>The receiver has the processor: ESI the end of its row, its stack. The words are in their registers since the interrupt.</summary>
    private void SwitchToReceiver()
    {
        var sameSpace = c.CreateLabel();
        c.mov(At(ebp, Layout.Status), eax);
        c.mov(The(_layout.TssStack), esi);
        c.mov(ecx, At(ebp, Layout.Directory));
        c.mov(eax, AtStack(Layout.Directory));
        c.cmp(eax, ecx);
        c.je(sameSpace);
        c.mov(cr3, ecx);
        c.Label(ref sameSpace);
        c.mov(esi, AtStack(Layout.Id));
        c.mov(ecx, At(ebp, Layout.Ecx));
        c.lea(esp, __[ebp + InterruptFrame]);
        c.mov(ebp, At(ebp, Layout.Ebp));
        c.xor(eax, eax);
        c.iretd();
    }
}
