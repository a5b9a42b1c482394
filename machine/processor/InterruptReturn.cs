namespace Verified.Machine.Processor;

/// <summary>
/// IRET: to the same or an outer ring, to and in virtual-8086 mode, and to another task (SDM vol. 2, IRET).
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    private void InterruptReturn(int size)
    {
        InNonMaskable = false;
        if (RealAddressing)
        {
            RequireVirtualPrivilege(size);
            ReturnReal(size, flags: true, release: 0);
            return;
        }
        if ((_system & Flag.NestedTask) != 0)
        {
            var link = Known(Bus.Load(TaskRegister.Base, 2, false), "a TSS's link");
            SwitchTask(link, TaskSwitch.Return, external: 0, errorCode: null);
            return;
        }
        var step = (uint)size;
        var eip = Peek(0, size);
        var popped = Peek(step, size);
        var flags = Peek(2 * step, size);
        if (size == 4 && Cpl == 0 && (flags & Flag.Virtual8086) != 0)
        {
            ReturnToVirtual(eip, popped, flags);
            return;
        }
        var selector = Known(popped & 0xFFFF, "CS of an interrupt frame");
        var level = (int)(selector & 3);
        var code = ReturnCodeSegment(selector, level);
        var changeable = size == 4 ? ReturnFlags | (Cpl == 0 ? _model.VirtualInterruptFlags : 0) : ReturnFlags & 0xFFFF;
        if (level == Cpl)
        {
            CheckTarget(code, eip);
            MarkAccessed(ref code);
            SetStackPointer(R[Register.Esp] + 3 * step);
            S[SegmentRegister.Cs] = code;
            Eip = eip;
            SetFlagsByPrivilege(flags, changeable);
            UpdateAlignment();
            return;
        }
        var esp = Peek(3 * step, size);
        var stack = StackSegment(
            Known(Peek(4 * step, size) & 0xFFFF, "SS of an interrupt frame"),
            level,
            Fault.Protection
        );
        CheckTarget(code, eip);
        MarkAccessed(ref code);
        SetFlagsByPrivilege(flags, changeable);
        S[SegmentRegister.Cs] = code;
        S[SegmentRegister.Ss] = stack;
        Cpl = level;
        Eip = eip;
        // If the new stack is a 16-bit one, the caller's upper half of ESP survives.
        SetStackPointer(esp);
        DropPrivilegedSegments();
        UpdateAlignment();
        CheckVirtualInterruptPending();
    }

    /// <summary>
    /// Returns to virtual-8086 mode. The frame also contains ESP, SS, ES, DS, FS and GS of that program (SDM vol. 3,
    /// 20.2.5).
    /// </summary>
    private void ReturnToVirtual(W eip, W selector, W flags)
    {
        var esp = Peek(12, 4);
        ReadOnlySpan<int> order =
        [
            SegmentRegister.Ss,
            SegmentRegister.Es,
            SegmentRegister.Ds,
            SegmentRegister.Fs,
            SegmentRegister.Gs,
        ];
        // Reads every item once before anything changes, so an access that faults does so here.
        for (var i = 0; i < order.Length; i++)
            Peek(16 + (uint)i * 4, 4);
        if (eip > 0xFFFF)
            throw Fault.Protection(0);
        var changeable =
            ReturnFlags | Flag.PrivilegeLevel | Flag.Interrupt | Flag.Virtual8086 | _model.VirtualInterruptFlags;
        StoreFlags(flags & changeable);
        Virtual = true;
        S[SegmentRegister.Cs] = RealSegment(SegmentRegister.Cs, selector);
        var loaded = S;
        for (var i = 0; i < order.Length; i++)
            loaded[order[i]] = RealSegment(order[i], Peek(16 + (uint)i * 4, 4));
        S = loaded;
        Cpl = 3;
        Eip = eip;
        R[Register.Esp] = esp;
        UpdateAlignment();
        CheckVirtualInterruptPending();
    }
}
