using Verified.Kernel;
using Verified.Proofs.Commands;
using Verified.Proofs.First;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Spec.Values;
using Verified.Tests.Interface;
using Xunit;

namespace Verified.Tests.First;

/// <summary>
/// The booted machine is the declared first state. If an image boots to another state, the check refuses it and names
/// the place.
/// </summary>
public class FirstStateTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);
    private static readonly Layout Layout = Image.Layout;

    [Fact]
    public void The_image_boots_to_the_declared_first_state() => Assert.Empty(FirstStateCheck.Differences(Image));

    [Fact]
    [Sentence("19.1", "19.2")]
    public void The_image_boots_two_servers_to_the_declared_first_state() =>
        Assert.Empty(FirstStateCheck.Differences(Image, Booting.Servers(Image)));

    [Theory]
    [InlineData(16, 64, 256)]
    [InlineData(4, 1, 2)]
    public void An_image_of_another_size_boots_to_its_declared_first_state(uint tasks, uint lthreads, uint priorities)
    {
        var image = KernelImage.Build(new(tasks, lthreads, priorities));
        Assert.Empty(FirstStateCheck.Differences(image));
        if (Booting.Servers(image) is { Count: > 0 } servers)
            Assert.Empty(FirstStateCheck.Differences(image, servers));
    }

    [Fact]
    public void The_regions_leave_no_gap()
    {
        var regions = FirstState.Of(Image).Regions;
        Assert.Equal(Image.Text.Linear, regions[0].Start);
        Assert.All(regions.Zip(regions.Skip(1)), pair => Assert.Equal(pair.First.End, pair.Second.Start));
        Assert.Equal(["boot pages"], regions.Where(region => !region.IsDeclared).Select(region => region.Name));
    }

    // XOR EAX,EAX; LLDT AX.
    private static readonly byte[] LoadNoLdt = [0x31, 0xC0, 0x66, 0x0F, 0x00, 0xD0];

    // The place in words, and the wrong image.
    private static readonly Dictionary<string, Func<KernelImage>> Planted = new()
    {
        ["gdt+14h, kernel_data"] = () => Flipped(Layout.Gdt + 0x16, 4),
        ["gdt+38h, no descriptor"] = () => With((Layout.Gdt + 0x38, 0x00081000u), (Layout.Gdt + 0x3C, 0xF080EC00)),
        ["gdt+40h, no descriptor"] = () => Flipped(Layout.Gdt + 0x40, 3),
        ["idt+104h, gate 20h to tick"] = () =>
            With([
                .. Enumerable
                    .Range(0x20, 16)
                    .Where(vector => vector != 0x22)
                    .Select(vector => (Gate(vector) + 4, Dword(Gate(vector) + 4) | 0x6000u)),
            ]),
        ["idt+100h, gate 20h to tick"] = () => Flipped(Gate(0x20), 0),
        ["idt+4h, gate 00h to exception_0"] = () => Flipped(Gate(0) + 4, 7),
        ["idt+110h, gate 22h, which is absent"] = () =>
            With((Gate(0x22), Dword(Gate(0x23))), (Gate(0x22) + 4, Dword(Gate(0x23) + 4))),
        ["idt+7FCh, gate FFh, which is absent"] = () => Flipped(Gate(0xFF) + 7, 7),
        ["tss+0h, unused"] = () => Flipped(Layout.Tss, 4),
        ["tss+64h, offset of the map of ports; the debug trap flag is 0"] = () => Flipped(Layout.Tss + 0x66, 0),
        ["tss+3000h, the byte of ones that ends the map of ports"] = () => Flipped(Layout.Tss + Layout.TssLimit, 7),
        ["port_maps+4000h, row 4096, ports"] = () =>
            Flipped(Layout.Mappings.PortMaps.Base + 2 * Layout.TssPortMapSize, 3),
        ["directories+500Ch, row 5123, entry"] = () => Flipped(Layout.Directories + 5 * Layout.PageSize + 3 * 4, 0),
        ["page_tables+1008h, row 1026, entry"] = () =>
            Flipped(Layout.Mappings.PageTables.Base + Layout.PageSize + 9, 0),
        ["kernel_page_tables+2004h at "] = () => Flipped(Layout.KernelPageTables + 2 * Layout.PageSize + 4, 1),
        ["tss_tables+5"] = () =>
            Flipped(
                Layout.TssTables + 5 * Layout.PageSize + (Layout.Tss + Layout.TssPortMap) / Layout.PageSize % 1024 * 4,
                2
            ),
        ["threads+2048h, row 16, segment"] = () => Flipped(Layout.Threads.Base + Layout.BlockSize + 0x48, 6),
        ["nodes+3Ch, row 1, between the fields"] = () => Flipped(Layout.Mappings.Nodes.Base + 0x3C, 6),
        ["threads+2050h, row 16, esi"] = () => Flipped(Layout.Threads.Base + Layout.BlockSize + 0x50, 6),
        ["behind priority_summary+10h at "] = () => Flipped(Layout.PrioritySummary.End + 0x10, 0),
        ["info+68h at "] = () => Flipped(Layout.Info + 0x69, 0),
        ["programs+1000h at "] = () => Flipped(Layout.UserImages + Layout.PageSize, 5),
        ["nodes+28h, row 1, frame"] = WithLowBitsOfFrames,
        ["CR0 is 8000003Fh, not 8001003Fh"] = () =>
            Replaced([0xB8, 0x3F, 0x00, 0x01, 0x80], [0xB8, 0x3F, 0x00, 0x00, 0x80]),
        ["DR7 is 0000040Fh"] = () => Replaced(LoadNoLdt, [0xB0, 0x0F, 0x90, 0x0F, 0x23, 0xF8]),
        ["LDTR selector is 00000038h"] = WithLdt,
    };

    public static TheoryData<string> Places => [.. Planted.Keys];

    [Theory]
    [MemberData(nameof(Places))]
    public void A_wrong_first_state_is_refused_and_the_place_is_named(string place) =>
        Assert.Contains(FirstStateCheck.Differences(Planted[place]()), difference =>
            difference.StartsWith(place, StringComparison.Ordinal)
        );

    [Fact]
    public void The_declaration_reads_as_words()
    {
        var lines = TablesListing.Lines(Image).ToList();
        Assert.Contains("  00h  null: 0", lines);
        Assert.Contains($"  30h  interrupt gate, ring 3, to ipc at {Image.Symbols["ipc"]:X8}h in kernel_code", lines);
        Assert.Contains("  38h..FFh  absent: 0", lines);
        Assert.Contains("  3000h  000000FFh  the byte of ones that ends the map of ports", lines);
        Assert.All(FirstState.Of(Image).Regions, region =>
            Assert.Contains(lines, line => line.Contains($"  {region.Name}: ", StringComparison.Ordinal))
        );
    }

    private static uint Gate(int vector) => Layout.Idt + 8 * (uint)vector;

    private static uint Dword(uint linear) =>
        BitConverter.ToUInt32(Image.Segments[1].Bytes, (int)(linear - Image.Segments[1].Linear));

    private static KernelImage Flipped(uint address, int bit) => Image.WithFlippedBit(address, bit);

    private static KernelImage With(params ReadOnlySpan<(uint Linear, uint Dword)> changes)
    {
        var image = Image;
        foreach (var (linear, dword) in changes)
            image = image.WithBytes(linear, BitConverter.GetBytes(dword));
        return image;
    }

    /// <summary>
    /// Bit 1 of the frame of each mapping of memory is set. The field's value is a page's number, and its low bits are
    /// not part of it.
    /// </summary>
    private static KernelImage WithLowBitsOfFrames()
    {
        var (data, nodes) = (Image.Segments[1], Layout.Mappings.Nodes);
        var bytes = (byte[])data.Bytes.Clone();
        for (var node = 1u; node < Image.Limits.Paging.Frames; node++)
            bytes[nodes.Address<Concrete>(node, Layout.Mappings.Frame).Value - data.Linear] |= 2;
        return Image.WithBytes(data.Linear, bytes);
    }

    /// <summary>A seventh descriptor, of a local descriptor table, which boot loads.</summary>
    private static KernelImage WithLdt() =>
        Replaced(LoadNoLdt, [0xB0, 0x38, 0x66, 0x0F, 0x00, 0xD0])
            .WithBytes(Layout.Gdt + 0x38, [0xFF, 0x00, 0x00, 0x00, 0x00, 0x82, 0x00, 0x00])
            .WithBytes(Layout.Gdt + 0x40, [0x3F]);

    private static KernelImage Replaced(byte[] code, byte[] other)
    {
        var at = Image.Text.Bytes.AsSpan().IndexOf(code);
        Assert.True(at >= 0);
        return Image.WithBytes(Image.Text.Linear + (uint)at, other);
    }
}
