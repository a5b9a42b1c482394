using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Interrupts 0..15, the lines of the two controllers, as senders of messages (interface, section 16): line n has the
/// id n + 1.
/// </summary>
public static class Interrupts
{
    public const uint Lines = 16;

    /// <summary>Rows of the table of interrupts, by id; those of no line mean nothing.</summary>
    public const uint Rows = 32;

    /// <summary>
    /// The lines that are the kernel's: the timer's, and the one that the second controller is behind.
    /// </summary>
    public const uint Timer = 0,
        Cascade = 2;

    /// <summary>What is masked while no thread handles an interrupt, bit by line.</summary>
    public const uint AllMasked = (1 << (int)Lines) - 1 & ~(1 << (int)Timer | 1 << (int)Cascade);

    public static Truth IsId<W>(W id)
        where W : struct, IWord<W> => id - 1 < Lines;

    /// <summary>Whether threads may have the interrupt of an id.</summary>
    public static Truth IsUsers<W>(W id)
        where W : struct, IWord<W> => IsId(id) & (id != Timer + 1) & (id != Cascade + 1);

    /// <summary>The ids of the interrupts that threads may have.</summary>
    public static IReadOnlyList<uint> OfUsers { get; } =
    [.. Enumerable.Range(0, (int)Rows).Select(id => (uint)id).Where(id => IsUsers((Concrete)id).Known)];

    /// <summary>The bit of its line among those that are masked.</summary>
    public static W Bit<W>(W id)
        where W : struct, IWord<W> => (W)1 << (id - 1);

    /// <summary>
    /// Whether an interrupt may come that is masked: a controller reports one that has gone as one of its last line
    /// (8259A data sheet, "interrupt sequence").
    /// </summary>
    public static bool MayBeSpurious(uint id) => id % 8 == 0;
}
