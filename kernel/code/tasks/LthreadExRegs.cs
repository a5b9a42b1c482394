using Iced.Intel;
using Verified.Spec;
using Verified.Spec.Tables;
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
        DefineLabel("lthread_ex_regs");
        Enter();
        c.mov(eax, Current(Layout.Eax));
        c.cmp(eax, _layout.Limits.Lthreads);
        c.jae(invalid);
        c.and(eax, _layout.Limits.Lthreads - 1);
        LoadCurrentRow(esi);
        c.mov(ecx, esi);
        TaskOf(ecx);
        c.shl(ecx, TaskShift);
        c.cmp(Task(ecx, MappingLayout.Doomed), 0);
        c.jne(dooms);
        c.mov(ebp, esi);
        c.and(ebp, ~(Layout.BlockSize - 1));
        c.shl(eax, (byte)Layout.ThreadShift);
        c.or(ebp, eax);
        c.mov(edi, Row(ebp, Layout.Status));
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
        c.test(Row(ebp, Layout.Status), StoredStatus.Faulting);
        c.jne(kernels);
        c.cmp(edi, StoredStatus.Stopped);
        c.je(kernels);
        c.mov(eax, Code.ReceiveCancelled);
        c.cmp(edi, StoredStatus.Sending);
        c.jne(receiving);
        c.mov(eax, Code.SendCancelled);
        c.Label(ref receiving);
        c.mov(Row(ebp, Layout.Eax), eax);

        c.Label(ref kernels);
        c.cmp(edi, StoredStatus.Sending);
        c.jne(cancel);
        c.mov(edx, Row(ebp, _layout.Partner));
        RemoveSender();
        c.Label(ref cancel);
        RemoveTimer();
        c.mov(Row(ebp, _layout.Partner), Nobody);

        // A resuming thread already competes.
        c.cmp(edi, StoredStatus.Resuming);
        c.jne(enter);
        c.mov(Row(ebp, Layout.Status), StoredStatus.Ready);
        c.jmp(exchange);

        // The caller's task is being deleted.
        DefineLabel(ref dooms);
        c.mov(ebp, Op(Maps.Owner));
        c.jmp(_retry);

        // The mapping thread gets the processor. The caller repeats its call when it has the processor again.
        DefineLabel(ref giving);
        c.mov(ebp, Row(ebp, _layout.Partner));
        DefineLabel(ref _retry);
        c.mov(eax, Current(Layout.Eip));
        c.sub(eax, 2);
        Clip(eax, ecx);
        c.mov(Current(Layout.Eip), eax);
        c.jmp(_switchAway);

        DefineLabel(ref inactive);
        c.cmp(Current(Layout.Ecx), -1);
        c.je(invalid);
        c.cmp(Current(Layout.Edx), -1);
        c.je(invalid);
        c.mov(eax, Current(Layout.Eax));
        c.shl(eax, (byte)ThreadId.LthreadShift);
        c.mov(ecx, Current(Layout.Id));
        c.and(ecx, ~ThreadId.LthreadMask);
        c.or(eax, ecx);
        c.mov(Row(ebp, Layout.Id), eax);
        c.mov(eax, Current(Layout.Mcp));
        c.mov(Row(ebp, Layout.Mcp), eax);
        StartThread(esi);

        DefineLabel(ref enter);
        c.mov(Row(ebp, Layout.Status), StoredStatus.Ready);
        AddReady();

        DefineLabel(ref exchange);
        c.mov(eax, Row(ebp, Layout.Eflags));
        c.mov(Current(Layout.Eax), eax);
        c.cmp(Current(Layout.Edx), -1);
        c.je(sameEip);
        c.mov(Row(ebp, Layout.Eflags), Flags.User);
        DefineLabel(ref sameEip);
        Exchange(Layout.Ecx, Layout.Esp);
        Exchange(Layout.Edx, Layout.Eip);
        Exchange(Layout.Ebx, Layout.Preempter);
        Exchange(Layout.Esi, Layout.Pager);
        c.jmp(_leave);

        DefineLabel(ref invalid);
        c.or(eax, -1);
        foreach (var result in (Field[])[Layout.Eax, Layout.Ecx, Layout.Edx, Layout.Ebx, Layout.Esi])
            c.mov(Current(result), eax);
        c.jmp(_exit);
    }

    /// <summary>
    /// Exchanges the caller's argument with a field of the thread at EBP; an argument of -1 keeps the field. Without a
    /// branch, the new value is old ^ ((old ^ argument) &amp; (argument &lt; -1 ? -1 : 0)). Uses EAX, ECX, EDX.
    /// </summary>
    private void Exchange(Field argument, Field field)
    {
        c.mov(eax, Current(argument));
        c.mov(edx, Row(ebp, field));
        c.cmp(eax, -1);
        c.sbb(ecx, ecx);
        c.xor(eax, edx);
        c.and(eax, ecx);
        c.xor(eax, edx);
        if (field == Layout.Eip)
            Clip(eax, ecx);
        c.mov(Row(ebp, field), eax);
        c.mov(Current(argument), edx);
    }

    /// <summary>An EIP that is beyond a large space becomes its last address, because IRET would fault.</summary>
    private void Clip(AssemblerRegister32 eip, AssemblerRegister32 scratch)
    {
        c.sub(eip, UserSpace.Last);
        c.sbb(scratch, scratch);
        c.and(eip, scratch);
        c.add(eip, UserSpace.Last);
    }
}
