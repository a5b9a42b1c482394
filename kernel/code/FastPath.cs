using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>ipc, the fast path: call, and reply and wait, of three words to a thread that waits for them.</summary>
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
        var waits = c.CreateLabel();
        var sameSpace = c.CreateLabel();
        _ipcSlow = c.CreateLabel("ipc_slow");

        Mark("ipc");
        c.pushad();
        c.or(ecx, eax);
        c.mov(eax, Layout.UserData);
        c.mov(ds, eax);
        c.mov(es, eax);
        c.mov(fs, eax);
        c.mov(gs, eax);

        // Registers only, both ways, no timeouts.
        c.mov(eax, ebp);
        c.and(eax, -2);
        c.or(eax, ecx);
        c.jne(_ipcSlow);

        // The id names a thread of this version, at EAX.
        RowOffset(eax, esi, ecx);
        c.cmp(AtOffset(eax, Layout.Id), esi);
        c.jne(_ipcSlow);

        // It waits for anyone, or for me: so it is in use, and not myself.
        c.mov(esi, AtOffset(eax, Layout.Status));
        LoadMe(ecx);
        c.cmp(esi, ThreadStatus.ReceivingAny);
        c.je(waits);
        c.cmp(esi, ThreadStatus.ReceivingFrom);
        c.jne(_ipcSlow);
        c.cmp(AtOffset(eax, _layout.Partner), ecx);
        c.jne(_ipcSlow);
        c.Label(ref waits);

        // Nobody who competes has a higher priority.
        c.mov(esi, AtOffset(eax, Layout.Priority));
        c.cmp(esi, The(_layout.Top));
        c.jb(_ipcSlow);

        // Nobody waits to send to me, and I handle no interrupt, so an open receive waits too.
        c.mov(esi, Me(_layout.Senders));
        c.or(esi, Me(Layout.Handles));
        c.jne(_ipcSlow);

        // POINT OF NO RETURN

        // I wait: a call for the partner, a reply and wait for anyone.
        c.lea(esi, __[ebp + ThreadStatus.ReceivingFrom]);
        c.mov(Me(Layout.Status), esi);
        c.dec(ebp);
        c.and(ebp, eax);
        c.add(ebp, Nobody);
        c.mov(Me(_layout.Partner), ebp);

        c.mov(AtOffset(eax, Layout.Status), ThreadStatus.Ready);
        c.mov(AtOffset(eax, _layout.Partner), Nobody);
        c.lea(ebp, __[eax + (_layout.Threads.Base + Layout.ThreadSize)]);
        c.mov(The(_layout.TssStack), ebp);

        c.mov(ecx, AtOffset(eax, Layout.Directory));
        c.cmp(ecx, Me(Layout.Directory));
        c.je(sameSpace);
        c.mov(cr3, ecx);
        c.Label(ref sameSpace);

        // The words are in their registers since the interrupt.
        c.mov(esi, Me(Layout.Id));
        c.mov(ecx, AtOffset(eax, Layout.Ecx));
        c.mov(ebp, AtOffset(eax, Layout.Ebp));
        c.lea(esp, __[eax + (_layout.Threads.Base + InterruptFrame)]);
        c.xor(eax, eax);
        c.iretd();
    }
}
