using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Diff;

/// <summary>
/// If a bit flips while the kernel runs, at a place that the event does not write, the difference is reported after
/// this event.
/// </summary>
public class StrayWriteTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);
    private static readonly Layout Layout = Image.Layout;

    public static TheoryData<string, uint, uint> Places =>
        new()
        {
            { "the kernel's code", Image.Text.Linear + 0x4000, 1 },
            { "a descriptor", Layout.Gdt + 0x38, 1 },
            { "a gate", Layout.Idt + 8 * 0x40, 1 },
            { "a map of ports", Layout.Mappings.PortMaps.Base + 5 * Layout.TssPortMapSize + 0x10, 1 },
            { "the end of all maps of ports", Layout.Tss + Layout.TssLimit, 1 },
            { "where a map of ports is", Layout.TssTables + 5 * Layout.PageSize + 0x100 * 4, 2 },
            { "an inactive thread", Layout.Threads.Base + Layout.ThreadSize + Layout.Status.Offset, 1 },
            { "the unused part of nobody's row", Layout.Threads.Base + 0x24, 1 },
            { "a set of an unused priority", Layout.Ready.Base + 0x77 * Layout.Words * 4, 1 },
            { "a summary of an unused priority", Layout.ReadySummary.Base + 0x77 * 4, 1 },
            { "the map of priorities", Layout.PriorityMap.Base + 3 * 4, 1 << 23 },
            { "a cursor of an unused priority", Layout.Picked.Base + 0x77 * 4, 1 },
            { "nobody in the top priority's set", Layout.Ready.Base + 255 * Layout.Words * 4, 1 << 1 },
            { "nobody as sender to nobody", Layout.SenderSets.Base, 1 << 2 },
            { "a sender set of an inactive thread", Layout.SenderSets.Base + Layout.Words * 4, 1 },
            { "the right to a page", Layout.Mappings.PageTables.Base + 4 * 0x400 + 4 * 0x100, 2 },
            {
                "where every space has the window",
                Layout.Mappings.Directories.Base + 5 * Layout.PageSize + Layout.KernelSlot * 4,
                2
            },
            {
                "where every space has small spaces",
                Layout.Mappings.Directories.Base + 5 * Layout.PageSize + Layout.RegionSlot * 4,
                2
            },
            { "a page of a small space", Layout.Mappings.SmallTables.Base + 5 * Layout.PageSize + 3 * 4, 4 },
            { "a user's page", Layout.UserImages + 0x10, 1 },
        };

    [Theory]
    [MemberData(nameof(Places))]
    public void A_stray_write_is_seen_at_once(string place, uint address, uint bits)
    {
        var machine = new ImageMachine(Image);
        var duel = new Duel(machine);
        Assert.Null(duel.Place(new Generator(1, Image.Limits).Population()));
        Assert.Null(duel.Step(new(Entry.Interrupt, null, 8)));

        machine.Pc.Trace = pc =>
        {
            pc.Memory.Store(Layout.Physical(address), 4, pc.Memory.Load(Layout.Physical(address), 4) ^ bits);
            pc.Trace = null;
        };
        var difference = duel.Step(new(Entry.Interrupt, null, 8));
        Assert.True(difference is not null, place);
        Assert.Equal(address, difference.Address);

        Assert.Null(duel.Return());
        Assert.Null(duel.Step(new(Entry.Interrupt, null, 8)));
    }

    [Fact]
    public void A_write_that_is_taken_back_is_none()
    {
        var machine = new ImageMachine(Image);
        var duel = new Duel(machine);
        Assert.Null(duel.Place(new Generator(1, Image.Limits).Population()));
        machine.Pc.Trace = pc =>
        {
            var physical = Layout.Physical(Layout.Gdt + 0x38);
            foreach (var value in (ReadOnlySpan<uint>)[1, 2, 0])
                pc.Memory.Store(physical, 4, value);
            pc.Trace = null;
        };
        Assert.Null(duel.Step(new(Entry.Interrupt, null, 8)));
    }
}
