using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>
/// The segments in which users run: a large space, or, for a task with a small space, the first 4 MB of its own space.
/// </summary>
/// <remarks>
/// Every page directory contains the same region of small spaces: 4 MB for each task, with a copy of the entries of its
/// first page table. So a switch to or from a small space changes the segments, but not CR3. The segments bound the
/// addresses that a thread can reach. Those of a large space end before the region. The flat segment also covers the
/// kernel's part, for the fast path, and cannot be loaded while a small space is active.
/// </remarks>
public static class UserSegments
{
    /// <summary>
    /// The high dwords of data descriptors (SDM 3A, 3.4.5): of a large space and of the flat segment, and of 4 MB from
    /// 0 on.
    /// </summary>
    public const uint FlatHigh = 0x00CFF300,
        SmallHigh = 0x00C0F300;

    /// <summary>
    /// The low dwords: the last bits of a limit in pages. That of code and stack is the same in both kinds of spaces,
    /// so it never changes.
    /// </summary>
    public const uint FlatLow = (Region - Layout.KernelBase) / Layout.PageSize - 1,
        Low = SmallSize / Layout.PageSize - 1;

    /// <summary>The bits of a high dword that make it a code segment, and that make it loadable.</summary>
    public const uint Code = 0x800,
        Present = 0x8000;

    /// <summary>The bits of a high dword that are 0 only for a small space: the first bits of the limit.</summary>
    public const uint LimitMask = 0xF0000;

    /// <summary>
    /// The dword of the TSS with the offset of the I/O bitmap: in a large space, and beyond the TSS in a small one.
    /// </summary>
    public const uint Ports = Layout.TssPortMap << 16,
        NoPorts = 0xFFFF0000;

    /// <summary>
    /// The exceptions of a thread that accesses memory beyond its small space, or loads the flat segment there: segment
    /// not present, stack fault, general protection.
    /// </summary>
    public static readonly IReadOnlyList<uint> Outgrows = [11, 12, FaultMessage.Protection];

    /// <summary>Bytes of a small space.</summary>
    public const uint SmallSize = 4 << 20;

    /// <summary>The linear address of the region of small spaces, up to the end of the address space.</summary>
    public const uint Region = Layout.RegionSlot << 22;

    /// <summary>The offsets of the last bytes of a large space: of its code and stack, and of its data.</summary>
    public const uint LastOfCode = UserSpace.Last,
        LastOfData = Region - 1;

    /// <summary>The linear address of a task's small space.</summary>
    public static W BaseOf<W>(W task)
        where W : struct, IWord<W> => (task << 22) + Region;

    /// <summary>
    /// The address that a user used, computed from the linear address and the high dword of the data descriptor.
    /// </summary>
    public static W AddressOf<W>(W high, W linear)
        where W : struct, IWord<W> => W.Select((high & LimitMask) == 0, linear & (SmallSize - 1), linear);

    /// <summary>
    /// The high dword of the data descriptor of a task's small space; 0 if the region has no room for it.
    /// </summary>
    public static W HighOf<W>(W task)
        where W : struct, IWord<W>
    {
        var start = BaseOf(task);
        return W.Select(task < UserSpace.SmallTasks, (start & 0xFF000000) | ((start >> 16) & 0xFF) | SmallHigh, 0);
    }
}
