namespace Verified.Kernel;

/// <summary>A region of the kernel's memory, and its contents at the first cut point.</summary>
/// <param name="Name">The name in reports.</param>
/// <param name="Start">Linear address of its first byte.</param>
/// <param name="End">Linear address of the byte after its last.</param>
/// <param name="Contents">Its contents, in words.</param>
public sealed record FirstRegion(string Name, uint Start, uint End, string Contents)
{
    /// <summary>The bits of each dword that the processor sets itself: accessed and dirty.</summary>
    public uint Marks { get; init; }

    /// <summary>Whether each byte has a declared value. If it has none, <see cref="Contents"/> says why.</summary>
    public bool IsDeclared { get; init; } = true;
}

/// <summary>A dword that boot measures.</summary>
/// <param name="Linear">Its linear address.</param>
/// <param name="Least">Its least value.</param>
/// <param name="Most">Its greatest value.</param>
/// <param name="What">Its meaning.</param>
public sealed record MeasuredDword(uint Linear, uint Least, uint Most, string What);

/// <summary>A server that boot starts from a module.</summary>
/// <param name="Eip">Its entry.</param>
/// <param name="Begin">Physical address of the first byte of its memory.</param>
/// <param name="End">Physical address of the byte after the last byte of its memory.</param>
public sealed record FirstServer(uint Eip, uint Begin, uint End)
{
    /// <summary>Reads a server's memory and entry from the headers of an ELF executable.</summary>
    public static FirstServer Of(byte[] file)
    {
        var segments = Segments(file);
        return new(
            BitConverter.ToUInt32(file, 24),
            segments.Min(segment => segment.At),
            segments.Max(segment => segment.At + (uint)segment.Bytes.Length)
        );
    }

    /// <summary>
    /// The memory that boot must fill for a module: address and contents of each segment, with its zeros. A flat file
    /// has no segment, because it stays where the loader put it.
    /// </summary>
    public static IReadOnlyList<(uint At, byte[] Bytes)> Segments(byte[] file)
    {
        if (!file.AsSpan().StartsWith("\u007fELF"u8))
            return [];
        var (table, size) = (BitConverter.ToInt32(file, 28), BitConverter.ToUInt16(file, 42));
        List<(uint, byte[])> segments = [];
        for (var i = 0; i < BitConverter.ToUInt16(file, 44); i++)
        {
            var header = file.AsSpan(table + i * size);
            var bytes = BitConverter.ToUInt32(header[20..]);
            if (BitConverter.ToUInt32(header) != ElfFormat.Load || bytes == 0)
                continue;
            var contents = new byte[bytes];
            file.AsSpan(BitConverter.ToInt32(header[4..]), BitConverter.ToInt32(header[16..])).CopyTo(contents);
            segments.Add((BitConverter.ToUInt32(header[12..]), contents));
        }

        return segments;
    }
}
