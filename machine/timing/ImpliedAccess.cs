using Iced.Intel;

namespace Verified.Machine.Timing;

/// <summary>Data that the processor itself reads or writes, besides an instruction's operands.</summary>
public enum ImpliedAccess
{
    /// <summary>The descriptor from which a segment register is loaded.</summary>
    Segment,

    /// <summary>The descriptor of CS.</summary>
    Code,

    /// <summary>The descriptor of SS.</summary>
    Stack,

    /// <summary>The gate in the IDT.</summary>
    Gate,

    /// <summary>The inner ring's stack pointer in the TSS.</summary>
    InnerStack,

    /// <summary>The frame that a gate pushes.</summary>
    PushedFrame,

    /// <summary>The frame that IRET pops.</summary>
    PoppedFrame,
}

/// <summary>The processor's own accesses for each instruction (SDM vol. 3, 3.4 and 6.12).</summary>
public static class ImpliedAccesses
{
    /// <summary>The sizes in bytes of a descriptor, and of the frame that a gate or IRET moves between rings.</summary>
    public const int DescriptorSize = 8,
        FrameSize = 20;

    public static bool IsGate(in Instruction i) =>
        i.Mnemonic is Mnemonic.Int or Mnemonic.Int3 or Mnemonic.Iret or Mnemonic.Iretd;

    /// <summary>The accesses of an instruction that goes from one ring to another, or stays in its ring.</summary>
    public static IReadOnlyList<ImpliedAccess> Of(in Instruction i, int ring, int nextRing)
    {
        List<ImpliedAccess> accesses = [];
        if (
            i.OpCount > 0
            && i.Op0Kind == OpKind.Register
            && i.Op0Register.IsSegmentRegister()
            && i.Mnemonic is Mnemonic.Mov or Mnemonic.Pop
        )
            accesses.Add(ImpliedAccess.Segment);
        if (!IsGate(i))
            return accesses;
        return i.Mnemonic is Mnemonic.Iret or Mnemonic.Iretd
            ? [.. Segments(ring, nextRing), ImpliedAccess.PoppedFrame]
            : OfGate(ring, nextRing);
    }

    /// <summary>The accesses of INT, an exception or an interrupt.</summary>
    public static IReadOnlyList<ImpliedAccess> OfGate(int ring, int nextRing) =>
        [
            .. Segments(ring, nextRing),
            ImpliedAccess.Gate,
            .. nextRing < ring ? [ImpliedAccess.InnerStack] : (ImpliedAccess[])[],
            ImpliedAccess.PushedFrame,
        ];

    private static ImpliedAccess[] Segments(int ring, int nextRing) =>
        ring == nextRing ? [ImpliedAccess.Code] : [ImpliedAccess.Code, ImpliedAccess.Stack];
}
