using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// A flexpage (interface, 1.14 to 1.24): <c>base[31:12] 0[11:8] s[7:2] w[1] g[0]</c>, 2^s bytes from a base that is a
/// multiple of its size. One of I/O ports: <c>F0h[31:24] port/16[23:12] 0[11:8] s[7:2] w[1] g[0]</c>, 2^s ports. Read
/// as one of memory, that is at the pages of the same numbers as the ports' own (<see cref="Paging.Ports"/>). w means
/// nothing for ports: they can be used or not.
/// </summary>
public static class Fpage
{
    /// <summary>g: the mapping moves instead of being derived from.</summary>
    public const uint Grant = 1;

    /// <summary>w: with the mapper's rights; else read-only.</summary>
    public const uint Writable = 2;

    /// <summary>Of the mask of fpage_unmap: takes the pages away, instead of making them read-only.</summary>
    public const uint Unmap = 2;

    /// <summary>Of the mask of fpage_unmap: also in the caller's own space.</summary>
    public const uint Own = 0x80000000;

    /// <summary>The highest byte of one of ports.</summary>
    public const uint PortsTag = 0xF0;

    /// <summary>The whole space.</summary>
    public const uint Whole = 32 << 2;

    public static Truth IsPorts<W>(W fpage)
        where W : struct, IWord<W> => fpage >> 24 == PortsTag;

    /// <summary>4 KB to 4 GB, or 16 to all ports, and aligned; of 4 GB, that is at 0.</summary>
    public static Truth IsValid<W>(W fpage)
        where W : struct, IWord<W> =>
        (Exponent(fpage) <= W.Select(IsPorts(fpage), 12, 20)) & ((Page(fpage) & (Pages(fpage) - 1)) == 0);

    /// <summary>Number of the first page.</summary>
    public static W Page<W>(W fpage)
        where W : struct, IWord<W> => fpage >> 12;

    /// <summary>How many pages; defined where the size is valid.</summary>
    public static W Pages<W>(W fpage)
        where W : struct, IWord<W> => (W)1 << (Exponent(fpage) & 31);

    /// <summary>The least fpage of ports that contains the first and the last of some.</summary>
    public static W OfPorts<W>(W first, W last)
        where W : struct, IWord<W>
    {
        var size = W.HighestBit(((first ^ last) >> 3) | 1) + 4;
        return (PortsTag << 24) | ((first >> size << size) << 8) | (size << 2);
    }

    // Of two, for the number of pages: 2^12 bytes are one, or 2^4 ports.
    private static W Exponent<W>(W fpage)
        where W : struct, IWord<W> => ((fpage >> 2) & 0x3F) + W.Select(IsPorts(fpage), 8, 0) - 12;
}
