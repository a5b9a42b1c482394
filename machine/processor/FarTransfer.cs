namespace Verified.Machine.Processor;

/// <summary>
/// Far jumps, calls and returns: to code, through call gates, and to tasks (SDM vol. 3, 5.8; vol. 2, JMP, CALL, RET).
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    private const int TaskGate = 5,
        CallGate16 = 4,
        CallGate32 = 12,
        Task16 = 1,
        Task32 = 9;
    private const uint Busy = 1 << 9;

    /// <summary>The far pointer of a jump or call: in the instruction, or in memory with the offset first.</summary>
    private (W Selector, W Offset) FarPointer(in Operation op)
    {
        if (op.Target != OperandKind.Memory)
            return (op.Extra, op.Immediate);
        var at = EffectiveAddress(op);
        var offset = ReadMemory(op.Segment, at, op.Size);
        return (ReadMemory(op.Segment, Beyond(op, at, op.Size), 2), offset);
    }

    private void JumpFar(in Operation op)
    {
        var (pointer, offset) = FarPointer(op);
        if (RealAddressing)
        {
            JumpReal(pointer, offset);
            return;
        }
        var selector = Known(pointer, "a far pointer's selector");
        var (low, high) = Target(selector);
        var attributes = Known(high & Descriptor.Mask, "a descriptor's type and rights");
        if ((attributes & Descriptor.NotSystem) != 0)
        {
            EnterCode(DirectCode(Unpack(selector, low, high), selector, offset), offset);
            return;
        }
        switch (Descriptor.Type(attributes))
        {
            case Task16 or Task32 or TaskGate:
                ToTask(selector, low, attributes, TaskSwitch.Jump);
                break;
            case CallGate16 or CallGate32:
                var (code, target) = GateCode(selector, low, high, attributes, jump: true);
                EnterCode(code, target);
                break;
            default:
                throw Fault.Protection(selector & ~3u);
        }
    }

    private void CallFar(in Operation op)
    {
        var (pointer, offset) = FarPointer(op);
        if (RealAddressing)
        {
            if (offset > 0xFFFF)
                throw Fault.Protection(0);
            PushReturn(op.Size);
            JumpReal(pointer, offset);
            return;
        }
        var selector = Known(pointer, "a far pointer's selector");
        var (low, high) = Target(selector);
        var attributes = Known(high & Descriptor.Mask, "a descriptor's type and rights");
        if ((attributes & Descriptor.NotSystem) != 0)
        {
            var code = DirectCode(Unpack(selector, low, high), selector, offset);
            PushReturn(op.Size);
            EnterCode(code, offset);
            return;
        }
        switch (Descriptor.Type(attributes))
        {
            case Task16 or Task32 or TaskGate:
                ToTask(selector, low, attributes, TaskSwitch.Call);
                break;
            case CallGate16 or CallGate32:
                CallThroughGate(selector, low, high, attributes);
                break;
            default:
                throw Fault.Protection(selector & ~3u);
        }
    }

    private void CallThroughGate(uint selector, W low, W high, uint attributes)
    {
        var (code, target) = GateCode(selector, low, high, attributes, jump: false);
        var size = Descriptor.Type(attributes) == CallGate32 ? 4 : 2;
        if ((int)Known(code.Selector & 3, "a selector") == Cpl)
        {
            PushReturn(size);
            EnterCode(code, target);
            return;
        }
        var level = code.Dpl;
        var step = (uint)size;
        var parameters = Known(high & 31, "a call gate's count");
        var (stack, esp) = InnerStack(level, external: 0);
        esp -= (4 + parameters) * step;
        Put(stack, esp, (3 + parameters) * step, S[SegmentRegister.Ss].Selector, level, size);
        Put(stack, esp, (2 + parameters) * step, R[Register.Esp], level, size);
        for (uint i = 0; i < parameters; i++)
            Put(stack, esp, (2 + i) * step, Peek(i * step, size), level, size);
        Put(stack, esp, step, S[SegmentRegister.Cs].Selector, level, size);
        Put(stack, esp, 0, Eip, level, size);
        S[SegmentRegister.Ss] = stack;
        Cpl = level;
        SetStackPointer(esp);
        EnterCode(code, target);
    }

    private (W Low, W High) Target(uint selector) =>
        IsNull(selector) ? throw Fault.Protection(0) : DescriptorWords(selector, Fault.Protection, 0);

    private void EnterCode(in Segment<W> code, W target)
    {
        S[SegmentRegister.Cs] = code;
        Eip = target;
        UpdateAlignment();
    }

    private void PushReturn(int size)
    {
        var (esp, step) = (R[Register.Esp], (uint)size);
        WriteMemory(SegmentRegister.Ss, StackOffset(esp - step), size, S[SegmentRegister.Cs].Selector);
        WriteMemory(SegmentRegister.Ss, StackOffset(esp - 2 * step), size, Eip);
        SetStackPointer(esp - 2 * step);
    }

    private Segment<W> DirectCode(Segment<W> code, uint selector, W target)
    {
        var allowed = Descriptor.IsConforming(code.Attributes)
            ? code.Dpl <= Cpl
            : (selector & 3) <= Cpl && code.Dpl == Cpl;
        if (!Descriptor.IsCode(code.Attributes) || !allowed)
            throw Fault.Protection(selector & ~3u);
        if (!code.Usable)
            throw Fault.NotPresent(selector & ~3u);
        CheckTarget(code, target);
        MarkAccessed(ref code);
        code.Selector = selector & ~3u | (uint)Cpl;
        return code;
    }

    /// <summary>The code segment of a call gate, its selector with the new CPL, and the offset.</summary>
    private (Segment<W> Code, W Offset) GateCode(uint selector, W low, W high, uint gate, bool jump)
    {
        CheckGate(selector, gate);
        var target = Known(low >> 16, "a gate's selector");
        if (IsNull(target))
            throw Fault.Protection(0);
        var code = ReadDescriptor(target, Fault.Protection);
        var conforming = Descriptor.IsConforming(code.Attributes);
        if (!Descriptor.IsCode(code.Attributes) || code.Dpl > Cpl || (jump && !conforming && code.Dpl != Cpl))
            throw Fault.Protection(target & ~3u);
        if (!code.Usable)
            throw Fault.NotPresent(target & ~3u);
        var offset = Descriptor.Type(gate) == CallGate32 ? high & 0xFFFF0000 | low & 0xFFFF : low & 0xFFFF;
        CheckTarget(code, offset);
        MarkAccessed(ref code);
        code.Selector = target & ~3u | (uint)(conforming ? Cpl : code.Dpl);
        return (code, offset);
    }

    /// <summary>Checks that the ring may use a gate or TSS, up to its DPL, and that it is present.</summary>
    private void CheckGate(uint selector, uint attributes)
    {
        if (Math.Max((uint)Cpl, selector & 3) > Descriptor.Dpl(attributes))
            throw Fault.Protection(selector & ~3u);
        if ((attributes & Descriptor.Present) == 0)
            throw Fault.NotPresent(selector & ~3u);
    }

    private void ToTask(uint selector, W low, uint attributes, TaskSwitch how)
    {
        CheckGate(selector, attributes);
        var task = Descriptor.Type(attributes) == TaskGate ? Known(low >> 16, "a gate's selector") : selector;
        SwitchTask(task, how, external: 0, errorCode: null);
    }

    private void ReturnFar(in Operation op)
    {
        if (RealAddressing)
        {
            ReturnReal(op.Size, flags: false, op.Immediate);
            return;
        }
        var step = (uint)op.Size;
        var eip = Peek(0, op.Size);
        var selector = Known(Peek(step, op.Size) & 0xFFFF, "CS of a far return");
        var level = (int)(selector & 3);
        var code = ReturnCodeSegment(selector, level);
        var top = 2 * step + op.Immediate;
        if (level == Cpl)
        {
            CheckTarget(code, eip);
            MarkAccessed(ref code);
            SetStackPointer(R[Register.Esp] + top);
            EnterCode(code, eip);
            return;
        }
        var esp = Peek(top, op.Size);
        var stack = StackSegment(
            Known(Peek(top + step, op.Size) & 0xFFFF, "SS of a far return"),
            level,
            Fault.Protection
        );
        CheckTarget(code, eip);
        MarkAccessed(ref code);
        S[SegmentRegister.Ss] = stack;
        Cpl = level;
        EnterCode(code, eip);
        SetStackPointer(esp + op.Immediate);
        DropPrivilegedSegments();
    }

    /// <summary>The code segment of a far return to <paramref name="level"/>.</summary>
    private Segment<W> ReturnCodeSegment(uint selector, int level)
    {
        if (IsNull(selector))
            throw Fault.Protection(0);
        var code = ReadDescriptor(selector, Fault.Protection);
        var conforming = Descriptor.IsConforming(code.Attributes);
        if (!Descriptor.IsCode(code.Attributes) || level < Cpl || (conforming ? code.Dpl > level : code.Dpl != level))
            throw Fault.Protection(selector & ~3u);
        if (!code.Usable)
            throw Fault.NotPresent(selector & ~3u);
        return code;
    }

    private static void CheckTarget(in Segment<W> code, W eip, uint external = 0)
    {
        if (eip > code.Limit)
            throw Fault.Protection(external);
    }
}
