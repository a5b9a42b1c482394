using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>The values that a user thread may have in EFLAGS.</summary>
public static class Flags
{
    /// <summary>
    /// CF PF AF ZF SF TF DF OF NT RF AC ID: the bits that ring 3 without I/O privilege can change (SDM 3A, 2.3).
    /// </summary>
    public const uint UserBits = 0x00254DD5;

    /// <summary>Interrupts on, I/O privilege level 0, no virtual-8086 mode; bit 1 is always set.</summary>
    public const uint User = 0x00000202;

    /// <summary>RF: the next instruction raises no instruction breakpoint.</summary>
    public const uint Resume = 0x00010000;

    public static Truth AreUser<W>(W flags)
        where W : struct, IWord<W> => (flags & ~UserBits) == User;
}
