using Iced.Intel;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using static Iced.Intel.AssemblerRegisters;
using Code = Verified.Spec.Code;

namespace Verified.Kernel;

/// <summary>ipc, slow path: the send phase.</summary>
internal sealed partial class KernelProgram
{
    private void IpcSend()
    {
        var receiveOnly = c.CreateLabel("ipc_receive_only");
        var cut = c.CreateLabel("ipc_send_cut");
        var noPartner = c.CreateLabel("ipc_no_partner");
        var timeout = c.CreateLabel("ipc_send_timeout");
        var deliver = c.CreateLabel("ipc_deliver");
        var answer = c.CreateLabel();
        var faulting = c.CreateLabel();
        var nothing = c.CreateLabel("ipc_gives_nothing");
        var block = c.CreateLabel("ipc_block_sending");
        _pick = c.CreateLabel("pick");
        _receive = c.CreateLabel("receive");
        _leave = c.CreateLabel("leave");

        DefineLabel(ref _ipcSlow);
        c.mov(eax, Current(Layout.Eax));
        c.cmp(eax, -1);
        c.je(receiveOnly);
        c.cmp(eax, 4);
        c.jae(cut);

        c.mov(esi, Current(Layout.Esi));
        FindPartner(noPartner);
        IfWaitsForMe(deliver);
        c.mov(eax, Current(Layout.Ecx));
        c.test(eax, 0xF0);
        c.je(block);
        c.test(eax, 0x00FF0000);
        c.je(timeout);

        DefineLabel(ref block);
        c.mov(Current(Layout.Status), StoredStatus.Sending);
        c.mov(Current(_layout.Partner), ebp);
        AddSender();
        c.mov(ecx, Current(Layout.Ecx));
        c.mov(eax, ecx);
        c.shr(ecx, 4);
        c.and(ecx, 0xF);
        c.je(_pick);
        c.shr(eax, 16);
        c.and(eax, 0xFF);
        LoadCurrentRow(ebp);
        StartTimer();
        c.jmp(_pick);

        // A failed send skips the receive phase.
        Finish(ref cut, Code.SendCut);
        Finish(ref noPartner, Code.NoPartner);
        Finish(ref timeout, Code.SendTimeout);

        DefineLabel(ref receiveOnly);
        c.mov(Current(Layout.Status), StoredStatus.Resuming);
        c.jmp(_receive);

        // The partner at EBP is waiting for the sender. Transfers the message, wakes the partner and continues with the
        // sender's receive phase; the partner is the heir. If the message answers an exception, the partner's registers
        // do not change.
        DefineLabel(ref deliver);
        c.test(Row(ebp, Layout.Status), StoredStatus.Faulting);
        c.jne(answer);
        c.mov(Row(ebp, Layout.Eax), Code.Done);
        foreach (var word in Words)
        {
            c.mov(eax, Current(word));
            c.mov(Row(ebp, word), eax);
        }

        c.mov(eax, Current(Layout.Id));
        c.mov(Row(ebp, Layout.Esi), eax);
        c.Label(ref answer);
        LoadCurrentRow(esi);
        UnlessGives(esi, ebp, nothing, mayAnswer: true);
        RemoveTimer();
        c.mov(eax, Row(ebp, Layout.Status));
        c.and(eax, StoredStatus.Faulting);
        c.jne(faulting);
        c.mov(Row(ebp, Layout.Eax), Code.Mapped);
        c.Label(ref faulting);
        c.or(eax, StoredStatus.Mapping);
        c.mov(Row(ebp, Layout.Status), eax);
        c.mov(Row(ebp, _layout.Partner), esi);
        c.mov(Current(Layout.Status), StoredStatus.Giving);
        c.mov(Current(_layout.Partner), ebp);
        c.mov(Variable(_layout.Heir), ebp);
        c.jmp(_leave);

        DefineLabel(ref nothing);
        WakePartner();
        c.mov(Current(Layout.Status), StoredStatus.Resuming);
        c.mov(Variable(_layout.Heir), ebp);
        c.jmp(_receive);
    }

    /// <summary>
    /// Jumps to <paramref name="nothing"/> unless the message from one thread to another has a map item that the
    /// receiver takes. The receiver takes it into a valid window, or as the answer to its fault. A thread with mcp 0
    /// gives no item, and it takes only its chief's answers to its faults. A sender that has waited does not answer a
    /// fault, so <paramref name="mayAnswer"/> is false for it. Uses EAX, EBX, ECX, EDI.
    /// </summary>
    private void UnlessGives(AssemblerRegister32 from, AssemblerRegister32 to, Label nothing, bool mayAnswer)
    {
        var free = c.CreateLabel();
        var taken = c.CreateLabel();
        c.test(Row(from, Layout.Eax), 2);
        c.je(nothing);
        c.cmp(Row(from, Layout.Mcp), 0);
        c.je(nothing);
        c.cmp(Row(to, Layout.Mcp), 0);
        if (mayAnswer)
        {
            c.jne(free);
            c.test(Row(to, Layout.Status), StoredStatus.Faulting);
            c.je(nothing);
            c.mov(eax, from);
            TaskOf(eax);
            c.mov(ecx, to);
            TaskOf(ecx);
            c.shl(ecx, TaskShift);
            c.cmp(Task(ecx, Maps.Chief), eax);
            c.je(taken);
            c.jmp(nothing);
            c.Label(ref free);
        }
        else
            c.je(nothing);

        c.test(Row(to, Layout.Status), StoredStatus.Faulting);
        c.jne(taken);
        c.mov(ebx, Row(to, Layout.Ebp));
        c.test(bl, 2);
        c.je(nothing);
        PagesOf(ebx, edi, nothing);
        c.Label(ref taken);
        c.mov(eax, from);
        c.xor(eax, to);
        c.cmp(eax, Layout.BlockSize);
        c.jb(nothing);
        c.mov(ecx, to);
        c.sub(ecx, _layout.Threads.Base + Mappings<Concrete>.Sigma0 * Layout.BlockSize);
        c.cmp(ecx, Layout.BlockSize);
        c.jb(nothing);
    }

    private static IEnumerable<Field> Words => [Layout.Edx, Layout.Ebx, Layout.Edi];

    /// <summary>
    /// Finds the thread that the id in ESI names: EBP = its row, EAX = its status, EBX = the current thread's row.
    /// Jumps to
    /// </summary>
    /// <paramref name="none"/> if the id names no thread, or the current thread itself. A stale version, nil and an
    /// inactive thread name no thread.
    private void FindPartner(Label none)
    {
        RowAddress(ebp, esi);
        c.cmp(Row(ebp, Layout.Id), esi);
        c.jne(none);
        c.mov(eax, Row(ebp, Layout.Status));
        c.and(eax, StoredStatus.Mask);
        c.cmp(eax, StoredStatus.Inactive);
        c.je(none);
        LoadCurrentRow(ebx);
        c.cmp(ebp, ebx);
        c.je(none);
    }

    /// <summary>
    /// Jumps to <paramref name="no"/> if the status whose dword is in EAX is not ready, resuming or mapping. EAX is
    /// lost.
    /// </summary>
    private void UnlessReady(Label no)
    {
        c.and(eax, StoredStatus.Mask);
        c.cmp(eax, StoredStatus.Inactive);
        c.je(no);
        c.cmp(eax, StoredStatus.Resuming);
        c.ja(no);
    }

    /// <summary>
    /// Jumps to <paramref name="then"/> if the thread that was found is waiting for a message from the current thread.
    /// </summary>
    private void IfWaitsForMe(Label then)
    {
        var waitsNot = c.CreateLabel();
        c.cmp(eax, StoredStatus.ReceivingAny);
        c.je(then);
        c.cmp(eax, StoredStatus.ReceivingFrom);
        c.jne(waitsNot);
        c.cmp(Row(ebp, _layout.Partner), ebx);
        c.je(then);
        c.Label(ref waitsNot);
    }

    /// <summary>Ends the wait of the thread at EBP. The thread enters no ready set. Uses EAX, EBX, ECX, EDX.</summary>
    private void WakePartner()
    {
        RemoveTimer();
        Free(ebp);
    }

    /// <summary>Ends a failed send. No thread was woken, so the current thread continues.</summary>
    private void Finish(ref Label label, uint code)
    {
        DefineLabel(ref label);
        c.mov(Current(Layout.Eax), code);
        c.jmp(_exit);
    }
}
