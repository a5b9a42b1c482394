using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;
using Code = Verified.Spec.Code;

namespace Verified.Kernel;

/// <summary>
/// ipc, the slow path: the receive phase of the current thread, and what comes after. ESI is the address of the partner that
/// the send phase woke (in no ready set yet), or 0; the sign of EDI tells whether a woken thread has a higher priority than mine.
/// </summary>
internal sealed partial class KernelProgram
{
    private Label _receive, _resume, _accept, _leave, _handOff;

    private void IpcReceive()
    {
        var registers = c.CreateLabel();
        var take = c.CreateLabel();
        var sleep = c.CreateLabel("ipc_sleep");
        var from = c.CreateLabel("ipc_receive_from");
        var waitFrom = c.CreateLabel("ipc_wait_from");
        var wait = c.CreateLabel("ipc_wait");
        var block = c.CreateLabel("ipc_block_receiving");
        var untimed = c.CreateLabel();
        var done = c.CreateLabel("ipc_done");
        var cut = c.CreateLabel("ipc_receive_cut");
        var noPartner = c.CreateLabel("ipc_receive_no_partner");
        var timeout = c.CreateLabel("ipc_receive_timeout");
        _resume = c.CreateLabel("resume");
        _accept = c.CreateLabel("ipc_accept");
        _leave = c.CreateLabel("ipc_leave");
        _handOff = c.CreateLabel("ipc_hand_off");
        _switchTo = c.CreateLabel("switch_to");

        c.jmp(_receive);

        // CUT POINT: the current thread completes the open receive for which a sender was waiting.
        Mark(ref _resume);
        c.mov(esp, The(_layout.TssStack));
        c.sub(esp, Layout.ThreadSize - Frame);
        c.mov(Me(Layout.Status), ThreadStatus.Ready);
        c.xor(esi, esi);
        c.xor(edi, edi);

        Mark(ref _receive);
        c.mov(eax, Me(Layout.Ebp));
        c.cmp(eax, -1);
        c.je(done);
        c.cmp(eax, 4);
        c.jb(registers);
        c.test(eax, 2);
        c.je(cut);
        c.Label(ref registers);
        c.test(eax, 1);
        c.je(from);

        // Open: of the waiting senders the next after the one taken last.
        c.cmp(Me(_layout.Senders), 0);
        c.jne(take);
        c.mov(eax, ThreadStatus.ReceivingAny);
        c.mov(edx, Nobody);
        c.jmp(wait);
        c.Label(ref take);
        NextSender();
        c.mov(Me(_layout.Served), eax);
        c.shl(eax, (byte)Layout.ThreadShift);
        c.lea(ebp, __[eax + _layout.Threads.Base]);
        c.jmp(_accept);

        // Closed: from nil nothing ever comes.
        Mark(ref from);
        c.mov(ecx, Me(Layout.Esi));
        c.test(ecx, ecx);
        c.je(sleep);
        RowAddress(ebp, ecx, eax);
        c.cmp(At(ebp, Layout.Id), ecx);
        c.jne(noPartner);
        c.mov(eax, At(ebp, Layout.Status));
        c.and(eax, Layout.TimedStatus - 1);
        c.je(noPartner);
        c.cmp(eax, ThreadStatus.Sending);
        c.jne(waitFrom);
        LoadMe(eax);
        c.cmp(At(ebp, _layout.Partner), eax);
        c.je(_accept);

        Mark(ref waitFrom);
        c.mov(eax, ThreadStatus.ReceivingFrom);
        c.mov(edx, ebp);
        c.jmp(wait);
        Mark(ref sleep);
        c.mov(eax, ThreadStatus.Sleeping);
        c.mov(edx, Nobody);

        // EAX the status and EDX the partner to wait with.
        Mark(ref wait);
        c.mov(ecx, Me(Layout.Ecx));
        c.test(ecx, 0x0F);
        c.je(block);
        c.test(ecx, 0xFF000000);
        c.je(timeout);
        Mark(ref block);
        c.mov(Me(Layout.Status), eax);
        c.mov(Me(_layout.Partner), edx);
        c.mov(eax, ecx);
        c.and(ecx, 0xF);
        c.je(untimed);
        c.shr(eax, 24);
        LoadMe(ebp);
        StartTimer();
        c.Label(ref untimed);
        c.test(esi, esi);
        c.jne(_handOff);
        c.jmp(_pick);

        Leave(ref done, Code.Done);
        Leave(ref cut, Code.ReceiveCut);
        Leave(ref noPartner, Code.NoPartner);
        Leave(ref timeout, Code.ReceiveTimeout);
    }

    /// <summary>Ends my receive phase with a code.</summary>
    private void Leave(ref Label label, uint code)
    {
        Mark(ref label);
        c.mov(Me(Layout.Eax), code);
        c.jmp(_leave);
    }

    /// <summary>After my ipc.</summary>
    private void IpcLeave()
    {
        var settled = c.CreateLabel();
        var alone = c.CreateLabel();

        // I am ready, and go on unless a woken thread has a higher priority.
        Mark(ref _leave);
        c.test(esi, esi);
        c.je(settled);
        c.mov(ebp, esi);
        AddReady();
        c.Label(ref settled);
        c.test(edi, edi);
        c.js(_pick);

        Mark(ref _return);
        c.popad();
        c.iretd();

        // I wait, the partner at ESI is ready: it runs, unless another has a higher priority.
        Mark(ref _handOff);
        var search = GreatestPriority(none: alone);
        c.cmp(eax, At(esi, Layout.Priority));
        c.jbe(_switchTo);
        c.mov(ebp, esi);
        AddReady();
        c.jmp(_pick);
        c.Label(ref alone);
        NoneFound(search);
        c.mov(The(_layout.Top), 0);
        c.jmp(_switchTo);
    }
}
