using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>
/// The kernel's memory at the first cut point after boot, with a value for every bit.
/// <list type="bullet">
/// <item>GDT, IDT, TSS, info page and page tables are declared in words
/// (<see cref="DeclaredTables"/>).</item>
/// <item>The tables contain the exact encoding of the spec's boot state.</item>
/// <item>Memory between fields, rows and tables is 0.</item>
/// </list>
/// </summary>
public sealed partial class FirstState
{
    private const uint Origin = Layout.KernelBase + Layout.ImageBase;

    private readonly KernelImage _image;
    private readonly Layout _layout;
    private readonly uint[] _dwords;
    private readonly List<FirstRegion> _regions = [];

    private FirstState(
        KernelImage image,
        State<Concrete> state,
        IReadOnlyList<FirstServer> servers,
        byte[] information,
        uint memory
    )
    {
        (_image, _layout, State) = (image, image.Layout, state);
        _dwords = new uint[(End - Origin) / 4];
        PutText();
        Encode.Memory(_layout, state, Put);
        DeclaredTables.Write(_layout, image.Symbols, Put);
        PutInfo(servers, memory);
        PutKernelTables();
        PutPrograms(servers.Count > 0);
        if (servers.Count > 0)
            PutArguments(information);
        DeclareRegions(servers.Count > 0);
        Measured =
            servers.Count == 0
                ? []
                :
                [
                    new(
                        _layout.Info + KernelInfo.ProcessorFrequency,
                        99_900,
                        100_100,
                        "the processor's frequency in kHz: the machine executes 100 million instructions a second"
                    ),
                ];
    }

    /// <summary>The spec's state at boot.</summary>
    public State<Concrete> State { get; }

    /// <summary>All bytes from the image's first byte on, in order of address, without gaps.</summary>
    public IReadOnlyList<FirstRegion> Regions => _regions;

    /// <summary>The number of bytes that have a declared value.</summary>
    public long Bytes => _regions.Where(region => region.IsDeclared).Sum(region => region.End - region.Start);

    /// <summary>The dwords whose value boot measures.</summary>
    public IReadOnlyList<MeasuredDword> Measured { get; }

    private uint End => _layout.UserImages + Math.Max(2 * (uint)_image.Programs.Count, 1) * Layout.PageSize;

    /// <summary>The first state of an image that starts its own programs.</summary>
    public static FirstState Of(KernelImage image) =>
        new(
            image,
            BootState.Of(image.Layout, image.Programs, image.Programs.Select(program => program.Thread)),
            [],
            [],
            Layout.MemorySize
        );

    /// <summary>The first state of an image that starts two servers.</summary>
    /// <param name="image">The image.</param>
    /// <param name="servers">σ0, then the root task.</param>
    /// <param name="information">The page for the root task (<see cref="PassedInformation"/>).</param>
    /// <param name="memory">Bytes of memory, 64 MB at most.</param>
    public static FirstState Of(
        KernelImage image,
        IReadOnlyList<FirstServer> servers,
        byte[] information,
        uint memory = Layout.MemorySize
    )
    {
        var state = BootState.Of(
            image.Layout,
            [],
            [ServerThreads.Sigma0At(image.Layout, servers[0].Eip), ServerThreads.RootAt(image.Layout, servers[1].Eip)]
        );
        BootState.Without(state, memory / Layout.PageSize);
        return new(image, state, servers, information, memory);
    }

    /// <summary>The declared dword at an aligned linear address, without the bits that the processor sets.</summary>
    public uint Dword(uint linear) => _dwords[(linear - Origin) / 4];

    /// <summary>Describes every place where a memory differs, in order of address.</summary>
    /// <param name="load">The dword at a physical address.</param>
    public IEnumerable<string> Differences(Func<uint, uint> load)
    {
        foreach (var region in _regions.Where(region => region.IsDeclared))
            for (var at = region.Start; at < region.End; at += 4)
            {
                var seen = load(Layout.Physical(at)) & ~region.Marks;
                if (seen != Dword(at) && Measured.All(each => each.Linear != at))
                    yield return $"{Place(region, at)} is {seen:X8}h, not {Dword(at):X8}h";
            }

        foreach (var (linear, least, most, what) in Measured)
            if (load(Layout.Physical(linear)) is var seen && (seen < least || seen > most))
                yield return $"the dword at {linear:X8}h is {seen}, not {least} to {most}: {what}";
    }

    private void Put(uint linear, uint dword) => _dwords[(linear - Origin) / 4] = dword;

    private void PutText()
    {
        for (var at = 0u; at < _image.Text.Bytes.Length; at += 4)
            Put(Origin + at, InFile(_image.Text, at));
    }

    /// <summary>The dword at an offset of a segment; 0 beyond the bytes in the file.</summary>
    private static uint InFile(Segment segment, uint offset)
    {
        Span<byte> dword = stackalloc byte[4];
        if (offset < segment.Bytes.Length)
            segment.Bytes.AsSpan((int)offset)[..(int)Math.Min(4, segment.Bytes.Length - offset)].CopyTo(dword);
        return BitConverter.ToUInt32(dword);
    }

    /// <summary>
    /// The declared info page (L4 X.0 reference manual, 2.9). The clock is part of the spec's state, and is 0.
    /// </summary>
    private void PutInfo(IReadOnlyList<FirstServer> servers, uint memory)
    {
        const uint page = 0x1000;
        var info = _layout.Info;
        foreach (
            var (offset, dword) in ((uint, uint)[])
                [
                    (0x00, 0x4BE6344C),
                    (0x04, 4),
                    (0x68, 0x00800000),
                    (0x6C, _layout.Boot.Sigma0Stack + page),
                    (0x74, page),
                    (0x78, 0xA0000),
                    (0x7C, 0x100000),
                    (0x80, _layout.Boot.Information),
                    (0x84, _layout.Boot.End),
                ]
        )
            Put(info + offset, dword);
        if (servers.Count == 0)
            return;
        Put(info + 0x64, memory);
        foreach (
            var (start, server, stack) in ((uint, FirstServer, uint)[])
                [(0x20, servers[0], _layout.Boot.Sigma0Stack), (0x40, servers[1], _layout.Boot.RootStack)]
        )
        {
            Put(info + start, stack + page - 16);
            Put(info + start + 4, server.Eip);
            Put(info + start + 8, server.Begin & ~(page - 1));
            Put(info + start + 12, (server.End + page - 1) & ~(page - 1));
        }
    }

    /// <summary>
    /// The declared page tables of the kernel. Its frames are at their physical address above the kernel's base, for
    /// ring 0 only. Code and constants are read-only. In each task's table for the part with the TSS, the two pages
    /// after the TSS are the task's own I/O bitmap, read-only.
    /// </summary>
    private void PutKernelTables()
    {
        const uint present = 1,
            writable = 2,
            entries = 1024;
        uint OwnFrame(uint page) =>
            page < Layout.ImageBase / Layout.PageSize || page >= Layout.KernelEnd / Layout.PageSize
                ? 0
                : page * Layout.PageSize
                    | present
                    | (page < (Layout.ImageBase + Layout.TextSize) / Layout.PageSize ? 0 : writable);
        for (var page = 0u; page < Layout.KernelTables * entries; page++)
            Put(_layout.KernelPageTables + page * 4, OwnFrame(page));
        var first = Layout.Physical(_layout.Tss) >> 22 << 10;
        var map = Layout.Physical(_layout.Tss) / Layout.PageSize + 1;
        for (var task = 0u; task < _layout.Limits.Tasks; task++)
        for (var page = first; page < first + entries; page++)
            Put(
                _layout.TssTables + task * Layout.PageSize + (page - first) * 4,
                page - map >= 2
                    ? OwnFrame(page)
                    : Layout.Physical(_layout.Mappings.PortMaps.Base) + (2 * task + page - map) * Layout.PageSize
                        | present
            );
    }

    /// <summary>
    /// Each server finds an argument at [ESP] at its start, and the root task finds the page of information.
    /// </summary>
    private void PutArguments(byte[] information)
    {
        var boot = _layout.Boot;
        Put(Layout.KernelBase + BootPages.InitialStack(boot.Sigma0Stack), Layout.Physical(_layout.Info));
        Put(Layout.KernelBase + BootPages.InitialStack(boot.RootStack), boot.Information);
        for (var at = 0u; at < Layout.PageSize; at += 4)
            Put(Layout.KernelBase + boot.Information + at, BitConverter.ToUInt32(information, (int)at));
    }

    /// <summary>The programs' code has the bytes of the file; their data pages are 0.</summary>
    private void PutPrograms(bool servers)
    {
        if (servers)
            return;
        var data = _image.Segments[1];
        for (var page = _layout.UserImages; page < End; page += 2 * Layout.PageSize)
        for (var at = page; at < page + Layout.PageSize; at += 4)
            Put(at, InFile(data, at - data.Linear));
    }
}
