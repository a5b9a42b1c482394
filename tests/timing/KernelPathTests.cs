using Verified.Kernel;
using Verified.Machine.Timing;
using Verified.Proofs.Bench;
using Verified.Spec;
using Verified.Tests.Interface;
using Xunit;

namespace Verified.Tests.Timing;

public class KernelPathTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping, new(Programs: []));

    [Fact]
    [Sentence("20.1")]
    public void The_fast_path_is_one_straight_run_from_gate_to_gate()
    {
        var paths = KernelPaths.Measure(Image);
        var fast = paths.Single(path => path.Name == KernelPaths.FastBetweenSpaces);
        var ends = (fast.Path[0].Step, fast.Path[^1].Step);
        Assert.Equal((3, 0, 0, 3), (ends.Item1.Ring, ends.Item1.NextRing, ends.Item2.Ring, ends.Item2.NextRing));
        Assert.DoesNotContain(fast.Path.Skip(1), timed => timed.Step.Instruction.IP32 >= Image.Symbols["ipc_reply"]);
        Assert.Equal(fast.Cycles, fast.Path[^1].Start + fast.Path[^1].Cycles - fast.Path[^1].Stall);

        // No slower than the published kernel.
        Assert.InRange(fast.Cycles, 75 + 21, 121);
        Assert.All(paths.Where(path => path.Name.StartsWith("ipc slow", StringComparison.Ordinal)), slow =>
            Assert.True(slow.Cycles > fast.Cycles)
        );
    }

    // Within a space, one more branch finds that the receiver is not in a small space: a cycle.
    [Fact]
    public void Loading_the_directory_is_the_difference_between_the_spaces()
    {
        var paths = KernelPaths.Measure(Image).ToDictionary(path => path.Name, path => path.Cycles);
        Assert.Equal(21 - 1, paths["ipc fast, call, between spaces"] - paths["ipc fast, call, within a space"]);
    }

    [Theory]
    [InlineData("call")]
    [InlineData("call a caller")]
    [InlineData("reply and wait")]
    [Sentence("20.2")]
    public void Between_small_spaces_the_directory_stays_and_ipc_is_cheaper(string operation)
    {
        foreach (var conditions in (PathConditions[])[PathConditions.Ideal, PathConditions.Repeated])
        {
            var paths = KernelPaths.Measure(Image, conditions).ToDictionary(path => path.Name);
            var (small, large) = (
                paths[$"ipc fast, {operation}, between small spaces"],
                paths[$"ipc fast, {operation}, between spaces"]
            );
            Assert.DoesNotContain(small.Path, timed => timed.Step.Instruction.Op0Register == Iced.Intel.Register.CR3);
            Assert.DoesNotContain(small.Path, timed =>
                timed.Step.Ring == 0
                && timed.Step.Instruction.IP32 >= Image.Symbols["ipc_slow"]
                && timed.Step.Instruction.IP32 < Image.Symbols["ipc_into"]
            );
            Assert.True(small.Cycles < large.Cycles, $"{small.Cycles} cycles, and {large.Cycles}");
            if (conditions == PathConditions.Ideal && operation == "call")
                Assert.InRange(small.Cycles, 75, 121);
        }
    }

    [Theory]
    [InlineData("call", 121)]
    [InlineData("call a caller", 127)]
    [InlineData("reply and wait", 128)]
    [Sentence("20.5")]
    public void From_a_large_to_a_small_space_and_back_only_segments_are_loaded(string operation, int most)
    {
        foreach (var conditions in (PathConditions[])[PathConditions.Ideal, PathConditions.Repeated])
        foreach (var way in (string[])["from a large to a small space", "from a small to a large space"])
        {
            var path = KernelPaths
                .Measure(Image, conditions)
                .Single(path => path.Name == $"ipc fast, {operation}, {way}");
            Assert.DoesNotContain(path.Path, timed => timed.Step.Instruction.Op0Register == Iced.Intel.Register.CR3);
            Assert.DoesNotContain(path.Path, timed =>
                timed.Step.Ring == 0
                && timed.Step.Instruction.IP32 >= Image.Symbols["ipc_slow"]
                && timed.Step.Instruction.IP32 < Image.Symbols["ipc_into"]
            );
            Assert.InRange(path.Cycles, 75, conditions == PathConditions.Ideal ? most : 165);
        }
    }

    [Fact]
    public void Unpredicted_branches_only_add()
    {
        var hot = KernelPaths.Measure(Image);
        var cold = KernelPaths.Measure(Image, new(Timings.P5, Prediction: Prediction.Cold));
        Assert.Equal(
            hot.Select(path => (path.Name, path.Instructions)),
            cold.Select(path => (path.Name, path.Instructions))
        );
        Assert.All(hot.Zip(cold), pair => Assert.True(pair.First.Cycles <= pair.Second.Cycles));
    }

    [Fact]
    public void Small_limits_leave_out_what_does_not_fit() =>
        Assert.All(KernelPaths.Measure(KernelImage.Build(new Limits(2, 2, 2), new(Programs: []))), path =>
            Assert.Contains("within a space", path.Name)
        );

    [Fact]
    public void Every_instruction_of_the_kernel_has_its_cycles()
    {
        var text = Image.Text;
        var (start, end) = Image.Code;
        var timed = Pipeline.Straight(text.Bytes[(int)(start - text.Linear)..(int)(end - text.Linear)], start);
        Assert.Equal(end, timed[^1].Step.Instruction.NextIP32);
    }

    [Fact]
    public void An_unknown_area_is_refused() =>
        Assert.Contains(
            "there are ipc, latency, machine",
            Assert.Throws<ArgumentException>(() => Measurements.Take(Image, new("speed"))).Message
        );

    [Fact]
    public void The_rows_of_an_area_come_as_they_are_known()
    {
        List<BenchRow> told = [];
        var rows = Measurements.Take(Image, new("ipc", Progress: told.Add));
        Assert.Equal(rows, told);
        Assert.Contains(rows, row =>
            row.What == KernelPaths.FastBetweenSpaces && row.Note.Contains("published 121", StringComparison.Ordinal)
        );
    }
}
