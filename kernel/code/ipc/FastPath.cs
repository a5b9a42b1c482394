using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// ipc, fast path: a message of three words. Call: to a thread that waits for anyone or for the caller. Reply and wait:
/// to a thread that waits for the caller.
/// </summary>
/// <remarks>
/// Instructions are in the pairs that the Pentium's two pipes execute together, so each register is saved between the
/// guards as soon as a pipe is free. Between large spaces the fast path loads no segment register (Liedtke); it only
/// checks that they are flat.
/// </remarks>
internal sealed partial class KernelProgram
{
    private Label _ipcSlow,
        _ipcInto,
        _ipcSmallCall,
        _ipcSmallReply,
        _ipcUnsaved,
        _ipcLeave;

    // in    EAX 0, ECX 0, EBP 0 (call) or 1 (reply and wait), ESI partner, EDX EBX EDI words
    // out   the partner runs: EAX 0, ESI sender, EDX EBX EDI words, ECX EBP as it left them
    //
    // Every guard leaves to the slow path before it writes anything shared. The slow path starts again from the saved
    // registers. Neither thread enters or leaves a ready set, because the processor passes from one to the other.
    private void Ipc()
    {
        var answers = c.CreateLabel("ipc_reply");
        var closed = c.CreateLabel("ipc_call_closed");
        var call = c.CreateLabel();
        _ipcUnsaved = c.CreateLabel("ipc_unsaved");
        _ipcSmallCall = c.CreateLabel("ipc_small_call");
        _ipcSmallReply = c.CreateLabel("ipc_small_reply");
        _ipcLeave = c.CreateLabel("ipc_leave");
        _ipcSlow = c.CreateLabel("ipc_slow");
        _ipcInto = c.CreateLabel("ipc_into");

        // Only registers in both phases, and no timeouts.
        DefineLabel("ipc");
        c.mov(OnEntryStack(Layout.Eax), eax);
        c.or(eax, ecx);
        c.mov(OnEntryStack(Layout.Ecx), ecx);
        c.mov(OnEntryStack(Layout.Ebp), ebp);
        c.or(ebp, eax);
        c.jne(answers);
        FindReceiver(StoredStatus.ReceivingAny, _ipcSmallCall, _ipcLeave, closed, () =>
            c.mov(ecx, StoredStatus.ReceivingFrom)
        );

        // POINT OF NO RETURN: the caller waits for the partner.
        c.Label(ref call);
        c.mov(OnEntryStack(Layout.Status), ecx);
        c.xor(eax, eax);
        c.mov(OnEntryStack(_layout.Partner), ebp);
        c.lea(esi, __[ebp + Layout.ThreadSize]);
        SwitchToReceiver();

        DefineLabel(ref answers);
        c.cmp(ebp, 1);
        c.jne(_ipcUnsaved);
        c.test(eax, eax);
        c.jne(_ipcUnsaved);
        FindReceiver(StoredStatus.ReceivingFrom, _ipcSmallReply, _ipcLeave, _ipcLeave, () =>
            c.lea(ecx, __[esp - (int)Layout.InterruptFrame])
        );
        c.mov(esi, Row(ebp, _layout.Partner));
        c.mov(eax, OnEntryStack(_layout.Senders));
        c.cmp(esi, ecx);
        c.jne(_ipcLeave);

        // If no thread is waiting to send to the caller, and it handles no interrupt, the caller waits.
        c.mov(ecx, OnEntryStack(Layout.Handles));
        c.or(eax, ecx);
        c.jne(_ipcLeave);

        // POINT OF NO RETURN: the caller waits for anyone.
        c.mov(ecx, StoredStatus.ReceivingAny);
        c.mov(esi, Nobody);
        c.mov(OnEntryStack(Layout.Status), ecx);
        c.mov(OnEntryStack(_layout.Partner), esi);
        c.mov(Row(ebp, _layout.Partner), esi);
        c.lea(esi, __[ebp + Layout.ThreadSize]);
        SwitchToReceiver();

        // The partner is not in an open receive. If two threads call each other, it is waiting for the caller.
        DefineLabel(ref closed);
        IfClosedOnMe(_ipcLeave);

        // POINT OF NO RETURN: the partner's wait ends; then as above.
        c.mov(esi, Nobody);
        c.mov(Row(ebp, _layout.Partner), esi);
        c.jmp(call);

        // The slow path expects all registers saved, and DS loaded.
        DefineLabel(ref _ipcUnsaved);
        c.mov(OnEntryStack(Layout.Esi), esi);
        c.mov(OnEntryStack(Layout.Edx), edx);
        c.mov(OnEntryStack(Layout.Ebx), ebx);
        c.mov(OnEntryStack(Layout.Edi), edi);
        DefineLabel(ref _ipcLeave);
        LoadSegment();
        c.sub(esp, Layout.InterruptFrame - Layout.Frame);
    }

    /// <summary>
    /// Finds the receiver: EBP becomes the row of the thread that ESI names. Jumps to a label unless all of these hold.
    /// <list type="bullet">
    /// <item>The id names a thread.</item>
    /// <item>The thread waits with the given status.</item>
    /// <item>No competing thread has a higher priority.</item>
    /// <item>The caller's segments are flat. Until this is known, accesses use SS, which is flat.</item>
    /// </list>
    /// </summary>
    /// <param name="status">The required status of the receiver, as its row stores it.</param>
    /// <param name="notFlat">Target if the segments are not flat. EBX and EDI are not saved then.</param>
    /// <param name="leave">Target if the id names no thread. All registers are saved then.</param>
    /// <param name="otherwise">
    /// Target if the status differs or a thread has a higher priority. EAX is the difference of the statuses plus top,
    /// ESI the receiver's priority.
    /// </param>
    /// <param name="meanwhile">An instruction that prepares ECX for the code that follows.</param>
    private void FindReceiver(uint status, Label notFlat, Label leave, Label otherwise, Action meanwhile)
    {
        c.mov(eax, ds);
        c.mov(ecx, es);
        c.mov(ebp, esi);
        c.mov(OnEntryStack(Layout.Esi), esi);
        c.shr(ebp, (byte)(ThreadId.LthreadShift - Layout.ThreadShift));

        // The flat segment has the greatest selector that a user can load. So the sum of four selectors is four times
        // that selector only if all are equal to it. The Pentium leaves the bits above a selector undefined (SDM vol.
        // 2, MOV), so only the low byte of the sum counts.
        c.lea(eax, __[eax + ecx - 4 * (int)Layout.FlatData]);
        c.mov(ecx, fs);
        c.add(eax, ecx);
        c.and(ebp, RowMask);
        c.mov(ecx, gs);
        c.add(ebp, _layout.Threads.Base);
        c.mov(OnEntryStack(Layout.Edx), edx);
        c.add(al, cl);
        c.jne(notFlat);

        // EAX is the difference of the statuses plus top. If the statuses differ, it is, unsigned, greater than any
        // priority (StoredStatus). If they are equal, it is top.
        c.mov(eax, Row(ebp, Layout.Status));
        c.mov(ecx, Variable(_layout.Top));
        c.mov(OnEntryStack(Layout.Ebx), ebx);
        c.mov(OnEntryStack(Layout.Edi), edi);
        c.lea(eax, __[eax + ecx - (int)status]);
        IfNamed(leave, otherwise, meanwhile);
    }

    /// <summary>
    /// Jumps to <paramref name="leave"/> unless the thread at EBP has the id in ESI. Jumps to
    /// <paramref name="otherwise"/> unless its priority is at least EAX, unsigned.
    /// </summary>
    private void IfNamed(Label leave, Label otherwise, Action meanwhile)
    {
        c.mov(ecx, Row(ebp, Layout.Id));
        c.cmp(ecx, esi);
        c.jne(leave);
        c.mov(esi, Row(ebp, Layout.Priority));
        meanwhile();
        c.cmp(eax, esi);
        c.ja(otherwise);
    }

    /// <summary>
    /// Jumps to <paramref name="leave"/> unless the thread at EBP is waiting for the current thread and no competing
    /// thread has a higher priority (ESI). The thread is not in an open receive.
    /// </summary>
    private void IfClosedOnMe(Label leave)
    {
        c.add(eax, unchecked((int)(StoredStatus.ReceivingAny - StoredStatus.ReceivingFrom)));
        c.cmp(eax, esi);
        c.ja(leave);
        IfPartnerIsMe(leave);
    }

    /// <summary>
    /// Jumps to <paramref name="leave"/> unless the partner of the waiting thread at EBP is the current thread.
    /// </summary>
    private void IfPartnerIsMe(Label leave)
    {
        c.mov(esi, Row(ebp, _layout.Partner));
        c.lea(eax, __[esp - (int)Layout.InterruptFrame]);
        c.cmp(esi, eax);
        c.jne(leave);
    }

    /// <summary>
    /// Gives the processor to the receiver. ESI is the end of its row, which is its stack, and EAX is 0. Its message
    /// words are still in the registers of the system call.
    /// </summary>
    /// <remarks>
    /// One branch decides: it leaves if the two directories are the same, or if the receiver runs in its small space,
    /// which is the sign of its directory.
    /// </remarks>
    private void SwitchToReceiver()
    {
        c.mov(Row(ebp, Layout.Status), eax);
        c.mov(Variable(_layout.TssStack), esi);
        c.mov(ecx, Row(ebp, Layout.Directory));
        c.mov(esi, OnEntryStack(Layout.Directory));
        c.xor(esi, ecx);
        c.jle(_ipcInto);
        c.mov(cr3, ecx);
        RunReceiver();
    }

    /// <summary>Loads the receiver's registers, and the sender's id into ESI. EAX already has its value.</summary>
    private void RunReceiver()
    {
        c.mov(esi, OnEntryStack(Layout.Id));
        c.lea(esp, __[ebp + Layout.InterruptFrame]);
        c.mov(ecx, Row(ebp, Layout.Ecx));
        c.mov(ebp, Row(ebp, Layout.Ebp));
        c.iretd();
    }
}
