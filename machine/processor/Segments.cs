namespace Verified.Machine.Processor;

/// <summary>Descriptors and segment register loads (SDM vol. 3, 3.4 and 5.5..5.8).</summary>
public sealed partial class Ia32<W, TBus>
{
    private static bool IsNull(uint selector) => (selector & ~3u) == 0;

    /// <summary>
    /// Reads the descriptor of a selector that is not null. If the selector is beyond its table, throws <c>#GP</c>, or
    /// <c>#TS</c> during a stack switch, with <paramref name="external"/> in bit 0 of the error code.
    /// </summary>
    private Segment<W> ReadDescriptor(uint selector, Func<uint, Fault> beyond, uint external = 0)
    {
        var (low, high) = DescriptorWords(selector, beyond, external);
        return Unpack(selector, low, high);
    }

    private (W Low, W High) DescriptorWords(uint selector, Func<uint, Fault> beyond, uint external)
    {
        var local = (selector & 4) != 0;
        var limit = local ? LocalTable.Limit : GdtLimit;
        if (local && !LocalTable.Usable)
            throw beyond(selector & ~3u | external);
        if ((selector | 7) > limit)
            throw beyond(selector & ~3u | external);
        var address = (local ? LocalTable.Base : GdtBase) + (selector & ~7u);
        return (Bus.Load(address, 4, false), Bus.Load(address + 4, 4, false));
    }

    private static Segment<W> Unpack(uint selector, W low, W high) =>
        Segment<W>.Unpack(selector, low, high, Known(high & Descriptor.Mask, "a descriptor's type and rights"));

    /// <summary>
    /// Sets the accessed bit in the table if it is clear, as the processor does when it loads a segment register.
    /// </summary>
    private void MarkAccessed(ref Segment<W> segment)
    {
        if ((segment.Attributes & Descriptor.Accessed) != 0)
            return;
        var selector = Known(segment.Selector, "a selector");
        var address = ((selector & 4) != 0 ? LocalTable.Base : GdtBase) + (selector & ~7u) + 5;
        segment.Attributes |= Descriptor.Accessed;
        Bus.Store(address, 1, segment.Attributes >> 8 & 0xFF, false);
    }

    /// <summary>MOV, POP and far-pointer loads of DS, ES, FS, GS and SS.</summary>
    internal void LoadSegment(int register, W value)
    {
        if (register == SegmentRegister.Cs)
            throw Fault.UndefinedOpcode();
        if (RealAddressing)
            S[register] = RealSegment(register, value);
        else if (register == SegmentRegister.Ss)
            S[register] = StackSegment(Known(value & 0xFFFF, "a selector"), Cpl, Fault.Protection);
        else
            S[register] = DataSegment(Known(value & 0xFFFF, "a selector"), Fault.Protection);
        UpdateAlignment();
    }

    /// <summary>
    /// MOV and POP of SS: no interrupt comes before the next instruction, which sets ESP (SDM vol. 2).
    /// </summary>
    private void MoveToSegment(int register, W value)
    {
        LoadSegment(register, value);
        InterruptShadow = register == SegmentRegister.Ss;
    }

    private void PopSegment(in Operation op)
    {
        // The pop uses the old stack, whatever the size of the new one.
        var esp = R[Register.Esp] + op.Size;
        var next = S[SegmentRegister.Ss].Big ? esp : R[Register.Esp] & 0xFFFF0000 | esp & 0xFFFF;
        // The 386 reads only the selector, so the rest of a dword may be beyond the limit (SingleStepTests/80386,
        // 6607).
        MoveToSegment(op.TargetRegister, Peek(0, Model == ProcessorModel.I386 ? 2 : op.Size));
        R[Register.Esp] = next;
    }

    /// <summary>A segment for DS, ES, FS or GS. A null selector makes it unusable.</summary>
    private Segment<W> DataSegment(uint selector, Func<uint, Fault> wrong, uint external = 0)
    {
        if (IsNull(selector))
            return Segment<W>.Load(selector, 0, 0, 0);
        var segment = ReadDescriptor(selector, wrong, external);
        var a = segment.Attributes;
        var readable = Descriptor.IsData(a) || Descriptor.IsReadableCode(a);
        var privileged = !Descriptor.IsConforming(a) && Math.Max(selector & 3, (uint)Cpl) > segment.Dpl;
        if (!readable || privileged)
            throw wrong(selector & ~3u | external);
        if (!segment.Usable)
            throw Fault.NotPresent(selector & ~3u | external);
        MarkAccessed(ref segment);
        return segment;
    }

    /// <summary>
    /// A stack segment for <paramref name="level"/>. An unsuitable segment raises <paramref name="wrong"/>, or #SS.
    /// </summary>
    private Segment<W> StackSegment(uint selector, int level, Func<uint, Fault> wrong, uint external = 0)
    {
        if (IsNull(selector))
            throw wrong(external);
        var segment = ReadDescriptor(selector, wrong, external);
        if ((selector & 3) != level || segment.Dpl != level || !Descriptor.IsWritable(segment.Attributes))
            throw wrong(selector & ~3u | external);
        if (!segment.Usable)
            throw Fault.Stack(selector & ~3u | external);
        MarkAccessed(ref segment);
        return segment;
    }

    /// <summary>
    /// After a return to an outer ring, makes the data segments null that this ring may not use (SDM vol. 2, RET).
    /// </summary>
    private void DropPrivilegedSegments()
    {
        for (var register = 0; register < 6; register++)
        {
            if (register is SegmentRegister.Cs or SegmentRegister.Ss)
                continue;
            ref var segment = ref S[register];
            if (segment.Usable && !Descriptor.IsConforming(segment.Attributes) && segment.Dpl < Cpl)
                segment = Segment<W>.Load(0, 0, 0, 0);
        }
    }

    private void LoadFarPointer(in Operation op)
    {
        var offset = EffectiveAddress(op);
        var value = ReadMemory(op.Segment, offset, op.Size);
        var selector = ReadMemory(op.Segment, Beyond(op, offset, op.Size), 2);
        LoadSegment(op.Extra, selector);
        WriteRegister(op.TargetRegister, op.Size, value);
    }
}
