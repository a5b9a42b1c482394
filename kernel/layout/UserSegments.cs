using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>
/// The segments in which users run: the whole space, or, for a task with a small space, the 4 MB of its first page
/// table.
/// </summary>
/// <remarks>
/// Task 0's page directory contains every user page table, at 4 MB times its number. A small space is the first 4 MB of
/// its task's own space, seen through this directory. A switch between two small spaces changes the segments, but not
/// CR3. The segments bound the addresses that a thread can reach. The flat segment covers all of memory, so it cannot
/// be loaded while a small space is active.
/// </remarks>
public static class UserSegments
{
    /// <summary>
    /// The high dwords of data descriptors (SDM 3A, 3.4.5): for all of memory, and for 4 MB from 0 on.
    /// </summary>
    public const uint FlatHigh = 0x00CFF300,
        SmallHigh = 0x00C0F300;

    /// <summary>The low dwords of these descriptors: the last bits of a limit in pages.</summary>
    public const uint FlatLow = 0xFFFF,
        SmallLow = SmallSize / Layout.PageSize - 1;

    /// <summary>The bits of a high dword that make it a code segment, and that make it loadable.</summary>
    public const uint Code = 0x800,
        Present = 0x8000;

    /// <summary>The bits of a high dword that are 0 only for a small space: the first bits of the limit.</summary>
    public const uint LimitMask = 0xF0000;

    /// <summary>
    /// The exceptions of a thread that accesses memory beyond its small space, or loads the flat segment there: segment
    /// not present, stack fault, general protection.
    /// </summary>
    public static readonly IReadOnlyList<uint> Outgrows = [11, 12, FaultMessage.Protection];

    /// <summary>Bytes of a small space.</summary>
    public const uint SmallSize = 4 << 20;

    /// <summary>The linear address of a page table's pages in task 0's directory.</summary>
    public static W BaseOf<W>(W table)
        where W : struct, IWord<W> => table << 22;

    /// <summary>
    /// The address that a user used, computed from the linear address and the high dword of the data descriptor.
    /// </summary>
    public static W AddressOf<W>(W high, W linear)
        where W : struct, IWord<W> => W.Select((high & LimitMask) == 0, linear & (SmallSize - 1), linear);

    /// <summary>The high dword of the data descriptor of a page table's small space.</summary>
    public static W HighOf<W>(W table)
        where W : struct, IWord<W>
    {
        var start = BaseOf(table);
        return (start & 0xFF000000) | ((start >> 16) & 0xFF) | SmallHigh;
    }
}
