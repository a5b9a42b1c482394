using System.Runtime.CompilerServices;
using Verified.Spec.Values;

namespace Verified.Machine.Processor;

/// <summary>
/// Operands: registers of each width, effective addresses, and memory through a segment's checks (SDM vol. 1, 3.7).
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    // The linear address of a read-modify-write operand, between its load and its store.
    private W _address;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W ReadRegister(int register, int size) =>
        size == 4 ? R[register]
        : size == 2 ? R[register] & 0xFFFF
        : R[register & 3] >> (uint)((register & 4) << 1) & 0xFF;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void WriteRegister(int register, int size, W value)
    {
        if (size == 4)
            R[register] = value;
        else
            WriteNarrowRegister(register, size, value);
    }

    private void WriteNarrowRegister(int register, int size, W value)
    {
        if (size == 2)
            R[register] = R[register] & 0xFFFF0000 | value & 0xFFFF;
        else if (register < 4)
            R[register] = R[register] & 0xFFFFFF00 | value & 0xFF;
        else
            R[register - 4] = R[register - 4] & 0xFFFF00FF | (value & 0xFF) << 8;
    }

    /// <summary>The offset of the memory operand in its segment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W EffectiveAddress(in Operation op)
    {
        var offset = R[op.Base] + op.Displacement;
        if (op.Index != Register.None)
            offset += op.Scale == 0 ? R[op.Index] : R[op.Index] << op.Scale;
        else if (op.Scale != 0 && Model == ProcessorModel.I386)
            // A scale without an index is undefined (386 manual, 17.2.1): the 386 scales the base.
            offset = (R[op.Base] << op.Scale) + op.Displacement;
        return (op.Prefix & Prefix.Address16) == 0 ? offset : offset & 0xFFFF;
    }

    /// <summary>The offset of a later part of a memory operand. A 16-bit address wraps.</summary>
    private static W Beyond(in Operation op, W offset, int distance) =>
        (op.Prefix & Prefix.Address16) == 0 ? offset + (uint)distance : offset + (uint)distance & 0xFFFF;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W LinearToRead(int segment, W offset, int size) =>
        S[segment].FlatToRead ? offset : CheckedLinear(segment, offset, size, write: false);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W LinearToWrite(int segment, W offset, int size) =>
        S[segment].FlatToWrite ? offset : CheckedLinear(segment, offset, size, write: true);

    /// <summary>
    /// Checks the type and limit for an access of <paramref name="size"/> bytes (SDM vol. 3, 5.3 and 5.5).
    /// </summary>
    private W CheckedLinear(int segment, W offset, int size, bool write)
    {
        ref var s = ref S[segment];
        var allowed =
            s.Usable
            && (
                write
                    ? Descriptor.IsWritable(s.Attributes)
                    : Descriptor.IsData(s.Attributes) || Descriptor.IsReadableCode(s.Attributes)
            );
        if (!allowed || Outside(s, offset, size))
            throw segment == SegmentRegister.Ss ? Fault.Stack(0) : Fault.Protection(0);
        CheckAlignment(s.Base + offset, size);
        return s.Base + offset;
    }

    private static Truth Outside(in Segment<W> s, W offset, int size)
    {
        var last = offset + (uint)(size - 1);
        if (!Descriptor.IsExpandDown(s.Attributes))
            return last > s.Limit | last < offset;
        return offset <= s.Limit | last < offset | last > (s.Big ? uint.MaxValue : 0xFFFFu);
    }

    private W ReadMemory(int segment, W offset, int size) => Bus.Load(LinearToRead(segment, offset, size), size, User);

    private void WriteMemory(int segment, W offset, int size, W value) =>
        Bus.Store(LinearToWrite(segment, offset, size), size, value, User);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W ReadMemory(in Operation op, int size) => ReadMemory(op.Segment, EffectiveAddress(op), size);

    /// <summary>The second operand's value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W Source(in Operation op) => Source(op, op.Size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W Source(in Operation op, int size) =>
        op.Source switch
        {
            OperandKind.Register => ReadRegister(op.SourceRegister, size),
            OperandKind.Immediate => op.Immediate,
            _ => ReadMemory(op, size),
        };

    /// <summary>The first operand's value, if it is only read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W Target(in Operation op) =>
        op.Target switch
        {
            OperandKind.Register => ReadRegister(op.TargetRegister, op.Size),
            OperandKind.Immediate => op.Immediate,
            _ => ReadMemory(op, op.Size),
        };

    /// <summary>
    /// The first operand's value, if <see cref="Modify"/> follows. Raises the fault that the store would raise.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W ToModify(in Operation op)
    {
        if (op.Target == OperandKind.Register)
            return ReadRegister(op.TargetRegister, op.Size);
        _address = LinearToWrite(op.Segment, EffectiveAddress(op), op.Size);
        return Bus.LoadForStore(_address, op.Size, User);
    }

    /// <summary>Writes the operand that <see cref="ToModify"/> read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Modify(in Operation op, W value)
    {
        if (op.Target == OperandKind.Register)
            WriteRegister(op.TargetRegister, op.Size, value);
        else
            Bus.Store(_address, op.Size, value, User);
    }

    /// <summary>Writes the first operand, if it is not read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Write(in Operation op, W value)
    {
        if (op.Target == OperandKind.Register)
            WriteRegister(op.TargetRegister, op.Size, value);
        else
            WriteMemory(op.Segment, EffectiveAddress(op), op.Size, value);
    }

    private W Port(OperandKind kind, uint immediate) =>
        kind == OperandKind.Immediate ? immediate : R[Register.Edx] & 0xFFFF;

    /// <summary>The source is read, and may fault, even if the condition is false.</summary>
    private void ConditionalMove(in Operation op)
    {
        RequireModel(ProcessorModel.PentiumII);
        var value = Source(op);
        WriteRegister(
            op.TargetRegister,
            op.Size,
            W.Select(Holds(op.Extra), value, ReadRegister(op.TargetRegister, op.Size))
        );
    }

    private void StoreSegment(in Operation op)
    {
        // To memory, 16 bits are written regardless of the operand size. To a register, they are zero-extended.
        if (op.Target == OperandKind.Memory)
            WriteMemory(op.Segment, EffectiveAddress(op), 2, S[op.SourceRegister].Selector);
        else
            Write(op, S[op.SourceRegister].Selector);
    }
}
