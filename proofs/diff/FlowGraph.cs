using Iced.Intel;
using Verified.Kernel;

namespace Verified.Proofs.Diff;

/// <summary>The basic blocks of an image's kernel code after boot, and the edges between them.</summary>
public sealed class FlowGraph
{
    /// <summary>The start of each block, in order.</summary>
    public IReadOnlyList<uint> Blocks { get; }

    /// <summary>From a block to a possible successor: the target of its jump, or the next block.</summary>
    public IReadOnlyList<(uint From, uint To)> Edges { get; }

    /// <exception cref="ImageException">The code has an indirect jump, or a jump to a target outside it.</exception>
    public FlowGraph(KernelImage image)
    {
        var (start, end) = image.Code;
        var code = new List<Instruction>();
        var decoder = Decoder.Create(
            32,
            image.Text.Bytes[(int)(start - image.Text.Linear)..(int)(end - image.Text.Linear)],
            start
        );
        while (decoder.IP < end)
            code.Add(decoder.Decode());

        var leaders = new SortedSet<uint>(image.Symbols.Values.Where(address => start <= address && address < end))
        {
            start,
        };
        foreach (var instruction in code)
        {
            if (instruction.FlowControl == FlowControl.Next)
                continue;
            if (Target(image, instruction) is { } target)
                leaders.Add(target);
            if (instruction.NextIP < end)
                leaders.Add((uint)instruction.NextIP);
        }

        var edges = new List<(uint, uint)>();
        var block = start;
        foreach (var instruction in code)
        {
            if (leaders.Contains((uint)instruction.IP))
                block = (uint)instruction.IP;
            if (Target(image, instruction) is { } target)
                edges.Add((block, target));
            var goesOn = instruction.FlowControl is FlowControl.Next or FlowControl.ConditionalBranch;
            if (goesOn && instruction.NextIP < end && leaders.Contains((uint)instruction.NextIP))
                edges.Add((block, (uint)instruction.NextIP));
        }

        (Blocks, Edges) = ([.. leaders], [.. edges.Distinct()]);
    }

    private static uint? Target(KernelImage image, in Instruction instruction) =>
        instruction.FlowControl switch
        {
            FlowControl.UnconditionalBranch or FlowControl.ConditionalBranch => instruction.NearBranch32,
            FlowControl.IndirectBranch or FlowControl.IndirectCall or FlowControl.Call => throw new ImageException(
                $"{image.Name((uint)instruction.IP)}: {instruction} is not a direct jump, the only kind that kernel "
                    + "code has"
            ),
            _ => null,
        };
}

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
        var graph = new FlowGraph(image);
        var (start, end) = image.Code;
        var isLeader = new bool[end - start];
        foreach (var leader in graph.Blocks)
            isLeader[leader - start] = true;
        HashSet<(uint, uint)> taken = [];
        var machine = new ImageMachine(image);
        var block = 0u;
        machine.Pc.Trace = pc =>
        {
            var at = pc.Cpu.Eip.Value;
            if (at - start >= end - start)
                block = 0;
            else if (isLeader[at - start])
            {
                taken.Add((block, at));
                block = at;
            }
        };
        var events = DiffRun.RunPopulations(machine, seed, populations);
        var reached = taken.Select(edge => edge.Item2).ToHashSet();
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
