using Verified.Kernel;

namespace Verified.Proofs.Diff;

/// <summary>The part of an image's kernel code that random programs reach.</summary>
/// <param name="Graph">The code.</param>
/// <param name="Missed">Blocks that no program reaches.</param>
/// <param name="MissedEdges">Edges that no program takes.</param>
/// <param name="Events">The number of events in the programs.</param>
public sealed record FlowCoverage(
    FlowGraph Graph,
    IReadOnlyList<uint> Missed,
    IReadOnlyList<(uint From, uint To)> MissedEdges,
    long Events
)
{
    /// <summary>Runs random programs of some populations, of seeds from <paramref name="seed"/> on.</summary>
    public static FlowCoverage Of(KernelImage image, int seed, int populations)
    {
        var machine = new ImageMachine(image);
        var flow = new FlowRecord(image, new(image)) { Machine = machine };
        flow.Begin();
        var events = DiffRun.RunPopulations(machine, seed, populations);
        flow.End();
        return Of(flow.Graph, [flow], events);
    }

    /// <summary>The part that several records of the same code have seen together.</summary>
    /// <param name="graph">The code.</param>
    /// <param name="records">What ran.</param>
    /// <param name="events">The number of events in it.</param>
    internal static FlowCoverage Of(FlowGraph graph, IReadOnlyCollection<FlowRecord> records, long events)
    {
        var taken = records.SelectMany(record => record.Taken).ToHashSet();
        var reached = taken.Select(edge => edge.To).ToHashSet();
        return new(
            graph,
            [.. graph.Blocks.Where(leader => !reached.Contains(leader))],
            [.. graph.Edges.Where(edge => !taken.Contains(edge))],
            events
        );
    }

    /// <summary>One line.</summary>
    public override string ToString() =>
        $"{Graph.Blocks.Count - Missed.Count} of {Graph.Blocks.Count} blocks and "
        + $"{Graph.Edges.Count - MissedEdges.Count} of {Graph.Edges.Count} edges of the kernel's code in "
        + $"{Events:N0} events";
}
