namespace Verified.Machine.Processor;

/// <summary>
/// Real-address and virtual-8086 mode: segments without descriptors, and interrupts through the table at the IDT's base
/// (SDM vol. 3, chapter 20).
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    /// <summary>A present, writable data segment of 64 KB with privilege level 0, or 3.</summary>
    private const uint RealRights = 0x9300,
        VirtualRights = 0xF300;

    /// <summary>
    /// The result of a segment register load. In real mode only CS gets a fixed limit and fixed rights. The other
    /// registers keep theirs, which is how programs reach 4 GB in real mode.
    /// </summary>
    private Segment<W> RealSegment(int register, W selector)
    {
        selector &= 0xFFFF;
        var @base = selector << 4;
        if (Virtual)
            return Segment<W>.Load(selector, @base, 0xFFFF, VirtualRights);
        ref var old = ref S[register];
        return register == SegmentRegister.Cs || !old.Usable
            ? Segment<W>.Load(selector, @base, 0xFFFF, RealRights)
            : Segment<W>.Load(selector, @base, old.Limit, old.Attributes);
    }

    private void JumpReal(W selector, W target)
    {
        if (target > 0xFFFF)
            throw Fault.Protection(0);
        S[SegmentRegister.Cs] = RealSegment(SegmentRegister.Cs, selector);
        Eip = target;
    }

    private void InterruptReal(int vector)
    {
        // On a 386, a table that is too small raises exception 8 (386 Programmer's Reference Manual, 14.3).
        if ((uint)vector * 4 + 3 > IdtLimit)
            throw Model == ProcessorModel.I386
                ? new Fault(Vectors.DoubleFault, 0)
                : Fault.Protection((uint)vector * 8 + 2);
        EnterReal(
            Bus.Load(IdtBase + (uint)vector * 4, 4, false),
            Eflags,
            Flag.Interrupt | Flag.AlignmentCheck & _model.Flags
        );
    }

    /// <summary>
    /// Jumps to the far pointer <paramref name="target"/> after it has pushed the low half of <paramref name="flags"/>.
    /// </summary>
    private void EnterReal(W target, W flags, uint cleared)
    {
        var esp = R[Register.Esp];
        WriteMemory(SegmentRegister.Ss, StackOffset(esp - 2), 2, flags & 0xFFFF);
        WriteMemory(SegmentRegister.Ss, StackOffset(esp - 4), 2, S[SegmentRegister.Cs].Selector);
        WriteMemory(SegmentRegister.Ss, StackOffset(esp - 6), 2, Eip & 0xFFFF);
        SetStackPointer(esp - 6);
        S[SegmentRegister.Cs] = RealSegment(SegmentRegister.Cs, target >> 16);
        Eip = target & 0xFFFF;
        _system &= ~(W)(Flag.Trap | Flag.Resume | cleared);
    }

    /// <summary>IRET and far RET. IRET also pops the flags.</summary>
    private void ReturnReal(int size, bool flags, uint release)
    {
        var step = (uint)size;
        var eip = Peek(0, size);
        var selector = Peek(step, size);
        var popped = flags ? Peek(2 * step, size) : 0;
        if (eip > 0xFFFF)
            throw Fault.Protection(0);
        if (flags)
            CheckVirtualImage(popped);
        SetStackPointer(R[Register.Esp] + (flags ? 3u : 2u) * step + release);
        S[SegmentRegister.Cs] = RealSegment(SegmentRegister.Cs, selector);
        Eip = eip;
        if (flags)
            SetFlagsByPrivilege(popped, size == 4 ? ReturnFlags : ReturnFlags & 0xFFFF);
        UpdateAlignment();
    }

    /// <summary>Instructions on descriptors do not exist in real and virtual-8086 mode.</summary>
    private void RequireDescriptors()
    {
        if (RealAddressing)
            throw Fault.UndefinedOpcode();
    }
}
