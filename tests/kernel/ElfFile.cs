namespace Verified.Tests.Kernel;

/// <summary>A segment of an ELF file for tests.</summary>
internal sealed record ElfPart(uint At, byte[] Bytes, uint Size);

/// <summary>Makes ELF executables for IA-32.</summary>
internal static class ElfFile
{
    private const int HeaderSize = 52, SegmentSize = 32;

    /// <summary>One segment, entered at its first byte, with a page of zeros after it.</summary>
    public static byte[] Of(uint at, byte[] code) => Of(at, new ElfPart(at, code, (uint)code.Length + 0x1000));

    public static byte[] Of(uint entry, params ElfPart[] parts)
    {
        using var file = new MemoryStream();
        using var w = new BinaryWriter(file);
        w.Write([0x7F, (byte)'E', (byte)'L', (byte)'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        w.Write((ushort)2);
        w.Write((ushort)3);
        foreach (var dword in (uint[])[1, entry, HeaderSize, 0, 0]) w.Write(dword);
        foreach (var half in (int[])[HeaderSize, SegmentSize, parts.Length, 0, 0, 0]) w.Write((ushort)half);
        var offset = (uint)(HeaderSize + SegmentSize * parts.Length);
        foreach (var part in parts)
        {
            foreach (var dword in (uint[])[1, offset, part.At, part.At, (uint)part.Bytes.Length, part.Size, 7, 4]) w.Write(dword);
            offset += (uint)part.Bytes.Length;
        }

        foreach (var part in parts) w.Write(part.Bytes);
        return file.ToArray();
    }
}
