using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using Code = Verified.Spec.Code;

namespace Verified.Kernel;

/// <summary>
/// ipc, slow path: the current thread takes the message of a waiting sender, which then starts its own receive phase.
/// </summary>
internal sealed partial class KernelProgram
{
    private Label _goesOn;

    private void IpcAccept()
    {
        var registers = c.CreateLabel();
        _goesOn = c.CreateLabel("accept_goes_on");
        var from = c.CreateLabel();
        var wait = c.CreateLabel();
        var block = c.CreateLabel("accept_block");
        var done = c.CreateLabel("accept_done");
        var cut = c.CreateLabel("accept_cut");
        var timeout = c.CreateLabel("accept_timeout");
        var resuming = c.CreateLabel("accept_resuming");
        var fault = c.CreateLabel("accept_fault");
        var finish = c.CreateLabel("accept_finish");
        var wake = c.CreateLabel("accept_wake");

        // CUT POINT: the current thread, saved, takes the message of its partner, EBP.
        DefineLabel(ref _accept);
        LoadCurrent();
        c.mov(ebp, Current(_layout.Partner));
        c.mov(Current(Layout.Eax), Code.Done);
        c.mov(eax, Row(ebp, Layout.Id));
        c.mov(Current(Layout.Esi), eax);
        c.mov(Current(Layout.Status), StoredStatus.Ready);
        c.mov(Current(_layout.Partner), Nobody);
        LoadCurrentRow(edx);
        RemoveSender();
        c.test(Row(ebp, Layout.Status), StoredStatus.Faulting);
        c.jne(fault);
        foreach (var word in Words)
        {
            c.mov(eax, Row(ebp, word));
            c.mov(Current(word), eax);
        }

        RemoveTimer();
        LoadCurrentRow(edx);
        UnlessGives(ebp, edx, _goesOn, mayAnswer: false);
        c.mov(Current(Layout.Eax), Code.Mapped);
        c.mov(Current(Layout.Status), StoredStatus.Mapping);
        c.mov(Current(_layout.Partner), ebp);
        c.mov(Row(ebp, Layout.Status), StoredStatus.Giving);
        c.jmp(_leave);

        // The sender at EBP starts its receive phase. The receiver at EDX has taken its message.
        DefineLabel(ref _goesOn);
        c.mov(eax, Row(ebp, Layout.Ebp));
        c.cmp(eax, -1);
        c.je(done);
        c.cmp(eax, 4);
        c.jb(registers);
        c.test(eax, 2);
        c.je(cut);
        c.Label(ref registers);
        c.test(eax, 1);
        c.je(from);

        // Open: only one message is accepted in a step. The sender takes its own message, or looks for its interrupt,
        // when it next gets the processor.
        c.cmp(Row(ebp, _layout.Senders), 0);
        c.jne(resuming);
        c.cmp(Row(ebp, Layout.Handles), 0);
        c.jne(resuming);
        c.mov(ecx, StoredStatus.ReceivingAny);
        c.mov(edx, Nobody);
        c.jmp(wait);

        // The sender reports an exception, and now waits for the current thread's answer.
        DefineLabel(ref fault);
        c.mov(eax, Row(ebp, Layout.Fault));
        c.mov(Current(Layout.Edx), eax);
        c.mov(eax, Row(ebp, Layout.Eip));
        c.mov(Current(Layout.Ebx), eax);
        c.mov(Current(Layout.Edi), 0);
        c.mov(Row(ebp, Layout.Status), StoredStatus.ReceivingFrom | StoredStatus.Faulting);
        c.jmp(_leave);

        // Closed: ESI names the thread that took the message. That thread is not sending, so the sender has to wait.
        c.Label(ref from);
        c.mov(ecx, StoredStatus.ReceivingFrom);

        c.Label(ref wait);
        c.mov(eax, Row(ebp, Layout.Ecx));
        c.test(eax, 0x0F);
        c.je(block);
        c.test(eax, 0xFF000000);
        c.je(timeout);
        DefineLabel(ref block);
        c.mov(Row(ebp, Layout.Status), ecx);
        c.mov(Row(ebp, _layout.Partner), edx);
        c.mov(ecx, eax);
        c.and(ecx, 0xF);
        c.je(_leave);
        c.shr(eax, 24);
        StartTimer();
        c.jmp(_leave);

        DefineLabel(ref done);
        c.mov(eax, Code.Done);
        c.jmp(finish);
        DefineLabel(ref cut);
        c.mov(eax, Code.ReceiveCut);
        c.jmp(finish);
        DefineLabel(ref timeout);
        c.mov(eax, Code.ReceiveTimeout);
        DefineLabel(ref finish);
        c.mov(Row(ebp, Layout.Eax), eax);
        c.mov(ecx, StoredStatus.Ready);
        c.jmp(wake);
        DefineLabel(ref resuming);
        c.mov(ecx, StoredStatus.Resuming);
        DefineLabel(ref wake);
        c.mov(Row(ebp, Layout.Status), ecx);
        c.mov(Row(ebp, _layout.Partner), Nobody);
        AddReady();
    }
}
