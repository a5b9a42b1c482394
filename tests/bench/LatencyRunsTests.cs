using Iced.Intel;
using Verified.Kernel;
using Verified.Proofs.Bench;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Tests.Diff;
using Xunit;

namespace Verified.Tests.Bench;

/// <summary>Runs stay within the bound of the interrupt latency, and bad states come near to it.</summary>
public sealed class LatencyRunsTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    private static readonly InterruptLatency Latency = new(Booting.Boot(Image).Image);

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public void No_random_program_keeps_interrupts_off_longer_than_the_bound(int seed)
    {
        var run = LatencyRuns.Random(new(Image), Latency, seed, populations: 3);
        Assert.InRange(run.Sections, 10_000, long.MaxValue);
        Assert.InRange(run.Longest, 300, int.MaxValue);
        Assert.InRange(run.Ratio, 0.1, 1);
    }

    [Fact]
    public void A_tick_that_wakes_all_threads_comes_near_to_the_bound_of_its_sleepers()
    {
        var run = LatencyRuns.OfSleepers(new(Image), Latency);
        Assert.Equal(991, run.Threads.NextSleepers);
        Assert.InRange(run.Nearest, 0.9 * 991 * Latency.WakeStep.Instructions, run.Bound);
    }

    [Fact]
    public void Threads_that_receive_in_vain_keep_interrupts_off_one_after_the_other()
    {
        var run = LatencyRuns.OfReceivers(new(Image), Latency);
        Assert.Equal(991, run.Threads.InIpc);
        Assert.InRange(run.Nearest, 0.3 * 991 * Latency.Turn.Instructions, run.Bound);
    }

    [Fact]
    public void A_kernel_with_a_longer_wake_step_breaks_the_bound_of_the_other_one_and_has_its_own()
    {
        const int added = 16;
        var slow = Image.WithDetour(Image.Symbols["wake"], c => Nops(c, added));
        var own = new InterruptLatency(Booting.Boot(slow).Image);

        // The detour takes two jumps.
        Assert.Equal(Latency.WakeStep.Instructions + added + 2, own.WakeStep.Instructions);
        var run = LatencyRuns.OfSleepers(new(slow), own);
        Assert.InRange(run.Nearest, Latency.BetweenWindows(991, 0) + 1, run.Bound);
    }

    internal static void Nops(Assembler c, int count)
    {
        for (; count > 0; count--)
            c.nop();
    }
}
