using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Interrupts 0..15, the lines of the two controllers, as senders of messages (interface, section 16). Line n has the
/// id n + 1.
/// </summary>
public static class Interrupts
{
    public const uint Lines = 16;

    /// <summary>Rows of the table of interrupts, by id. Rows without a line have no meaning.</summary>
    public const uint Rows = 32;

    /// <summary>The kernel's own lines: the timer, and the line to which the second controller is connected.</summary>
    public const uint Timer = 0,
        Cascade = 2;

    /// <summary>The mask bits that are set while no interrupt has a handler.</summary>
    public const uint AllMasked = (1 << (int)Lines) - 1 & ~(1 << (int)Timer | 1 << (int)Cascade);

    public static Truth IsId<W>(W id)
        where W : struct, IWord<W> => id - 1 < Lines;

    /// <summary>Whether threads may handle the interrupt with this id.</summary>
    public static Truth IsUsers<W>(W id)
        where W : struct, IWord<W> => IsId(id) & (id != Timer + 1) & (id != Cascade + 1);

    /// <summary>The ids of the interrupts that threads may handle.</summary>
    public static IReadOnlyList<uint> OfUsers { get; } =
    [.. Enumerable.Range(0, (int)Rows).Select(id => (uint)id).Where(id => IsUsers((Concrete)id).Known)];

    /// <summary>The bit of the interrupt's line in the masks.</summary>
    public static W Bit<W>(W id)
        where W : struct, IWord<W> => (W)1 << (id - 1);

    /// <summary>
    /// Whether an interrupt may arrive while it is masked. If a request has disappeared, a controller reports its last
    /// line instead (8259A data sheet, "interrupt sequence").
    /// </summary>
    public static bool MayBeSpurious(uint id) => id % 8 == 0;
}
