using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Diff;

public class DiffTests
{
    private static readonly KernelImage Shipping = KernelImage.Build(Limits.Shipping);

    [Fact]
    public void A_comparison_goes_on_for_as_long_as_asked()
    {
        var result = DiffRun.Run(
            KernelImage.Build(Limits.Shipping),
            new(Events: 1, Workers: 1, Time: TimeSpan.FromSeconds(1))
        );
        Assert.True(result.Holds);
        Assert.True(result.Seconds >= 1);
    }

    [Fact]
    public void The_shipping_image_does_what_the_spec_says()
    {
        var result = DiffRun.Run(Shipping, new(Seed: 7, Events: 20_000));
        Assert.True(result.Holds, result.Disagreement?.Difference.ToString());
        Assert.True(result.Events >= 20_000);
    }

    [Fact]
    public void Every_step_of_a_small_kernel_does_what_the_spec_says()
    {
        var result = DiffRun.Exhaustive(Model.Ranked);
        Assert.True(result.Holds, result.Disagreement?.Difference.ToString());
        Assert.True(result.Programs > 5_000);
    }

    [Fact]
    public void Every_step_on_mappings_with_a_tick_or_an_interrupt_between_does_what_the_spec_says()
    {
        var result = DiffRun.Exhaustive(Model.Interrupted.OnImage!);
        Assert.True(result.Holds, result.Disagreement?.Difference.ToString());
        Assert.Equal((6324, 373533), (result.Programs, result.Events));
    }

    [Theory]
    [InlineData("id_nearest")]
    [InlineData("thread_switch")]
    [InlineData("tick")]
    public void A_damaged_entry_is_found_and_explained(string entry)
    {
        // The entry's first instruction, PUSHA, becomes NOP.
        var image = Damaged(Shipping, Shipping.Symbols[entry], 0x60, 0x90);
        var result = DiffRun.Run(image, new(Seed: 1, Events: 50_000, Workers: 1));
        var found = Assert.IsType<Disagreement>(result.Disagreement);
        Assert.InRange(found.Trace.Events.Count, 1, 4);
        var (path, length, reason) = Explanation.Path(new Duel(new ImageMachine(image)), found);
        Assert.InRange(path.Count, 1, length);
        Assert.Single(path, line => line.Deviates);
        Assert.NotNull(path.Single(line => line.Deviates).Source);
        Assert.True(Enum.IsDefined(reason));

        var again = DiffRun.Replay(new Duel(new ImageMachine(image)), TraceFile.Read(TraceFile.Write(found.Trace)));
        Assert.Equal(found.Difference, again?.Difference);
        Assert.Null(DiffRun.Replay(new Duel(new ImageMachine(Shipping)), found.Trace));
    }

    [Fact]
    public void A_difference_need_not_be_shrunk()
    {
        var image = Damaged(Shipping, Shipping.Symbols["id_nearest"], 0x60, 0x90);
        var result = DiffRun.Run(image, new(Seed: 1, Events: 50_000, Workers: 1, Shrink: false));
        Assert.Equal(DiffRun.Run(image, new(Seed: 1, Events: 50_000, Workers: 1)).Seed, result.Seed);
        Assert.Equal(
            result.Disagreement!.Difference,
            DiffRun.Replay(new Duel(new ImageMachine(image)), result.Disagreement.Trace)?.Difference
        );
    }

    private static KernelImage Damaged(KernelImage image, uint address, byte expected, byte replacement)
    {
        var elf = image.ToElf();
        var text = elf.AsSpan().IndexOf(image.Text.Bytes.AsSpan(0, 512));
        var at = text + (int)(address - image.Text.Linear);
        Assert.Equal(expected, elf[at]);
        elf[at] = replacement;
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, elf);
            return KernelImage.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
