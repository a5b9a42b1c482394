using static Verified.Kernel.ElfFormat;

namespace Verified.Kernel;

/// <summary>A segment of a program.</summary>
/// <param name="At">The physical address, which is also the linear address.</param>
/// <param name="Bytes">The bytes in the file.</param>
/// <param name="Size">Bytes in memory; those beyond <paramref name="Bytes"/> are 0.</param>
public sealed record ProgramSegment(uint At, byte[] Bytes, uint Size);

/// <summary>
/// Writes programs for boot to load: ELF executables for IA-32, with program headers and segments only.
/// </summary>
public static class ElfProgram
{
    private const uint ReadWriteExecute = FlagRead | FlagWrite | FlagExecute;

    /// <summary>
    /// One segment, entered at its first byte, with <paramref name="zeros"/> zero bytes after the code.
    /// </summary>
    public static byte[] Of(uint at, byte[] code, uint zeros) =>
        Of(at, new ProgramSegment(at, code, (uint)code.Length + zeros));

    public static byte[] Of(uint entry, params ReadOnlySpan<ProgramSegment> segments)
    {
        using var file = new MemoryStream();
        using var w = new BinaryWriter(file);
        w.Write(Magic);
        w.Write(Class32LittleEndian);
        w.Write(0UL);
        w.Write(Executable);
        w.Write(Intel386);
        foreach (var dword in (uint[])[1, entry, HeaderSize, 0, 0])
            w.Write(dword);
        foreach (var half in (int[])[HeaderSize, SegmentSize, segments.Length, 0, 0, 0])
            w.Write((ushort)half);
        var offset = (uint)(HeaderSize + SegmentSize * segments.Length);
        foreach (var segment in segments)
        {
            foreach (
                var dword in (uint[])
                    [
                        Load,
                        offset,
                        segment.At,
                        segment.At,
                        (uint)segment.Bytes.Length,
                        segment.Size,
                        ReadWriteExecute,
                        4,
                    ]
            )
                w.Write(dword);
            offset += (uint)segment.Bytes.Length;
        }

        foreach (var segment in segments)
            w.Write(segment.Bytes);
        return file.ToArray();
    }
}
