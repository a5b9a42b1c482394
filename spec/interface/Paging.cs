using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>The sizes of the tables that mappings are kept in; powers of two, like <see cref="Limits"/>.</summary>
/// <param name="Frames">Page frames 0..Frames-1 of 4 KB. Frame 0 is never anybody's.</param>
/// <param name="Nodes">
/// Mappings, those of σ0 included: row f of the node table is σ0's mapping of frame f, and its mappings of ports
/// follow.
/// </param>
/// <param name="Tables">Page tables of all spaces together; number 0 stands for none.</param>
public sealed record Paging(uint Frames, uint Nodes, uint Tables)
{
    /// <summary>64 MB of frames, all ports, 45,056 mappings beside those of σ0, 256 page tables.</summary>
    public static readonly Paging Shipping = new(16384, 65536, 256) { Ports = 4096 };

    /// <summary>Next to nothing.</summary>
    public static readonly Paging Small = new(4, 16, 4);

    /// <summary>A mapping may have so many others between itself and σ0's.</summary>
    public const uint MostDepth = 255;

    /// <summary>Page tables, at most: those that may be small spaces fit into one space, side by side.</summary>
    public const uint MostTables = 512;

    /// <summary>Pages of a page table; the processor has 1,024.</summary>
    public uint Entries { get; init; } = 1024;

    /// <summary>Page tables of a space; the processor has 1,024.</summary>
    public uint Slots { get; init; } = 1024;

    /// <summary>
    /// Groups of 16 I/O ports. In every space they are the first pages of the kernel's part, where no memory is a
    /// user's, and have frames of their own after those of memory; no page table of the processor's is ever made of
    /// them, but its map of ports.
    /// </summary>
    public uint Ports { get; init; }

    /// <summary>
    /// Frames, of memory and then of ports: of each, the row of that number in the node table is σ0's mapping.
    /// </summary>
    public uint Roots => Frames + Ports;

    /// <summary>Pages of a space, the kernel's part included.</summary>
    public uint Pages => Entries * Slots;

    /// <summary>Pages of memory that may be a user's: the last sixteenth of every space is the kernel's.</summary>
    public uint UserPages => (Slots - Slots / 16) * Entries;

    /// <summary>The first slots of a space, in which page tables may be.</summary>
    public uint UserSlots => (UserPages + Ports + Entries - 1) / Entries;

    /// <summary>The page at which a frame is in σ0's space; of ports, in every space.</summary>
    public W Home<W>(W frame)
        where W : struct, IWord<W> => frame + W.Select(frame < Frames, 0, UserPages - Frames);

    /// <summary>
    /// Pages from one to the end of what may be mapped of its kind, memory or ports; 0 where it is neither.
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
