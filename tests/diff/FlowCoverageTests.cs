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
}
