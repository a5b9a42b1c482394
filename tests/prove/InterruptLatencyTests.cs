using Iced.Intel;
using Verified.Kernel;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Tests.Bench;
using Verified.Tests.Diff;
using Xunit;

namespace Verified.Tests.Prove;

/// <summary>The bound of the interrupt latency follows the code and the theorems; wrong ones are refuted.</summary>
public sealed class InterruptLatencyTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping, new(Programs: []));

    private static readonly BootedImage Booted = Booting.Boot(Image).Image;

    [Fact]
    public void The_bound_adds_up_the_chains_and_the_rounds_of_their_loops()
    {
        var latency = new InterruptLatency(Booted);
        Assert.Equal(
            latency.Section.Instructions + latency.Tick.Instructions + latency.Delivery.Instructions,
            latency.Bound(0, 0)
        );
        Assert.Equal(
            latency.Base
                + 7 * latency.WakeStep.Instructions
                + 5 * latency.Turn.Instructions
                + 3 * latency.Device.Instructions,
            latency.Bound(7, 5, 3)
        );
        Assert.Equal(["leave", "pick", "exit", "return"], latency.Delivery.Legs.Select(leg => leg.To));
        Assert.Equal("tick", latency.Tick.Start);
        Assert.Single(latency.Tick.Legs, leg => leg.To == "receive");
        Assert.InRange(latency.Base, 1_000, 3_000);
    }

    [Fact]
    public void A_small_image_has_a_bound_too() =>
        Assert.InRange(
            new InterruptLatency(Booting.Boot(KernelImage.Build(new Limits(4, 1, 2))).Image).Base,
            500,
            3_000
        );

    [Theory]
    [InlineData("leave")]
    [InlineData("pick")]
    [InlineData("wake")]
    [InlineData("exit")]
    [InlineData("interrupt-4")]
    [InlineData("id_nearest")]
    public void No_path_of_a_theorem_is_longer_than_the_longest_path_of_the_code(string name)
    {
        var (way, paths) = (Way.All.Single(way => way.Name == name), new CodePaths(Booted));
        var start = way.Vector >= 0 ? paths.Gate(way.Vector) : Booted.Addresses[way.StartsAt(Booted.Points).Name];
        var proved = new ImageTheorem($"image.{name}", Booted, way).Prove();
        Assert.Null(proved.Refutation);
        Assert.InRange(proved.Worst.Instructions, 1, paths.From(start).Values.Max());
    }

    [Theory]
    [InlineData("pick", "the way to the handler, and each turn")]
    [InlineData("receive", "each turn")]
    [InlineData("wake", "each sleeper")]
    public void A_longer_path_lengthens_the_bound(string symbol, string what)
    {
        const int added = 10;
        var (before, after) = (new InterruptLatency(Booted), new InterruptLatency(Booting.Boot(Longer()).Image));
        var more = added + 2;
        Assert.Equal(
            (symbol == "pick" ? more : 0, symbol is "pick" or "receive" ? more : 0, symbol == "wake" ? more : 0),
            (
                after.Delivery.Instructions - before.Delivery.Instructions,
                after.Turn.Instructions - before.Turn.Instructions,
                after.WakeStep.Instructions - before.WakeStep.Instructions
            )
        );
        Assert.True(after.Bound(1, 1) > before.Bound(1, 1), what);

        KernelImage Longer() => Image.WithDetour(Image.Symbols[symbol], c => LatencyRunsTests.Nops(c, added));
    }

    [Fact]
    public void A_loop_of_cut_points_that_nothing_counts_has_no_bound() =>
        Assert.Contains(
            "comes back without a window",
            Assert.Throws<ProverException>(() => Jumping(Image.Symbols["exit"], Image.Symbols["pick"])).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_loop_between_cut_points_has_no_bound() =>
        Assert.Contains(
            "loops at",
            Assert
                .Throws<ProverException>(() =>
                    Jumping(Image.After(Image.Symbols["pick"]), Image.After(Image.Symbols["pick"]))
                )
                .Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_second_way_into_wake_has_no_bound() =>
        Assert.Contains(
            "leads to wake",
            Assert.Throws<ProverException>(() => Jumping(Image.Symbols["leave"], Image.Symbols["wake"])).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(Entry.Receive, Stages.Receive, ThreadStatus.Sending)]
    [InlineData(Entry.Accept, Stages.Accept, ThreadStatus.Resuming)]
    [InlineData(Entry.Wake, Stages.Wake, ThreadStatus.Ready)]
    public void A_count_of_other_threads_is_refuted(Entry entry, uint stage, uint status)
    {
        Assert.Null(new TurnsTheorem("turns", Limits.Shipping, entry, stage).Prove().Refutation);
        Assert.Contains(
            "lowers the number of threads in an ipc",
            new TurnsTheorem("turns", Limits.Shipping, entry, stage, present => present == status)
                .Prove()
                .Refutation!.What,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(Stages.User)]
    [InlineData(Stages.Map)]
    public void That_a_handler_of_the_same_priority_runs_at_once_is_refuted(uint stage)
    {
        Assert.Null(new DeliveryTheorem("delivery", Limits.Shipping, stage).Prove().Refutation);
        Assert.Contains(
            "a handler above all others",
            new DeliveryTheorem("delivery", Limits.Shipping, stage, (other, handler) => other <= handler)
                .Prove()
                .Refutation!.What,
            StringComparison.Ordinal
        );
    }

    private static InterruptLatency Jumping(uint at, uint to)
    {
        using var code = new MemoryStream();
        var c = new Assembler(32);
        c.jmp(to);
        c.Assemble(new StreamCodeWriter(code), at);
        return new(Booted with { Constant = Patched(at, code.ToArray()) });
    }

    // The bytes of the text with others at an address.
    private static Func<uint, uint?> Patched(uint at, byte[] bytes) =>
        address =>
        {
            if (Booted.Constant(address) is not { } dword)
                return null;
            for (var i = 0u; i < 4; i++)
                if (address + i - at < bytes.Length)
                    dword = dword & ~(0xFFu << (int)(8 * i)) | (uint)bytes[address + i - at] << (int)(8 * i);
            return dword;
        };
}
