using System.Runtime.CompilerServices;

namespace Verified.Machine.Processor;

/// <summary>
/// The stack. The B bit of SS selects ESP or SP. ESP changes only after the memory access has succeeded.
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W StackOffset(W esp) => S[SegmentRegister.Ss].Big ? esp : esp & 0xFFFF;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetStackPointer(W esp) =>
        R[Register.Esp] = S[SegmentRegister.Ss].Big ? esp : R[Register.Esp] & 0xFFFF0000 | esp & 0xFFFF;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Push(W value, int size)
    {
        var esp = R[Register.Esp] - (uint)size;
        WriteMemory(SegmentRegister.Ss, StackOffset(esp), size, value);
        SetStackPointer(esp);
    }

    /// <summary>With 32 bits, the upper half of the stack item keeps its old value (SDM vol. 2, PUSH).</summary>
    private void PushSegment(int segment, int size)
    {
        var esp = R[Register.Esp] - (uint)size;
        WriteMemory(SegmentRegister.Ss, StackOffset(esp), 2, S[segment].Selector);
        SetStackPointer(esp);
    }

    /// <summary>The item <paramref name="depth"/> bytes above the top. ESP does not change.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W Peek(uint depth, int size) => ReadMemory(SegmentRegister.Ss, StackOffset(R[Register.Esp] + depth), size);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private W Pop(int size)
    {
        var value = Peek(0, size);
        SetStackPointer(R[Register.Esp] + (uint)size);
        return value;
    }

    /// <summary>POP r/m: an address that uses ESP uses its value after the increment (SDM vol. 2, POP).</summary>
    private void PopOperand(in Operation op)
    {
        var before = R[Register.Esp];
        var value = Pop(op.Size);
        if (op.Target == OperandKind.Register)
        {
            WriteRegister(op.TargetRegister, op.Size, value);
            return;
        }
        var address = EffectiveAddress(op);
        R[Register.Esp] = before;
        WriteMemory(op.Segment, address, op.Size, value);
        SetStackPointer(before + op.Size);
    }

    private void PushAll(int size)
    {
        var top = R[Register.Esp];
        for (var i = 0; i < 8; i++)
        {
            // The 386 starts at the lowest address, which matters if a later item faults (SingleStepTests/80386, 60).
            var register = Model == ProcessorModel.I386 ? 7 - i : i;
            WriteMemory(SegmentRegister.Ss, StackOffset(top - (uint)((register + 1) * size)), size, R[register]);
        }
        SetStackPointer(top - (uint)(8 * size));
    }

    private void PopAll(int size)
    {
        // A faulting access changes no register. The lowest address comes first (SDM vol. 2, POPA).
        for (var i = 0; i < 8 && Model != ProcessorModel.I386; i++)
            Peek((uint)(i * size), size);
        for (var i = 0; i < 8; i++)
        {
            var value = Peek((uint)(i * size), size);
            if (7 - i != Register.Esp)
                WriteRegister(7 - i, size, value);
            else if (size == 4 && Model == ProcessorModel.I386 && !S[SegmentRegister.Ss].Big)
                // The 386 takes the upper half of ESP from the item that it skips (SingleStepTests/80386, 6661;
                // test386.asm).
                R[Register.Esp] = value & 0xFFFF0000 | R[Register.Esp] & 0xFFFF;
        }
        SetStackPointer(R[Register.Esp] + (uint)(8 * size));
    }

    private void Enter(uint frame, uint level, int size)
    {
        var esp = R[Register.Esp];
        var ebp = R[Register.Ebp];
        var top = esp - (uint)size;
        WriteMemory(SegmentRegister.Ss, StackOffset(top), size, ebp);
        // ESP as after a PUSH. On a 16-bit stack its upper half does not change.
        var frameTop = S[SegmentRegister.Ss].Big ? top : esp & 0xFFFF0000 | top & 0xFFFF;
        for (uint i = 1; i < level; i++)
        {
            top -= (uint)size;
            var outer = ReadMemory(SegmentRegister.Ss, StackOffset(ebp - i * (uint)size), size);
            WriteMemory(SegmentRegister.Ss, StackOffset(top), size, outer);
        }
        if (level > 0)
        {
            top -= (uint)size;
            WriteMemory(SegmentRegister.Ss, StackOffset(top), size, frameTop);
        }
        // A write to the new top must be possible, although none is made (SDM vol. 2, ENTER).
        Bus.LoadForStore(LinearToWrite(SegmentRegister.Ss, StackOffset(top - frame), size), size, User);
        WriteRegister(Register.Ebp, size, frameTop);
        SetStackPointer(top - frame);
    }

    private void Leave(int size)
    {
        var frame = R[Register.Ebp];
        var value = ReadMemory(SegmentRegister.Ss, StackOffset(frame), size);
        SetStackPointer(frame + (uint)size);
        WriteRegister(Register.Ebp, size, value);
    }

    private void PushFlags(int size)
    {
        RequireVirtualPrivilege(size);
        Push(VirtualImage(Eflags) & ~(W)(Flag.Virtual8086 | Flag.Resume), size);
    }

    /// <summary>POPF: IOPL changes only at CPL 0, and IF only if CPL is at most IOPL (SDM vol. 2, POPF).</summary>
    private void PopFlags(int size)
    {
        RequireVirtualPrivilege(size);
        var value = Peek(0, size);
        CheckVirtualImage(value);
        SetStackPointer(R[Register.Esp] + (uint)size);
        var changeable = size == 4 ? UserFlags : UserFlags & 0xFFFF;
        SetFlagsByPrivilege(value, changeable);
        _system &= ~(W)Flag.Resume;
        UpdateAlignment();
    }

    private uint UserFlags => Flag.Status | Flag.Trap | Flag.Direction | Flag.NestedTask | _model.Flags;

    /// <summary>The flags that IRET can change in any ring.</summary>
    private uint ReturnFlags => UserFlags | Flag.Resume;

    private void SetFlagsByPrivilege(W value, uint changeable)
    {
        W mask = changeable;
        if (Cpl == 0)
            mask |= Flag.PrivilegeLevel | Flag.Interrupt;
        else if (HasVirtualInterruptFlag)
            (mask, value) = (
                mask | Flag.VirtualInterrupt,
                value & ~(W)Flag.VirtualInterrupt | (value & Flag.Interrupt) << 10
            );
        else
            mask |= W.Select((uint)Cpl <= PrivilegeLevel, Flag.Interrupt, 0);
        StoreFlags(Eflags & ~mask | value & mask);
    }
}
