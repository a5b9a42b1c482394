using System.Runtime.CompilerServices;
using Verified.Spec.Values;

namespace Verified.Machine.Processor;

/// <summary>Jumps, calls, returns and loops (SDM vol. 2). EIP is already past the instruction.</summary>
public sealed partial class Ia32<W, TBus>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Jump(W target, int size)
    {
        if (size == 2)
            target &= 0xFFFF;
        if (!S[SegmentRegister.Cs].FlatToRead)
            CheckTarget(S[SegmentRegister.Cs], target);
        Eip = target;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void JumpBy(in Operation op) => Jump(Eip + op.Immediate, op.Size);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Call(W target, int size)
    {
        var next = Eip;
        if (size == 2)
            target &= 0xFFFF;
        if (!S[SegmentRegister.Cs].FlatToRead)
            CheckTarget(S[SegmentRegister.Cs], target);
        Push(next, size);
        Eip = target;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Return(in Operation op)
    {
        Jump(Peek(0, op.Size), op.Size);
        SetStackPointer(R[Register.Esp] + op.Size + op.Immediate);
    }

    /// <summary>The counter of LOOP and JCXZ, by address size.</summary>
    private W Counter(in Operation op) =>
        (op.Prefix & Prefix.Address16) == 0 ? R[Register.Ecx] : R[Register.Ecx] & 0xFFFF;

    private void SetCounter(in Operation op, W value) =>
        WriteRegister(Register.Ecx, (op.Prefix & Prefix.Address16) == 0 ? 4 : 2, value);

    private void LoopWhile(in Operation op, Truth condition)
    {
        var count = Counter(op) - 1;
        var left = (op.Prefix & Prefix.Address16) == 0 ? count : count & 0xFFFF;
        if (left != 0 & condition)
            JumpBy(op);
        SetCounter(op, count);
    }

    /// <summary>The far pointer of a jump or call: in the instruction, or in memory with the offset first.</summary>
    private W FarOffset(in Operation op) => op.Target == OperandKind.Memory ? ReadMemory(op, op.Size) : op.Immediate;

    private uint FarSelector(in Operation op) => op.Target == OperandKind.Memory
        ? Known(ReadMemory(op.Segment, EffectiveAddress(op) + op.Size, 2), "a far pointer's selector")
        : op.Extra;

    /// <summary>JMP to a code segment; gates and tasks are another mode of the instruction that is not here.</summary>
    private void JumpFar(uint selector, W target)
    {
        var code = DirectCodeSegment(selector, target);
        S[SegmentRegister.Cs] = code;
        Eip = target;
    }

    private void CallFar(uint selector, W target, int size)
    {
        var code = DirectCodeSegment(selector, target);
        var esp = R[Register.Esp];
        WriteMemory(SegmentRegister.Ss, StackOffset(esp - (uint)size), size, S[SegmentRegister.Cs].Selector);
        WriteMemory(SegmentRegister.Ss, StackOffset(esp - (uint)(2 * size)), size, Eip);
        SetStackPointer(esp - (uint)(2 * size));
        S[SegmentRegister.Cs] = code;
        Eip = target;
    }

    private Segment<W> DirectCodeSegment(uint selector, W target)
    {
        if (IsNull(selector))
            throw Fault.Protection(0);
        var code = ReadDescriptor(selector, Fault.Protection);
        if ((code.Attributes & Descriptor.NotSystem) == 0 && Descriptor.Type(code.Attributes) is 1 or 4 or 5 or 9 or 12)
            throw Unimplemented("far transfer through a gate or to a task");
        var allowed = Descriptor.IsConforming(code.Attributes) ? code.Dpl <= Cpl : (selector & 3) <= Cpl && code.Dpl == Cpl;
        if (!Descriptor.IsCode(code.Attributes) || !allowed)
            throw Fault.Protection(selector & ~3u);
        if (!code.Usable)
            throw Fault.NotPresent(selector & ~3u);
        CheckTarget(code, target);
        MarkAccessed(ref code);
        code.Selector = selector & ~3u | (uint)Cpl;
        return code;
    }

    private void ReturnFar(in Operation op)
    {
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
            S[SegmentRegister.Cs] = code;
            Eip = eip;
            return;
        }
        var esp = Peek(top, op.Size);
        var stack = StackSegment(Known(Peek(top + step, op.Size) & 0xFFFF, "SS of a far return"), level, Fault.Protection);
        CheckTarget(code, eip);
        MarkAccessed(ref code);
        S[SegmentRegister.Cs] = code;
        S[SegmentRegister.Ss] = stack;
        Cpl = level;
        Eip = eip;
        SetStackPointer(esp + op.Immediate);
        DropPrivilegedSegments();
    }
}
