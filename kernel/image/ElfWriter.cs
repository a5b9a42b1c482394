using static Verified.Kernel.ElfFormat;

namespace Verified.Kernel;

/// <summary>
/// Writes an image: ELF header, program headers, segments at page offsets, then symbols and section headers.
/// </summary>
internal static class ElfWriter
{
    private static readonly string[] SectionNames = ["", ".text", ".data", ".symtab", ".strtab", ".shstrtab"];

    public static byte[] Write(KernelImage image)
    {
        using var file = new MemoryStream();
        using var w = new BinaryWriter(file);
        void Seek(long offset) => file.Position = offset;
        long Align(long offset, long alignment) => (offset + alignment - 1) / alignment * alignment;

        var next = (long)Layout.PageSize;
        var offsets = new List<uint>();
        foreach (var segment in image.Segments)
        {
            offsets.Add((uint)next);
            Seek(next);
            w.Write(segment.Bytes);
            next = Align(file.Position, Layout.PageSize);
        }

        var (symbols, names) = Symbols(image);
        var sectionNames = Strings(SectionNames, out var sectionNameOffsets);
        var symbolsAt = (uint)Align(file.Position, 4);
        Seek(symbolsAt);
        w.Write(symbols);
        var namesAt = (uint)file.Position;
        w.Write(names);
        var sectionNamesAt = (uint)file.Position;
        w.Write(sectionNames);
        var sectionsAt = (uint)Align(file.Position, 4);

        Seek(0);
        w.Write(Magic);
        w.Write(Class32LittleEndian);
        w.Write(0UL);
        w.Write(Executable);
        w.Write(Intel386);
        w.Write(1u);
        w.Write(image.Entry);
        w.Write((uint)HeaderSize);
        w.Write(sectionsAt);
        w.Write(0u);
        w.Write((ushort)HeaderSize);
        w.Write((ushort)SegmentSize);
        w.Write((ushort)image.Segments.Count);
        w.Write((ushort)SectionSize);
        w.Write((ushort)SectionNames.Length);
        w.Write((ushort)(SectionNames.Length - 1));
        foreach (var (segment, offset) in image.Segments.Zip(offsets))
        {
            var flags = FlagRead | (segment.Executable ? FlagExecute : FlagWrite);
            foreach (
                var field in (uint[])
                    [
                        Load,
                        offset,
                        segment.Linear,
                        segment.Physical,
                        (uint)segment.Bytes.Length,
                        segment.Size,
                        flags,
                        Layout.PageSize,
                    ]
            )
                w.Write(field);
        }

        Seek(sectionsAt);
        void Section(
            int name,
            uint type,
            uint flags,
            uint address,
            uint offset,
            uint size,
            uint link = 0,
            uint info = 0,
            uint entry = 0
        )
        {
            foreach (
                var field in (uint[])
                    [sectionNameOffsets[name], type, flags, address, offset, size, link, info, 4, entry]
            )
                w.Write(field);
        }

        const uint alloc = 2,
            executable = 4,
            writable = 1;
        var (text, data) = (image.Segments[0], image.Segments[1]);
        w.Write(new byte[SectionSize]);
        Section(1, ProgramBits, alloc | executable, text.Linear, offsets[0], (uint)text.Bytes.Length);
        Section(2, ProgramBits, alloc | writable, data.Linear, offsets[1], (uint)data.Bytes.Length);
        Section(3, SymbolTable, 0, 0, symbolsAt, (uint)symbols.Length, link: 4, info: 1, entry: SymbolSize);
        Section(4, StringTable, 0, 0, namesAt, (uint)names.Length);
        Section(5, StringTable, 0, 0, sectionNamesAt, (uint)sectionNames.Length);
        return file.ToArray();
    }

    private static (byte[] Table, byte[] Names) Symbols(KernelImage image)
    {
        (string Name, uint Value, ushort Section)[] symbols =
        [
            (Tasks, image.Limits.Tasks, Absolute),
            (Lthreads, image.Limits.Lthreads, Absolute),
            (Priorities, image.Limits.Priorities, Absolute),
            (ElfFormat.Version, KernelImage.LayoutVersion, Absolute),
            .. image
                .Symbols.OrderBy(symbol => symbol.Value)
                .ThenBy(symbol => symbol.Key, StringComparer.Ordinal)
                .Select(symbol => (symbol.Key, symbol.Value, (ushort)(symbol.Value < image.Text.End ? 1 : 2))),
        ];
        var names = Strings([.. symbols.Select(symbol => symbol.Name).Prepend("")], out var offsets);
        using var table = new MemoryStream();
        using var w = new BinaryWriter(table);
        w.Write(new byte[SymbolSize]);
        const uint global = 0x10;
        for (var i = 0; i < symbols.Length; i++)
        {
            w.Write(offsets[i + 1]);
            w.Write(symbols[i].Value);
            w.Write(0u);
            w.Write((ushort)global);
            w.Write(symbols[i].Section);
        }

        return (table.ToArray(), names);
    }

    private static byte[] Strings(string[] strings, out uint[] offsets)
    {
        offsets = new uint[strings.Length];
        using var table = new MemoryStream();
        for (var i = 0; i < strings.Length; i++)
        {
            offsets[i] = (uint)table.Position;
            table.Write(System.Text.Encoding.ASCII.GetBytes(strings[i] + '\0'));
        }

        return table.ToArray();
    }
}
