using Verified.Spec.Values;

namespace Verified.Machine.Processor;

/// <summary>
/// Instructions that examine descriptors without loading them, and checks that a program requests (SDM vol. 2).
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    private const uint LowFlags = Flag.Sign | Flag.Zero | Flag.Adjust | Flag.Parity | Flag.Carry;

    private W TableOffset(in Operation op)
    {
        var offset = R[Register.Ebx] + (R[Register.Eax] & 0xFF);
        return (op.Prefix & Prefix.Address16) == 0 ? offset : offset & 0xFFFF;
    }

    private void SetZero(Truth zero)
    {
        Materialise();
        _stored = _stored & ~(W)Flag.Zero | W.Select(zero, Flag.Zero, 0);
    }

    /// <summary>The descriptor of a selector; null if the selector is null or beyond its table.</summary>
    private Segment<W>? Look(W value)
    {
        var selector = Known(value & 0xFFFF, "a selector");
        var local = (selector & 4) != 0;
        if (IsNull(selector) || (local && !LocalTable.Usable))
            return null;
        if ((selector | 7) > (local ? LocalTable.Limit : GdtLimit))
            return null;
        return ReadDescriptor(selector, Fault.Protection);
    }

    private bool IsVisible(W selector, in Segment<W> segment) =>
        Descriptor.IsConforming(segment.Attributes)
        || Math.Max((uint)Cpl, Known(selector & 3, "a selector")) <= segment.Dpl;

    private bool IsAccessible(in Operation op, bool write)
    {
        RequireDescriptors();
        var selector = Target(op);
        if (Look(selector) is not { } segment || !IsVisible(selector, segment))
            return false;
        return write
            ? Descriptor.IsWritable(segment.Attributes)
            : Descriptor.IsData(segment.Attributes) || Descriptor.IsReadableCode(segment.Attributes);
    }

    private void LoadAccessRights(in Operation op)
    {
        RequireDescriptors();
        var selector = Source(op, 2);
        var segment = Look(selector);
        var valid =
            segment is { } s
            && IsVisible(selector, s)
            && (
                (s.Attributes & Descriptor.NotSystem) != 0
                || Descriptor.Type(s.Attributes) is 1 or 2 or 3 or 4 or 5 or 9 or 11 or 12
            );
        if (valid)
            WriteRegister(
                op.TargetRegister,
                op.Size,
                segment!.Value.Attributes & (op.Size == 2 ? 0xFF00u : Descriptor.Mask)
            );
        SetZero(valid);
    }

    private void LoadSegmentLimit(in Operation op)
    {
        RequireDescriptors();
        var selector = Source(op, 2);
        var segment = Look(selector);
        var valid =
            segment is { } s
            && IsVisible(selector, s)
            && ((s.Attributes & Descriptor.NotSystem) != 0 || Descriptor.Type(s.Attributes) is 1 or 2 or 3 or 9 or 11);
        if (valid)
            WriteRegister(op.TargetRegister, op.Size, segment!.Value.Limit);
        SetZero(valid);
    }

    /// <summary>ARPL: memory is written, and must be writable, only if the RPL changes.</summary>
    private void AdjustPrivilege(in Operation op)
    {
        RequireDescriptors();
        var target = op.Target == OperandKind.Register ? ReadRegister(op.TargetRegister, 2) : ReadMemory(op, 2);
        var rpl = ReadRegister(op.SourceRegister, 2) & 3;
        var lower = (target & 3) < rpl;
        if (lower)
        {
            var adjusted = target & ~(W)3u | rpl;
            if (op.Target == OperandKind.Register)
                WriteRegister(op.TargetRegister, 2, adjusted);
            else
                WriteMemory(op.Segment, EffectiveAddress(op), 2, adjusted);
        }
        SetZero(lower);
    }

    private void CheckBounds(in Operation op)
    {
        var offset = EffectiveAddress(op);
        var index = SignExtend(ReadRegister(op.TargetRegister, op.Size), op.Size);
        var lower = SignExtend(ReadMemory(op.Segment, offset, op.Size), op.Size);
        var upper = SignExtend(ReadMemory(op.Segment, Beyond(op, offset, op.Size), op.Size), op.Size);
        if (W.LessSigned(index, lower) | W.LessSigned(upper, index))
            throw new Fault(Vectors.BoundRange);
    }
}
