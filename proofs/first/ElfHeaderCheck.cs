using Verified.Kernel;

namespace Verified.Proofs.First;

/// <summary>
/// Checks the ELF header and the program headers of an image file against the numbers of the format's specification
/// (System V ABI, chapter 4, and Intel386 supplement). It does not use the code that writes the file.
/// </summary>
public static class ElfHeaderCheck
{
    // Magic, 32 bits, little-endian, version 1; then eight bytes of 0.
    private static readonly byte[] Identification = [0x7F, 0x45, 0x4C, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private const uint HeaderSize = 52,
        ProgramHeaderSize = 32,
        SectionHeaderSize = 40,
        Loaded = 1,
        ReadExecute = 5,
        ReadWrite = 6,
        PageSize = 4096;

    /// <summary>The first field that is wrong, or null.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="image">The image that it must hold.</param>
    public static string? Wrong(byte[] file, KernelImage image)
    {
        if (!file.AsSpan().StartsWith(Identification))
            return "the identification is not that of a 32-bit little-endian ELF file";
        var sections = Dword(32);
        return Fields(16, ("type", 2, 2), ("machine", 2, 3), ("version", 4, 1), ("entry", 4, image.Entry))
            ?? Fields(28, ("offset of the program headers", 4, HeaderSize))
            ?? Fields(
                36,
                ("flags", 4, 0),
                ("size", 2, HeaderSize),
                ("size of a program header", 2, ProgramHeaderSize),
                ("number of program headers", 2, (uint)image.Segments.Count),
                ("size of a section header", 2, SectionHeaderSize)
            )
            ?? (
                sections + Word(48) * SectionHeaderSize == file.Length && Word(50) < Word(48)
                    ? null
                    : $"the section headers at {sections:X}h do not end the file"
            )
            ?? image.Segments.Select(OfSegment).FirstOrDefault(wrong => wrong is not null);

        string? OfSegment(Segment segment, int number)
        {
            var at = HeaderSize + (uint)number * ProgramHeaderSize;
            var offset = Dword(at + 4);
            return Fields(at, ("type of a segment", 4, Loaded))
                ?? Fields(
                    at + 8,
                    ("linear address of a segment", 4, segment.Linear),
                    ("physical address of a segment", 4, segment.Linear - Layout.KernelBase),
                    ("bytes of a segment in the file", 4, (uint)segment.Bytes.Length),
                    ("bytes of a segment in memory", 4, segment.Size),
                    ("flags of a segment", 4, number == 0 ? ReadExecute : ReadWrite),
                    ("alignment of a segment", 4, PageSize)
                )
                ?? (
                    offset % PageSize == segment.Linear % PageSize
                    && offset <= file.Length - segment.Bytes.Length
                    && file.AsSpan((int)offset, segment.Bytes.Length).SequenceEqual(segment.Bytes)
                        ? null
                        : $"the segment at {segment.Linear:X8}h is not at offset {offset:X}h"
                );
        }

        string? Fields(uint at, params (string Name, uint Size, uint Value)[] fields)
        {
            foreach (var (name, size, value) in fields)
            {
                if ((size == 2 ? Word(at) : Dword(at)) is var seen && seen != value)
                    return $"the ELF header has {seen:X}h at {at:X}h, not {value:X}h: the {name}";
                at += size;
            }

            return null;
        }

        uint Word(uint at) => BitConverter.ToUInt16(file, (int)at);

        uint Dword(uint at) => BitConverter.ToUInt32(file, (int)at);
    }
}
