using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Page;

/// <summary>A mapping of a frame. Its children follow it, and are deeper.</summary>
/// <param name="Node">Its row.</param>
/// <param name="Depth">How many mappings it is derived from.</param>
/// <param name="Text">The task, the page and the rights.</param>
public sealed record MappingLine(uint Node, uint Depth, string Text);

/// <summary>
/// The mappings of a frame that a step changes, before and after it, and those that they are derived from.
/// </summary>
/// <param name="Frame">What is mapped.</param>
/// <param name="Before">Its mappings before the step.</param>
/// <param name="After">Its mappings after the step.</param>
/// <param name="Others">The number of mappings of the frame after the step that are not shown.</param>
public sealed record MappingTree(
    string Frame,
    IReadOnlyList<MappingLine> Before,
    IReadOnlyList<MappingLine> After,
    int Others
)
{
    // The most frames of a step, and the most mappings of a frame, that a page shows.
    private const int MostFrames = 8,
        MostMappings = 64;

    private static readonly string[] OfNodes = ["Space", "Page", "Frame", "Depth", "Level", "Next", "Previous"];

    /// <summary>The frames whose mappings a step changes.</summary>
    public static IReadOnlyList<MappingTree> Of(State<Concrete> before, State<Concrete> after, NarratedStep step)
    {
        var nodes = step.Changes.Where(change => OfNodes.Contains(change.Column)).Select(change => change.Row);
        var frames = nodes
            .SelectMany(node =>
                new[] { before, after }
                    .Where(state => state.Mappings.Space[node].Value != 0)
                    .Select(state => state.Mappings.Frame[node].Value)
            )
            .Distinct()
            .Order();
        return
        [
            .. frames
                .Select(frame => Of(Name(after.Limits, frame), Lines(before, frame), Lines(after, frame)))
                .OfType<MappingTree>()
                .Take(MostFrames),
        ];
    }

    private static MappingTree? Of(string frame, List<MappingLine> before, List<MappingLine> after)
    {
        HashSet<MappingLine> shown = [.. before];
        shown.SymmetricExceptWith(after);
        if (shown.Count == 0)
            return null;
        foreach (var lines in (List<MappingLine>[])[before, after])
            shown.UnionWith(Origins(lines, shown));
        IReadOnlyList<MappingLine> shownAfter = [.. after.Where(shown.Contains).Take(MostMappings)];
        return new(
            frame,
            [.. before.Where(shown.Contains).Take(MostMappings)],
            shownAfter,
            after.Count - shownAfter.Count
        );
    }

    // The mappings that some mappings are derived from. In a list, the children of a mapping follow it, and are deeper.
    private static List<MappingLine> Origins(List<MappingLine> lines, HashSet<MappingLine> of)
    {
        List<MappingLine> origins = [];
        var depth = 0u;
        foreach (var line in Enumerable.Reverse(lines))
            if (of.Contains(line))
                depth = line.Depth;
            else if (line.Depth < depth)
            {
                origins.Add(line);
                depth = line.Depth;
            }

        return origins;
    }

    private static string Name(Limits limits, uint frame)
    {
        if (frame < limits.Paging.Frames)
            return $"frame {frame:X}h";
        var first = (frame - limits.Paging.Frames) * 16;
        return $"ports {first:X}h to {first + 15:X}h";
    }

    private static List<MappingLine> Lines(State<Concrete> s, uint frame)
    {
        var m = s.Mappings;
        return
        [
            .. Forest
                .List(s, frame)
                .Where(node => m.Space[node].Value != 0)
                .Select(node => new MappingLine(
                    node,
                    m.Depth[node].Value,
                    $"task {m.Space[node].Value} at page {m.Page[node].Value:X}h, "
                        + (m.IsWritable(node).Known ? "read and write" : "read only")
                )),
        ];
    }
}
