using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>
/// The segments that users run in: those of the whole space, or, for a task that has been given a small one, the 4 MB
/// of its first page table.
/// </summary>
/// <remarks>
/// Nobody's page directory has every page table of the users' at 4 MB times its number. There a small space is what is
/// mapped in the first 4 MB of its task's own: between two that are small the processor's segments change, and CR3 does
/// not. What a thread can reach there is within its segments; the flat one, which is as large as memory, cannot be
/// loaded meanwhile.
/// </remarks>
public static class UserSegments
{
    /// <summary>High dwords of descriptors of data (SDM 3A, 3.4.5): all of memory; 4 MB from 0 on.</summary>
    public const uint FlatHigh = 0x00CFF300,
        SmallHigh = 0x00C0F300;

    /// <summary>Their low dwords: the last bits of a limit in pages.</summary>
    public const uint FlatLow = 0xFFFF,
        SmallLow = SmallSize / Layout.PageSize - 1;

    /// <summary>Where in a high dword it differs by code and data, and by whether it can be loaded.</summary>
    public const uint Code = 0x800,
        Present = 0x8000;

    /// <summary>Bits of a high dword that are 0 just for a small space: the first of the limit.</summary>
    public const uint LimitMask = 0xF0000;

    /// <summary>
    /// Exceptions by which a thread uses what is beyond its small space, or the segment that cannot be loaded there:
    /// segment not present, stack, general protection.
    /// </summary>
    public static readonly IReadOnlyList<uint> Outgrows = [11, 12, FaultMessage.Protection];

    /// <summary>Bytes of a small space.</summary>
    public const uint SmallSize = 4 << 20;

    /// <summary>Linear address of a page table's pages in nobody's directory.</summary>
    public static W BaseOf<W>(W table)
        where W : struct, IWord<W> => table << 22;

    /// <summary>
    /// The address that a user has used, of a linear one, where the descriptor for data has this high dword.
    /// </summary>
    public static W AddressOf<W>(W high, W linear)
        where W : struct, IWord<W> => W.Select((high & LimitMask) == 0, linear & (SmallSize - 1), linear);

    /// <summary>The high dword for data of the small space that is a page table's.</summary>
    public static W HighOf<W>(W table)
        where W : struct, IWord<W>
    {
        var start = BaseOf(table);
        return (start & 0xFF000000) | ((start >> 16) & 0xFF) | SmallHigh;
    }
}
