using Verified.Spec;
using Verified.Spec.Values;
using static Iced.Intel.AssemblerRegisters;
using Code = Verified.Spec.Code;

namespace Verified.Kernel;

/// <summary>lthread_ex_regs.</summary>
internal sealed partial class KernelProgram
{
    private void LthreadExRegs()
    {
        var inactive = c.CreateLabel("ex_regs_inactive");
        var kernels = c.CreateLabel();
        var giving = c.CreateLabel("ex_regs_giving");
        var dooms = c.CreateLabel("ex_regs_doomed");
        _retry = c.CreateLabel("retry");
        var receiving = c.CreateLabel();
        var cancel = c.CreateLabel();
        var enter = c.CreateLabel("ex_regs_ready");
        var exchange = c.CreateLabel("ex_regs_exchange");
        var sameEip = c.CreateLabel("ex_regs_same_eip");
        var invalid = c.CreateLabel("ex_regs_invalid");
        Mark("lthread_ex_regs");
        Enter();
        c.mov(eax, Me(Layout.Eax));
        c.cmp(eax, _layout.Limits.Lthreads);
        c.jae(invalid);
        c.and(eax, _layout.Limits.Lthreads - 1);
        LoadMe(esi);
        c.mov(ecx, esi);
        TaskOf(ecx);
        c.shl(ecx, TaskShift);
        c.cmp(Task(ecx, MappingLayout.Doomed), 0);
        c.jne(dooms);
        c.mov(ebp, esi);
        c.and(ebp, ~(Layout.BlockSize - 1));
        c.shl(eax, (byte)Layout.ThreadShift);
        c.or(ebp, eax);
        c.mov(edi, At(ebp, Layout.Status));
        c.and(edi, StoredStatus.Mask);
        c.cmp(edi, StoredStatus.Inactive);
        c.je(inactive);
        c.cmp(edi, StoredStatus.Mapping);
        c.je(_retry);
        c.cmp(edi, StoredStatus.Giving);
        c.je(giving);

        // A ready thread, or the caller itself, has nothing to cancel.
        c.cmp(ebp, esi);
        c.je(exchange);
        c.cmp(edi, StoredStatus.Ready);
        c.je(exchange);

        // A thread whose exception is being reported, or that stopped, gets no code.
        c.test(At(ebp, Layout.Status), StoredStatus.Faulting);
        c.jne(kernels);
        c.cmp(edi, StoredStatus.Stopped);
        c.je(kernels);
        c.mov(eax, Code.ReceiveCancelled);
        c.cmp(edi, StoredStatus.Sending);
        c.jne(receiving);
        c.mov(eax, Code.SendCancelled);
        c.Label(ref receiving);
        c.mov(At(ebp, Layout.Eax), eax);

        c.Label(ref kernels);
        c.cmp(edi, StoredStatus.Sending);
        c.jne(cancel);
        c.mov(edx, At(ebp, _layout.Partner));
        RemoveSender();
        c.Label(ref cancel);
        RemoveTimer();
        c.mov(At(ebp, _layout.Partner), Nobody);

        // A resuming thread already competes.
        c.cmp(edi, StoredStatus.Resuming);
        c.jne(enter);
        c.mov(At(ebp, Layout.Status), StoredStatus.Ready);
        c.jmp(exchange);

        // The caller's task is being deleted.
        Mark(ref dooms);
        c.mov(ebp, Op(Maps.Owner));
        c.jmp(_retry);

        // The mapping thread gets the processor. The caller repeats its call when it has the processor again.
        Mark(ref giving);
        c.mov(ebp, At(ebp, _layout.Partner));
        Mark(ref _retry);
        c.sub(Me(Layout.Eip), 2);
        c.jmp(_switchAway);

        Mark(ref inactive);
        c.cmp(Me(Layout.Ecx), -1);
        c.je(invalid);
        c.cmp(Me(Layout.Edx), -1);
        c.je(invalid);
        c.mov(eax, Me(Layout.Eax));
        c.shl(eax, (byte)ThreadId.LthreadShift);
        c.mov(ecx, Me(Layout.Id));
        c.and(ecx, ~ThreadId.LthreadMask);
        c.or(eax, ecx);
        c.mov(At(ebp, Layout.Id), eax);
        c.mov(eax, Me(Layout.Mcp));
        c.mov(At(ebp, Layout.Mcp), eax);
        StartThread(esi);

        Mark(ref enter);
        c.mov(At(ebp, Layout.Status), StoredStatus.Ready);
        AddReady();

        Mark(ref exchange);
        c.mov(eax, At(ebp, Layout.Eflags));
        c.mov(Me(Layout.Eax), eax);
        c.cmp(Me(Layout.Edx), -1);
        c.je(sameEip);
        c.mov(At(ebp, Layout.Eflags), Flags.User);
        Mark(ref sameEip);
        Exchange(Layout.Ecx, Layout.Esp);
        Exchange(Layout.Edx, Layout.Eip);
        Exchange(Layout.Ebx, Layout.Preempter);
        Exchange(Layout.Esi, Layout.Pager);
        c.jmp(_leave);

        Mark(ref invalid);
        c.or(eax, -1);
        foreach (var result in (Field[])[Layout.Eax, Layout.Ecx, Layout.Edx, Layout.Ebx, Layout.Esi])
            c.mov(Me(result), eax);
        c.jmp(_exit);
    }

    /// <summary>
    /// Exchanges the caller's argument with a field of the thread at EBP; an argument of -1 keeps the field. Without a
    /// branch, the new value is old ^ ((old ^ argument) &amp; (argument &lt; -1 ? -1 : 0)). Uses EAX, ECX, EDX.
    /// </summary>
    private void Exchange(Field argument, Field field)
    {
        c.mov(eax, Me(argument));
        c.mov(edx, At(ebp, field));
        c.cmp(eax, -1);
        c.sbb(ecx, ecx);
        c.xor(eax, edx);
        c.and(eax, ecx);
        c.xor(eax, edx);
        c.mov(At(ebp, field), eax);
        c.mov(Me(argument), edx);
    }
}
