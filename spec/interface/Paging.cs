namespace Verified.Spec;

/// <summary>The sizes of the tables that mappings are kept in; powers of two, like <see cref="Limits"/>.</summary>
/// <param name="Frames">Page frames 0..Frames-1 of 4 KB. Frame 0 is never anybody's.</param>
/// <param name="Nodes">Mappings, those of σ0 included: row f of the node table is σ0's mapping of frame f.</param>
/// <param name="Tables">Page tables of all spaces together; number 0 stands for none.</param>
public sealed record Paging(uint Frames, uint Nodes, uint Tables)
{
    /// <summary>64 MB of frames, 16,384 mappings beside those of σ0, 256 page tables.</summary>
    public static readonly Paging Shipping = new(16384, 32768, 256);

    /// <summary>Next to nothing.</summary>
    public static readonly Paging Small = new(4, 16, 4);

    /// <summary>A mapping may have so many others between itself and σ0's.</summary>
    public const uint MostDepth = 255;

    /// <summary>Pages of a page table; the processor has 1,024.</summary>
    public uint Entries { get; init; } = 1024;

    /// <summary>Page tables of a space; the processor has 1,024.</summary>
    public uint Slots { get; init; } = 1024;

    /// <summary>Pages of a space, the kernel's part included.</summary>
    public uint Pages => Entries * Slots;

    /// <summary>Pages that may be a user's: the last sixteenth of every space is the kernel's.</summary>
    public uint UserPages => (Slots - Slots / 16) * Entries;

    internal void Checked()
    {
        Limits.Require(Frames, 2, 1 << 20, nameof(Frames));
        Limits.Require(Nodes, 2 * Frames, 1 << 20, nameof(Nodes));
        Limits.Require(Tables, 2, 1 << 12, nameof(Tables));
        Limits.Require(Entries, 1, 1024, nameof(Entries));
        Limits.Require(Slots, 1, 1024, nameof(Slots));
    }
}
