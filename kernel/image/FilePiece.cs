using static Verified.Kernel.ElfFormat;

namespace Verified.Kernel;

/// <summary>A piece of an image file.</summary>
/// <param name="Name">The kind of piece.</param>
/// <param name="Offset">Offset of its first byte in the file.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Linear">Linear address of its first byte in memory; null if no loader puts it there.</param>
public sealed record FilePiece(string Name, uint Offset, uint Length, uint? Linear = null)
{
    public const string Header = "ELF header",
        Programs = "program headers",
        Text = "text",
        Data = "data",
        Symbols = "symbols",
        Names = "symbol names",
        SectionNames = "section names",
        Sections = "section headers",
        Padding = "padding";

    public uint End => Offset + Length;

    /// <summary>The pieces of an image's file, in order, without gaps.</summary>
    public static IReadOnlyList<FilePiece> Of(ReadOnlySpan<byte> file)
    {
        var (programs, sections) = (Dword(file, 28), Dword(file, 32));
        List<FilePiece> pieces =
        [
            new(Header, 0, HeaderSize),
            new(Programs, programs, Half(file, 44) * (uint)SegmentSize),
            new(Sections, sections, Half(file, 48) * (uint)SectionSize),
        ];
        for (var i = 0u; i < Half(file, 44); i++)
        {
            var at = programs + i * SegmentSize;
            pieces.Add(
                new(
                    (Dword(file, at + 24) & FlagExecute) != 0 ? Text : Data,
                    Dword(file, at + 4),
                    Dword(file, at + 16),
                    Dword(file, at + 8)
                )
            );
        }

        foreach (var (name, section) in ((string, uint)[])[(Symbols, 3), (Names, 4), (SectionNames, 5)])
            pieces.Add(
                new(
                    name,
                    Dword(file, sections + section * SectionSize + 16),
                    Dword(file, sections + section * SectionSize + 20)
                )
            );
        List<FilePiece> all = [];
        var next = 0u;
        foreach (var piece in pieces.OrderBy(piece => piece.Offset).Append(new("end", (uint)file.Length, 0)))
        {
            if (piece.Offset > next)
                all.Add(new(Padding, next, piece.Offset - next));
            if (piece.Length > 0)
                all.Add(piece);
            next = piece.End;
        }

        return all;

        static uint Dword(ReadOnlySpan<byte> file, uint at) => BitConverter.ToUInt32(file[(int)at..]);
        static uint Half(ReadOnlySpan<byte> file, uint at) => BitConverter.ToUInt16(file[(int)at..]);
    }
}
