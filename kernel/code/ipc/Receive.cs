using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;
using Code = Verified.Spec.Code;

namespace Verified.Kernel;

/// <summary>ipc, slow path: the receive phase of the current thread, and the end of the ipc.</summary>
internal sealed partial class KernelProgram
{
    private Label _receive,
        _accept,
        _leave,
        _goOn;

    private void IpcReceive()
    {
        var registers = c.CreateLabel();
        var senders = c.CreateLabel("receive_senders");
        var take = c.CreateLabel();
        var own = c.CreateLabel("receive_interrupt");
        var fromInterrupt = c.CreateLabel("receive_from_interrupt");
        var noLine = c.CreateLabel("receive_sleep_wait");
        var sleep = c.CreateLabel("receive_sleep");
        var from = c.CreateLabel("receive_from");
        var waitFrom = c.CreateLabel("receive_wait_from");
        var wait = c.CreateLabel("receive_wait");
        var block = c.CreateLabel("receive_block");
        var untimed = c.CreateLabel();
        var done = c.CreateLabel("receive_done");
        var cut = c.CreateLabel("receive_cut");
        var noPartner = c.CreateLabel("receive_no_partner");
        var timeout = c.CreateLabel("receive_timeout");
        var finish = c.CreateLabel("receive_finish");
        var found = c.CreateLabel("receive_found");
        _accept = c.CreateLabel("accept");
        _goOn = c.CreateLabel("go_on");
        _switchTo = c.CreateLabel("switch_to");
        _map = c.CreateLabel("map");

        // CUT POINT: the current thread, saved, begins its receive phase.
        DefineLabel(ref _receive);
        LoadCurrent();
        c.mov(eax, Current(Layout.Ebp));
        c.cmp(eax, -1);
        c.je(done);
        c.cmp(eax, 4);
        c.jb(registers);
        c.test(eax, 2);
        c.je(cut);
        c.Label(ref registers);
        c.test(eax, 1);
        c.je(from);

        // Open: the thread's own interrupt comes first, then the next waiting sender after the one taken last.
        c.mov(edi, Current(Layout.Handles));
        c.test(edi, edi);
        c.jne(own);
        DefineLabel(ref senders);
        c.cmp(Current(_layout.Senders), 0);
        c.jne(take);
        c.mov(eax, StoredStatus.ReceivingAny);
        c.mov(edx, Nobody);
        c.jmp(wait);
        c.Label(ref take);
        NextSender();
        c.mov(Current(_layout.Served), eax);
        RowOfNumber(ebp, eax);
        c.jmp(found);

        // Closed: may be from an interrupt. From nil no message ever arrives.
        DefineLabel(ref from);
        c.mov(ecx, Current(Layout.Esi));
        c.test(ecx, ecx);
        c.je(sleep);
        c.cmp(ecx, Interrupts.Lines);
        c.jbe(fromInterrupt);
        RowAddress(ebp, ecx);
        c.cmp(Row(ebp, Layout.Id), ecx);
        c.jne(noPartner);
        c.mov(eax, Row(ebp, Layout.Status));
        c.and(eax, StoredStatus.Mask);
        c.cmp(eax, StoredStatus.Inactive);
        c.je(noPartner);
        c.cmp(eax, StoredStatus.Sending);
        c.jne(waitFrom);
        LoadCurrentRow(eax);
        c.cmp(Row(ebp, _layout.Partner), eax);
        c.je(found);

        DefineLabel(ref waitFrom);
        c.mov(eax, StoredStatus.ReceivingFrom);
        c.mov(edx, ebp);
        c.jmp(wait);
        DefineLabel(ref sleep);
        c.mov(eax, Current(Layout.Ecx));
        c.test(eax, 0x0F);
        c.je(noLine);
        c.test(eax, 0xFF000000);
        c.jne(noLine);
        Dissociate(Current(Layout.Handles), noLine);
        DefineLabel(ref noLine);
        c.mov(eax, StoredStatus.Sleeping);
        c.mov(edx, Nobody);

        // Waits with the status in EAX and the partner in EDX.
        DefineLabel(ref wait);
        c.mov(ecx, Current(Layout.Ecx));
        c.test(ecx, 0x0F);
        c.je(block);
        c.test(ecx, 0xFF000000);
        c.je(timeout);
        DefineLabel(ref block);
        c.mov(Current(Layout.Status), eax);
        c.mov(Current(_layout.Partner), edx);
        c.mov(eax, ecx);
        c.and(ecx, 0xF);
        c.je(untimed);
        c.shr(eax, 24);
        LoadCurrentRow(ebp);
        StartTimer();
        c.Label(ref untimed);
        c.jmp(_leave);

        DefineLabel(ref done);
        c.mov(eax, Code.Done);
        c.jmp(finish);
        DefineLabel(ref cut);
        c.mov(eax, Code.ReceiveCut);
        c.jmp(finish);
        DefineLabel(ref noPartner);
        c.mov(eax, Code.NoPartner);
        c.jmp(finish);
        DefineLabel(ref timeout);
        c.mov(eax, Code.ReceiveTimeout);

        DefineLabel(ref finish);
        c.mov(Current(Layout.Eax), eax);
        c.mov(Current(Layout.Status), StoredStatus.Ready);
        c.jmp(_leave);

        DefineLabel(ref fromInterrupt);
        c.mov(edi, ecx);
        c.cmp(edi, Current(Layout.Handles));
        c.je(own);
        Associate(noPartner);
        ReceiveInterrupt(ref own, finish, senders, noLine);

        DefineLabel(ref found);
        c.mov(Current(_layout.Partner), ebp);
    }

    private void Leave()
    {
        var waiting = c.CreateLabel("leave_waiting");
        var alone = c.CreateLabel("leave_alone");
        var ready = c.CreateLabel();
        var unrivalled = c.CreateLabel("go_on_unrivalled");

        // CUT POINT: the current thread, saved, is ready or waits. Its heir, ESI, if any, is in no ready set.
        DefineLabel(ref _leave);
        LoadCurrent();
        c.mov(esi, Variable(_layout.Heir));
        c.mov(Variable(_layout.Heir), Nobody);
        c.mov(eax, Current(Layout.Status));
        c.and(eax, StoredStatus.Mask);
        c.je(ready);
        c.cmp(eax, StoredStatus.Mapping);
        c.jne(waiting);

        // The current thread is ready. It continues unless a thread of higher priority competes.
        c.Label(ref ready);
        c.cmp(esi, Nobody);
        c.je(_goOn);
        c.mov(ebp, esi);
        AddReady();
        DefineLabel(ref _goOn);
        var competitor = GreatestPriority(none: unrivalled);
        c.cmp(eax, Current(Layout.Priority));
        c.ja(_pick);
        DefineLabel(ref unrivalled);
        NoneFound(competitor);
        c.mov(eax, Current(Layout.Status));
        c.and(eax, StoredStatus.Mask);
        c.cmp(eax, StoredStatus.Mapping);
        c.je(_map);
        c.jmp(_exit);

        // The current thread waits. The heir runs unless a thread of higher priority competes.
        DefineLabel(ref waiting);
        c.cmp(esi, Nobody);
        c.je(_pick);
        var search = GreatestPriority(none: alone);
        c.cmp(eax, Row(esi, Layout.Priority));
        c.jbe(_switchTo);
        c.mov(ebp, esi);
        AddReady();
        c.jmp(_pick);
        DefineLabel(ref alone);
        NoneFound(search);
        c.mov(Variable(_layout.Top), 0);
        c.jmp(_switchTo);
    }
}
