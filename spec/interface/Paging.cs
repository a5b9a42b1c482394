using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// The sizes of the tables for mappings. Like the sizes in <see cref="Limits"/>, they are powers of two.
/// </summary>
/// <param name="Frames">Page frames 0..Frames-1 of 4 KB. Frame 0 belongs to nobody.</param>
/// <param name="Nodes">
/// Mappings, σ0's included. Row f of the table of mappings is σ0's mapping of frame f; σ0's mappings of ports follow.
/// </param>
/// <param name="Tables">Page tables of all spaces together; number 0 means none.</param>
public sealed record Paging(uint Frames, uint Nodes, uint Tables)
{
    /// <summary>64 MB of frames, all ports, 45,056 mappings besides those of σ0, 256 page tables.</summary>
    public static readonly Paging Shipping = new(16384, 65536, 256) { Ports = 4096 };

    /// <summary>A very small size: the default of kernels below the shipping size.</summary>
    public static readonly Paging Small = new(4, 16, 4);

    /// <summary>The largest depth of a mapping.</summary>
    public const uint MostDepth = 255;

    /// <summary>The largest number of page tables.</summary>
    public const uint MostTables = 512;

    /// <summary>Pages of a page table; 1,024 on the processor.</summary>
    public uint Entries { get; init; } = 1024;

    /// <summary>Page tables of a space; 1,024 on the processor.</summary>
    public uint Slots { get; init; } = 1024;

    /// <summary>
    /// A step of an operation passes over this many pages of a page table at once if all of them are empty. A power of
    /// two; groups begin at its multiples.
    /// </summary>
    public uint EmptyPages => Math.Min(Entries, 8);

    /// <summary>A step of a deletion passes over this many page tables at once if all of them are free.</summary>
    public uint FreeTables => Math.Min(Tables, 8);

    /// <summary>A page shifted right by these bits is its slot.</summary>
    public uint EntryBits => Limits.Bits(Entries);

    /// <summary>A row of the table of slots shifted right by these bits is its task.</summary>
    public uint SlotBits => Limits.Bits(Slots);

    /// <summary>The bits of a page that are its entry in its page table.</summary>
    public uint EntryMask => Entries - 1;

    /// <summary>The bits of a row of the table of slots that are the slot.</summary>
    public uint SlotMask => Slots - 1;

    /// <summary>
    /// Groups of 16 I/O ports. In every space they have the first pages of the kernel's part, where users have no
    /// memory. Their frames follow those of memory. These pages are never in a page table of the processor; they appear
    /// in its I/O bitmap.
    /// </summary>
    public uint Ports { get; init; }

    /// <summary>
    /// The number of frames of memory and groups of ports. The row of the same number in the table of mappings is σ0's
    /// mapping.
    /// </summary>
    public uint Roots => Frames + Ports;

    /// <summary>Pages of a space, including the kernel's part.</summary>
    public uint Pages => Entries * Slots;

    /// <summary>Pages of memory that users may have. The last sixteenth of every space is the kernel's.</summary>
    public uint UserPages => (Slots - Slots / 16) * Entries;

    /// <summary>The number of slots, from the first, in which a space may have page tables.</summary>
    public uint UserSlots => (UserPages + Ports + Entries - 1) / Entries;

    /// <summary>The page at which σ0 has a frame; for ports, the page at which every space has them.</summary>
    public W Home<W>(W frame)
        where W : struct, IWord<W> => frame + W.Select(frame < Frames, 0, UserPages - Frames);

    /// <summary>
    /// The number of pages from a page to the end of memory, or to the end of the ports; 0 for a page that is neither.
    /// </summary>
    public W RestOf<W>(W page)
        where W : struct, IWord<W> =>
        W.Select(page < UserPages, UserPages - page, W.Select(page < UserPages + Ports, UserPages + Ports - page, 0));

    internal void Checked()
    {
        Limits.Require(Frames, 2, 1 << 20, nameof(Frames));
        Limits.Require(Nodes, 2 * Frames, 1 << 20, nameof(Nodes));
        if (Roots >= Nodes || UserSlots > Slots)
            throw new ArgumentOutOfRangeException(nameof(Ports), Ports, "there is no room for so many");
        Limits.Require(Tables, 2, MostTables, nameof(Tables));
        Limits.Require(Entries, 1, 1024, nameof(Entries));
        Limits.Require(Slots, 1, 1024, nameof(Slots));
    }
}
