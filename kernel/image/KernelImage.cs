using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>The options with which an image is built.</summary>
/// <param name="RoundTrips">Round trips of the ping program.</param>
/// <param name="Programs">The user programs; null for the demonstration, if the limits have room for it.</param>
public sealed record ImageOptions(uint RoundTrips = 100_000, IReadOnlyList<UserProgram>? Programs = null);

/// <summary>The bootable image: the bytes that the boot loader puts in memory, and the symbols.</summary>
public sealed class KernelImage
{
    /// <summary>
    /// The version of the tables' addresses and the rows' fields. Raise it with every change of <see cref="Layout"/>.
    /// </summary>
    public const uint LayoutVersion = 10;

    internal const uint MultibootMagic = 0x1BADB002;

    private IReadOnlyDictionary<uint, SourceLine>? _sourceLines;

    // An image does not change, and one check boots it more than thirty times.
    private byte[]? _elf;

    internal KernelImage(
        Limits limits,
        IReadOnlyList<Segment> segments,
        IReadOnlyDictionary<string, uint> symbols,
        uint entry,
        IReadOnlyList<UserProgram>? programs = null
    )
    {
        (Limits, Segments, Symbols, Entry) = (limits, segments, symbols, entry);
        Layout = new Layout(limits);
        Programs = programs ?? DefaultPrograms(limits, new());
    }

    public Limits Limits { get; }

    public Layout Layout { get; }

    /// <summary>The segments, in order of address: code, then data.</summary>
    public IReadOnlyList<Segment> Segments { get; }

    /// <summary>Linear addresses of the code's labels and the tables, by name.</summary>
    public IReadOnlyDictionary<string, uint> Symbols { get; }

    /// <summary>The physical address at which the boot loader enters, with paging off.</summary>
    public uint Entry { get; }

    /// <summary>
    /// The programs that boot starts if the loader gives no modules. For an image from a file this is the
    /// demonstration, if it fits.
    /// </summary>
    public IReadOnlyList<UserProgram> Programs { get; }

    /// <summary>The file that the image was read from; null if it was built or changed here.</summary>
    public byte[]? File { get; private set; }

    /// <summary>The pieces of code that keep a contract about the sets.</summary>
    public IReadOnlyList<SetOperation> Operations => SetOperation.In(Symbols);

    /// <summary>The segment with the kernel's code.</summary>
    public Segment Text => Segments.First(segment => segment.Executable);

    /// <summary>
    /// The bytes of code that can run after boot, as linear addresses: from the first entry to the boot code.
    /// </summary>
    public (uint Start, uint End) Code => (Symbols["ipc"], Symbols["boot"]);

    /// <summary>The boot code with its constants.</summary>
    public (uint Start, uint End) Boot => (Symbols["boot"], Text.Linear + (uint)Text.Bytes.Length);

    /// <summary>Builds an image. Equal limits and options give equal bytes.</summary>
    public static KernelImage Build(Limits limits, ImageOptions? options = null)
    {
        var layout = new Layout(limits);
        var programs = options?.Programs ?? DefaultPrograms(limits, options ?? new());
        var empty = BootState.Of(layout, []);
        var mappings = Mappings(layout, programs, empty);
        var (text, symbols) = KernelProgram.Assemble(layout, [.. programs.Select(program => program.Thread)], mappings);
        if (text.Length > Layout.TextSize)
            throw new ImageException($"the code has {text.Length} bytes, but there is room for {Layout.TextSize}");
        foreach (var area in layout.Areas)
            symbols.Add(area.Name, area.Base);

        var data = new Memory(layout.Gdt);
        data.Put(layout.Gdt, SegmentTables.Gdt(layout));
        data.Put(layout.Idt, SegmentTables.Idt(layout, symbols));
        data.Put(layout.Tss, SegmentTables.Tss(layout));
        data.Put(layout.Info, KernelInfo.Page(layout));
        data.Put(layout.KernelPageTables, AddressSpaces.KernelPageTables());
        data.Put(layout.TssTables, AddressSpaces.TssTables(layout));
        Verified.Kernel.Encode.Memory(layout, empty, data.Put);
        var (identity, entry) = AddressSpaces.Identity(layout);
        data.Put(identity, entry);
        var next = layout.UserImages;
        foreach (var program in programs)
        {
            if (program.Code.Length > Layout.PageSize)
                throw new ImageException(
                    $"program {program.Name} has {program.Code.Length} bytes, but there is room for {Layout.PageSize}"
                );
            data.Put(next, program.Code);
            next += 2 * Layout.PageSize;
        }

        Segment[] segments =
        [
            new(Layout.KernelBase + Layout.ImageBase, Layout.ImageBase, text, Layout.TextSize, Executable: true),
            new(layout.Gdt, Layout.Physical(layout.Gdt), data.Bytes, next - layout.Gdt, Executable: false),
        ];
        return new(limits, segments, symbols, Layout.Physical(symbols["boot"]), programs);
    }

    // The dwords that add the mappings of the first programs: each address once, and only if its dword changes. A dword
    // without an effect could be wrong, and no check would notice.
    private static List<(uint Linear, uint Dword)> Mappings(
        Layout layout,
        IReadOnlyList<UserProgram> programs,
        State<Concrete> empty
    )
    {
        var (before, after) = (new Dictionary<uint, uint>(), new Dictionary<uint, uint>());
        Verified.Kernel.Encode.Mappings(layout, empty, null, (linear, dword) => before[linear] = dword);
        var boot = BootState.Of(layout, programs);
        Verified.Kernel.Encode.Mappings(
            layout,
            boot,
            Verified.Kernel.Encode.Differing(layout, boot, empty),
            (linear, dword) => after[linear] = dword
        );
        return
        [
            .. after
                .Where(each => before.GetValueOrDefault(each.Key) != each.Value)
                .Select(each => (each.Key, each.Value)),
        ];
    }

    /// <summary>
    /// The source line of each instruction, by linear address. It is empty if the image is not this program's (except
    /// for single bytes), or if the program has no debug information.
    /// </summary>
    public IReadOnlyDictionary<uint, SourceLine> SourceLines
    {
        get
        {
            if (_sourceLines is not null)
                return _sourceLines;
            var mappings = Mappings(Layout, Programs, BootState.Of(Layout, []));
            var threads = Programs.Select(program => program.Thread).ToList();
            var (symbols, lines) = KernelProgram.Lines(Layout, threads, mappings);
            return symbols.All(symbol => Symbols.GetValueOrDefault(symbol.Key) == symbol.Value)
                ? lines
                : new Dictionary<uint, SourceLine>();
        }
    }

    /// <summary>The same image, with source lines that are known from elsewhere, by linear address.</summary>
    public KernelImage WithSourceLines(IReadOnlyDictionary<uint, SourceLine> lines) =>
        new(Limits, Segments, Symbols, Entry, Programs) { File = File, _sourceLines = lines };

    private static IReadOnlyList<UserProgram> DefaultPrograms(Limits limits, ImageOptions options) =>
        Demonstration.Fits(limits) ? Demonstration.Programs(options.RoundTrips) : [];

    /// <summary>Reads the bytes of an image file.</summary>
    /// <exception cref="ImageException">The bytes are not an image of this kernel and layout.</exception>
    public static KernelImage Read(byte[] file)
    {
        var image = ElfReader.Read(file);
        image.File = file;
        return image;
    }

    /// <summary>Reads an image file.</summary>
    /// <exception cref="ImageException">
    /// The file cannot be read, or is not an image of this kernel and layout.
    /// </exception>
    public static KernelImage Load(string path)
    {
        try
        {
            return Read(System.IO.File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageException($"{path}: {e.Message}", e);
        }
        catch (ImageException e)
        {
            throw new ImageException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>The same image with one inverted bit in its code or data.</summary>
    /// <inheritdoc cref="WithBytes"/>
    public KernelImage WithFlippedBit(uint address, int bit)
    {
        var segment = SegmentAt(address);
        return WithBytes(address, [(byte)(segment.Bytes[address - segment.Linear] ^ 1 << bit)]);
    }

    /// <summary>The same image with other bytes at a linear address of its code or data.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The file contains no byte for that address.</exception>
    public KernelImage WithBytes(uint address, ReadOnlySpan<byte> replacement)
    {
        var changed = SegmentAt(address);
        var bytes = (byte[])changed.Bytes.Clone();
        replacement.CopyTo(bytes.AsSpan((int)(address - changed.Linear)));
        Segment[] segments =
        [
            .. Segments.Select(segment => segment == changed ? segment with { Bytes = bytes } : segment),
        ];
        return new(Limits, segments, Symbols, Entry, Programs);
    }

    private Segment SegmentAt(uint address) =>
        Segments.FirstOrDefault(segment => address - segment.Linear < segment.Bytes.Length)
        ?? throw new ArgumentOutOfRangeException(nameof(address), $"the file holds no byte of {address:X8}h");

    /// <summary>The image as an ELF file with a Multiboot header.</summary>
    public byte[] ToElf() => (byte[])(_elf ??= ElfWriter.Write(this)).Clone();

    /// <summary>Writes the ELF file as a whole (<see cref="WholeFile"/>).</summary>
    public void Save(string path) => WholeFile.Write(path, ToElf());

    /// <summary>
    /// The symbol at or before an address, with the distance as a suffix, for reports; the number in hexadecimal if
    /// there is no such symbol.
    /// </summary>
    public string Name(uint address)
    {
        var nearest = Symbols
            .Where(symbol => symbol.Value <= address)
            .OrderByDescending(symbol => symbol.Value)
            .ThenBy(symbol => symbol.Key.Length)
            .FirstOrDefault();
        if (nearest.Key is null)
            return $"{address:X8}h";
        return nearest.Value == address ? nearest.Key : $"{nearest.Key}+{address - nearest.Value:X}h";
    }

    // Memory from an address on, up to the last byte that was written.
    private sealed class Memory(uint origin)
    {
        private readonly byte[] _bytes = new byte[Layout.KernelEnd - Layout.ImageBase];
        private int _used;

        public byte[] Bytes => _bytes[.._used];

        public void Put(uint linear, uint dword)
        {
            if (dword != 0)
                Put(linear, BitConverter.GetBytes(dword));
        }

        public void Put(uint linear, byte[] bytes)
        {
            var at = (int)(linear - origin);
            var used = bytes.AsSpan().TrimEnd((byte)0).Length;
            if (at + used > _bytes.Length)
                throw new ImageException("the tables and programs do not fit the kernel's memory");
            bytes.AsSpan(0, used).CopyTo(_bytes.AsSpan(at));
            _used = Math.Max(_used, at + used);
        }
    }
}
