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
