using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Diff;

public sealed class FlowCoverageTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    [Fact]
    public void Every_block_but_entries_has_a_way_to_it()
    {
        var graph = new FlowGraph(Image);
        var entered = graph.Edges.Select(edge => edge.To).ToHashSet();
        Assert.Contains(Image.Symbols["ipc"], graph.Blocks);
        Assert.All(graph.Edges, edge => Assert.Contains(edge.To, graph.Blocks));
        Assert.All(graph.Blocks.Where(block => !entered.Contains(block)), block =>
            Assert.DoesNotContain('+', Image.Name(block))
        );
    }

    [Fact]
    public void Random_programs_reach_what_they_execute_and_no_more()
    {
        var few = FlowCoverage.Of(Image, seed: 1, populations: 1);
        var more = FlowCoverage.Of(Image, seed: 1, populations: 8);
        Assert.Contains(Image.Symbols["panic"], more.Missed);
        Assert.DoesNotContain(Image.Symbols["ipc"], few.Missed);
        Assert.Subset(few.Missed.ToHashSet(), more.Missed.ToHashSet());
        Assert.True(more.Missed.Count < few.Missed.Count);
        Assert.True(more.Missed.Count < more.Graph.Blocks.Count / 10);
    }

    // The other way to find the steps from block to block: it stops the machine before every instruction.
    [Fact]
    public void Runs_of_instructions_reach_what_single_instructions_reach()
    {
        var (machine, graph, block) = (new ImageMachine(Image), new FlowGraph(Image), 0u);
        var (leaders, taken) = (graph.Blocks.ToHashSet(), new HashSet<(uint, uint)>());
        machine.Pc.Trace = pc =>
        {
            var at = pc.Cpu.Eip.Value;
            if (at < Image.Code.Start || at >= Image.Code.End)
                block = 0;
            else if (leaders.Contains(at))
            {
                taken.Add((block, at));
                block = at;
            }
        };
        var events = DiffRun.RunPopulations(machine, seed: 1, populations: 3);
        var runs = FlowCoverage.Of(Image, seed: 1, populations: 3);
        Assert.Equal(events, runs.Events);
        Assert.Equal(graph.Edges.Where(edge => !taken.Contains(edge)), runs.MissedEdges);
        Assert.Equal(graph.Blocks.Except(taken.Select(edge => edge.Item2)), runs.Missed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_comparison_measures_the_coverage_of_its_first_populations(int workers)
    {
        var alone = FlowCoverage.Of(Image, seed: 3, populations: 3);
        var compared = DiffRun.Run(Image, new(Seed: 3, Events: 1, Workers: workers, Covered: 3)).Coverage;
        Assert.NotNull(compared);
        Assert.Equal(alone.Events, compared.Events);
        Assert.Equal(alone.Missed, compared.Missed);
        Assert.Equal(alone.MissedEdges, compared.MissedEdges);
    }
}
