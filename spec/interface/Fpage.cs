using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Flexpages, in words (interface, 1.14 to 1.24).
/// <list type="bullet">
/// <item>Memory: <c>base[31:12] 0[11:8] s[7:2] w[1] g[0]</c>, 2^s bytes from a base that is a multiple of the
/// size.</item>
/// <item>I/O ports: <c>F0h[31:24] port/16[23:12] 0[11:8] s[7:2] w[1] g[0]</c>, 2^s ports. w has no meaning.</item>
/// </list>
/// Read as an fpage of memory, an fpage of ports is at the pages that the ports have in every space
/// (<see cref="Paging.Ports"/>).
/// </summary>
public static class Fpage
{
    /// <summary>g: the mapping moves to the receiver; no mapping is derived from it.</summary>
    public const uint Grant = 1;

    /// <summary>w: the receiver gets the mapper's rights; without w, read-only.</summary>
    public const uint Writable = 2;

    /// <summary>In the mask of fpage_unmap: removes the pages instead of making them read-only.</summary>
    public const uint Unmap = 2;

    /// <summary>In the mask of fpage_unmap: also applies to the caller's own pages.</summary>
    public const uint Own = 0x80000000;

    /// <summary>The highest byte of an fpage of ports.</summary>
    public const uint PortsTag = 0xF0;

    /// <summary>The whole space.</summary>
    public const uint Whole = 32 << 2;

    public static Truth IsPorts<W>(W fpage)
        where W : struct, IWord<W> => fpage >> 24 == PortsTag;

    /// <summary>The size is 4 KB to 4 GB, or 16 ports to all ports, and the base is a multiple of it.</summary>
    public static Truth IsValid<W>(W fpage)
        where W : struct, IWord<W> =>
        (Exponent(fpage) <= W.Select(IsPorts(fpage), 12, 20)) & ((Page(fpage) & (Pages(fpage) - 1)) == 0);

    /// <summary>Number of the first page.</summary>
    public static W Page<W>(W fpage)
        where W : struct, IWord<W> => fpage >> 12;

    /// <summary>The number of pages; defined if the size is valid.</summary>
    public static W Pages<W>(W fpage)
        where W : struct, IWord<W> => (W)1 << (Exponent(fpage) & 31);

    /// <summary>The smallest fpage of ports that contains the first and the last port.</summary>
    public static W OfPorts<W>(W first, W last)
        where W : struct, IWord<W>
    {
        var size = W.HighestBit(((first ^ last) >> 3) | 1) + 4;
        return (PortsTag << 24) | ((first >> size << size) << 8) | (size << 2);
    }

    // The binary logarithm of the number of pages: one page is 2^12 bytes, or 2^4 ports.
    private static W Exponent<W>(W fpage)
        where W : struct, IWord<W> => ((fpage >> 2) & 0x3F) + W.Select(IsPorts(fpage), 8, 0) - 12;
}
