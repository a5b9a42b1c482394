using System.Buffers.Binary;
using Verified.Spec;
using static Verified.Kernel.ElfFormat;

namespace Verified.Kernel;

/// <summary>Reads an image file. For a file that is no image, the exception names the problem in one line.</summary>
internal sealed class ElfReader
{
    private const string Rebuild = "build one with 'verified image -o FILE'";

    private readonly byte[] _file;

    private ElfReader(byte[] file) => _file = file;

    public static KernelImage Read(byte[] file) => new ElfReader(file).Read();

    private KernelImage Read()
    {
        if (_file.Length < 4 || Dword(0) != Magic)
            throw new ImageException($"not an ELF file; {Rebuild}");
        if (_file.Length < HeaderSize)
            throw Truncated(HeaderSize);
        Bytes(Dword(32), Half(48) * (uint)SectionSize);
        if (Dword(4) != Class32LittleEndian || Half(16) != Executable || Half(18) != Intel386)
            throw new ImageException($"not a 32-bit x86 executable; {Rebuild}");
        var segments = Segments();
        if (segments.Count != 2 || !segments[0].Executable || segments[1].Executable)
            throw new ImageException($"not one segment of code and one of data; {Rebuild}");
        if (segments[0].Bytes.Length < 12 || BitConverter.ToUInt32(segments[0].Bytes) != KernelImage.MultibootMagic)
            throw new ImageException($"no Multiboot header at the start of the code; {Rebuild}");

        var symbols = Symbols();
        var image = new KernelImage(Limits(symbols), segments, symbols, Dword(24));
        Check(image);
        return image;
    }

    private List<Segment> Segments()
    {
        var segments = new List<Segment>();
        for (var i = 0u; i < Half(44); i++)
        {
            var at = (ulong)Dword(28) + i * SegmentSize;
            if (Dword(at) != Load)
                continue;
            var (offset, size) = (Dword(at + 4), Dword(at + 16));
            segments.Add(
                new(
                    Dword(at + 8),
                    Dword(at + 12),
                    Bytes(offset, size).ToArray(),
                    Dword(at + 20),
                    (Dword(at + 24) & FlagExecute) != 0
                )
            );
        }

        return segments;
    }

    private SortedDictionary<string, uint> Symbols()
    {
        var symbols = new SortedDictionary<string, uint>(StringComparer.Ordinal);
        ulong Section(uint number) => (ulong)Dword(32) + (ulong)number * SectionSize;
        for (var i = 0u; i < Half(48); i++)
        {
            var section = Section(i);
            if (Dword(section + 4) != SymbolTable)
                continue;
            var names = Section(Dword(section + 24));
            var text = Bytes(Dword(names + 16), Dword(names + 20));
            var table = Dword(section + 16);
            for (var at = (ulong)table; at + SymbolSize <= (ulong)table + Dword(section + 20); at += SymbolSize)
            {
                var name = Name(text, Dword(at));
                if (name.Length > 0 && !symbols.TryAdd(name, Dword(at + 4)))
                    throw new ImageException($"symbol {name} is defined twice; {Rebuild}");
            }
        }

        if (symbols.Count == 0)
            throw new ImageException($"no symbols (a stripped file?); {Rebuild}");
        return symbols;
    }

    private static string Name(ReadOnlySpan<byte> names, uint offset)
    {
        if (offset >= names.Length)
            throw new ImageException($"a symbol's name is outside the string table; {Rebuild}");
        var name = names[(int)offset..];
        var end = name.IndexOf((byte)0);
        return System.Text.Encoding.ASCII.GetString(end < 0 ? name : name[..end]);
    }

    private static Limits Limits(SortedDictionary<string, uint> symbols)
    {
        uint Take(string name)
        {
            if (!symbols.Remove(name, out var value))
                throw new ImageException($"symbol {name} is missing; {Rebuild}");
            return value;
        }

        var version = Take(ElfFormat.Version);
        if (version != KernelImage.LayoutVersion)
            throw new ImageException(
                $"layout version {version}, this program knows {KernelImage.LayoutVersion}; {Rebuild}"
            );
        try
        {
            return new Limits(Take(Tasks), Take(Lthreads), Take(Priorities)).Checked();
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new ImageException($"its limits are wrong: {e.Message.ReplaceLineEndings(" ")}; {Rebuild}", e);
        }
    }

    // The version and the limits are equal. So every table must be at the address in the layout, and every cut point
    // and entry must have its symbol.
    private static void Check(KernelImage image)
    {
        var layout = image.Layout;
        foreach (var area in layout.Areas)
            if (!image.Symbols.TryGetValue(area.Name, out var at) || at != area.Base)
                throw new ImageException(
                    $"table {area.Name} is not at {area.Base:X8}h, its address in the layout; {Rebuild}"
                );
        foreach (
            var (name, segment, linear) in ((string, Segment, uint)[])
                [
                    ("code", image.Segments[0], Layout.KernelBase + Layout.ImageBase),
                    ("data", image.Segments[1], layout.Gdt),
                ]
        )
            if (
                segment.Linear != linear
                || segment.Physical != Layout.Physical(linear)
                || segment.Size < segment.Bytes.Length
                || (ulong)segment.Physical + segment.Size > Layout.KernelEnd
            )
                throw new ImageException($"the {name} is not at {linear:X8}h, or is too large; {Rebuild}");
        var text = image.Text;
        if (text.Bytes.Length > Layout.TextSize)
            throw new ImageException(
                $"the code has {text.Bytes.Length} bytes, but there is room for {Layout.TextSize}; {Rebuild}"
            );
        foreach (
            var name in WaysIn
                .Gates.Select(gate => gate.Symbol)
                .Append("boot")
                .Concat(CodePoints.All.Select(point => point.Symbol))
        )
            if (!image.Symbols.TryGetValue(name, out var at) || at - text.Linear >= text.Bytes.Length)
                throw new ImageException($"symbol {name} is missing or outside the code; {Rebuild}");
    }

    private uint Dword(ulong offset) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(offset, 4));

    private ushort Half(ulong offset) => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(offset, 2));

    private ReadOnlySpan<byte> Bytes(ulong offset, uint size) =>
        offset + size <= (ulong)_file.Length ? _file.AsSpan((int)offset, (int)size) : throw Truncated(offset + size);

    private ImageException Truncated(ulong needed) =>
        new($"truncated: it has {_file.Length} bytes, and its headers require at least {needed}; {Rebuild}");
}
