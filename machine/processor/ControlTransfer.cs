using System.Runtime.CompilerServices;
using Verified.Spec.Values;

namespace Verified.Machine.Processor;

/// <summary>Near jumps, calls, returns and loops (SDM vol. 2). EIP is already past the instruction.</summary>
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
}
