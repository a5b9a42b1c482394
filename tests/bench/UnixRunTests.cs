using System.Text;
using Verified.Proofs.Bench;
using Verified.Proofs.Unix;
using Verified.Tests.Host;
using Verified.Tests.Unix;
using Xunit;

namespace Verified.Tests.Bench;

/// <summary>The reader of the papers' measurements, and the measuring program on the native system.</summary>
public sealed class UnixRunTests
{
    [Theory]
    [InlineData(0, 0x00101000u, Runner.Kernel)]
    [InlineData(3, 0x00001010u, Runner.Library)]
    [InlineData(3, 0x00101000u, Runner.Server)]
    [InlineData(3, 0x08048000u, Runner.Program)]
    public void An_address_tells_who_runs(int ring, uint address, Runner runner) =>
        Assert.Equal(runner, UnixRun.At(ring, address));

    [Fact]
    public void The_parts_of_a_call_are_medians_of_calls_that_went_straight()
    {
        var reader = new UnixRun.Reader();
        Run(reader, Runner.Program, 5);
        foreach (var library in (int[])[10, 12, 900])
            Call(reader, library, server: 30);

        // A call that waits: another program runs first.
        Run(reader, Runner.Library, 1);
        Run(reader, Runner.Kernel, 1);
        Run(reader, Runner.Program, 1);
        Assert.Equal([12.0, 20, 30, 40, 50], reader.Parts());
    }

    [Fact]
    public void A_line_ends_a_row_and_its_shares()
    {
        var reader = new UnixRun.Reader();
        Run(reader, Runner.Program, 5);
        Run(reader, Runner.Kernel, 7);
        reader.Add(Runner.Kernel, cycles: 2, waited: 2);
        Print(reader, "unix: 64788 KB of memory are free\r\ngetpid: 334\r\n");
        Run(reader, Runner.Library, 4);
        Print(reader, "ready: 0\r\n");
        Run(reader, Runner.Server, 3);
        Print(reader, "pipe, 64 KB: 99086\r\n");

        Assert.Equal(334, reader.Cycles["getpid"]);
        Assert.Equal(99_086, reader.Cycles["pipe, 64 KB"]);
        Assert.Equal(2, reader.Cycles.Count);
        var (first, second) = (reader.Shares["getpid"], reader.Shares["pipe, 64 KB"]);
        Assert.Equal((5, 9, 2), (first.Runners[Runner.Program], first.Runners[Runner.Kernel], first.Waited));
        Assert.Equal([Runner.Server], second.Runners.Keys);
        Assert.Equal(0, second.Waited);
    }

    [Theory]
    [InlineData(PaperTables.Cycles, 266, 266)]
    [InlineData(PaperTables.Microseconds, 266, 2)]
    [InlineData(PaperTables.Rate, 133_000, 62.5)]
    public void Cycles_become_the_papers_units(string unit, double cycles, double figure) =>
        Assert.Equal(figure, new PaperRow("T", "row", unit, 1).Figure(cycles), precision: 6);

    [FactWith(Tool.Gcc)]
    public void The_measuring_program_prints_each_row_in_order()
    {
        var run = UnixRun.Of(
            UnixBoot.Of(
                UnixWay.Native,
                () => throw new InvalidOperationException("a native system needs no image"),
                UnixSystem.ArchiveOf(UnixServer.Program(UnixSystem.Built, "papers")),
                UnixSystem.Built
            )
        );

        // There is no shell in this archive.
        Assert.Equal(
            PaperTables.OfUnix.Select(row => row.What).Where(what => what != "/bin/sh process"),
            run.Cycles.Keys
        );
        Assert.Empty(run.Parts);
        Assert.All(run.Cycles.Values, cycles => Assert.InRange(cycles, 50, 10_000_000));
        Assert.True(run.Cycles["getpid"] < run.Cycles["null process"]);
    }

    /// <summary>The server enters its small space for calls that need no memory of their process.</summary>
    [TheoryWith(Tool.Gcc)]
    [InlineData(UnixWay.Library, 2.36)]
    [InlineData(UnixWay.Trap, 3.4)]
    public void Simple_calls_are_answered_in_a_small_space(UnixWay way, double most)
    {
        var (native, on) = (Cycles(UnixWay.Native), Cycles(way));

        Assert.InRange(on["simple"], native["simple"], most * native["simple"]);
        Assert.InRange(on["simple again"], 0.97 * on["simple"], 1.03 * on["simple"]);
        Assert.True(on["after a write"] > 1.1 * on["simple"], $"{on["after a write"]} after a write");

        static IReadOnlyDictionary<string, double> Cycles(UnixWay way) =>
            UnixRun
                .Of(
                    UnixBoot.Of(
                        way,
                        () => UnixSystem.Image.Value,
                        UnixSystem.ArchiveOf(UnixSystem.Program("simple")),
                        UnixSystem.Built
                    )
                )
                .Cycles;
    }

    // Library, kernel, server, kernel, library, program; the kernel takes 20 and 40 cycles.
    private static void Call(UnixRun.Reader reader, int library, int server)
    {
        Run(reader, Runner.Library, library);
        Run(reader, Runner.Kernel, 20);
        Run(reader, Runner.Server, server);
        Run(reader, Runner.Kernel, 40);
        Run(reader, Runner.Library, 50);
        Run(reader, Runner.Program, 5);
    }

    private static void Run(UnixRun.Reader reader, Runner runner, int cycles)
    {
        for (var i = 0; i < cycles; i++)
            reader.Add(runner, 1);
    }

    private static void Print(UnixRun.Reader reader, string text)
    {
        foreach (var value in Encoding.ASCII.GetBytes(text))
            reader.Print(value);
    }
}
