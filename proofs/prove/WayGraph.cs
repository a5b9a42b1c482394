using Verified.Proofs.Execution;
using Verified.Proofs.Paths;
using Verified.Spec;

namespace Verified.Proofs.Prove;

/// <summary>
/// The cut points and the ways between them, as the theorems found them. If the graph is closed, a processor that boot
/// leaves at pick always executes from one cut point to the next. Each step starts where a contract holds, and ends
/// where a contract is proved.
/// </summary>
public sealed class WayGraph
{
    /// <summary>A way, by the cut points that it leads from and to.</summary>
    public sealed record Edge(string Way, string From, IReadOnlyCollection<string> To, bool Proved);

    /// <summary>A cut point, and which ways lead to it and from it.</summary>
    public sealed record Point(
        string Name,
        bool TakesInterrupts,
        IReadOnlyList<string> ProvedBy,
        IReadOnlyList<string> Starts
    );

    /// <summary>The theorem of boot ends here.</summary>
    private const string Boot = "boot";

    private readonly CutPoints _points;

    /// <param name="points">The contracts.</param>
    /// <param name="results">The results of the theorems, by name.</param>
    public WayGraph(CutPoints points, IReadOnlyDictionary<string, ProofResult> results)
    {
        _points = points;
        Edges =
        [
            new(Boot, "", [points.Pick.Name], results["image.boot"].Proved),
            .. Way.All.Select(way => new Edge(
                way.Name,
                way.StartsAt(points).Name,
                results[$"image.{way.Name}"].Verdict?.Ends ?? [],
                results[$"image.{way.Name}"].Proved
            )),
        ];
        Vectors = results["image.vectors"].Proved;
    }

    /// <summary>The graph that the results of all theorems about an image show; null if some are missing.</summary>
    public static WayGraph? Of(Kernel.Layout layout, IReadOnlyList<ProofResult> results)
    {
        var byName = results.ToDictionary(result => result.Theorem);
        return
            Way.All.All(way => byName.ContainsKey($"image.{way.Name}"))
            && byName.ContainsKey("image.boot")
            && byName.ContainsKey("image.vectors")
            ? new(CutPoints.Of(layout), byName)
            : null;
    }

    public IReadOnlyList<Edge> Edges { get; }

    /// <summary>True if the listed ways from user mode are proved to be complete.</summary>
    public bool Vectors { get; }

    /// <summary>The cut points.</summary>
    public IReadOnlyList<Point> Points =>
        [
            .. _points.All.Select(point => new Point(
                point.Name,
                point.IsInterruptible,
                [.. Edges.Where(edge => edge.To.Contains(point.Name)).Select(edge => edge.Way)],
                [.. Edges.Where(edge => edge.From == point.Name).Select(edge => edge.Way)]
            )),
        ];

    /// <summary>Why the graph is not closed; empty if it is.</summary>
    public IReadOnlyList<string> Gaps =>
        [
            .. Edges.Where(edge => !edge.Proved).Select(edge => $"{edge.Way} is not proved"),
            .. Edges
                .Where(edge => edge.Proved && edge.To.Count == 0)
                .Select(edge => $"{edge.Way} ends at no cut point"),
            .. Edges
                .SelectMany(edge => edge.To)
                .Distinct()
                .Except(_points.All.Select(point => point.Name))
                .Select(end => $"{end} is not a cut point"),
            .. Vectors ? (string[])[] : ["it is not proved that the ways from user mode are all there are"],
            .. Points
                .Where(point => point.ProvedBy.Count == 0)
                .Select(point => $"no way leads to cut point {point.Name}"),
            .. Points
                .Where(point => point.Starts.Count == 0)
                .Select(point => $"no way starts at cut point {point.Name}"),
            .. _points.All.Where(point => point.IsInterruptible).SelectMany(Uninterrupted),
            .. Endless(),
        ];

    /// <summary>Interrupts that the kernel takes at a cut point, but for which there is no way.</summary>
    private static IEnumerable<string> Uninterrupted(CutPoint point) =>
        Way
            .All.Where(way => way.Kind == WayKind.Interrupt)
            .Select(way => way.Vector)
            .Distinct()
            .Where(vector =>
                !Way.All.Any(way => way.Kind == WayKind.Interrupt && way.Stage == point.Stage && way.Vector == vector)
            )
            .Select(vector => $"no way takes interrupt {vector:X}h at cut point {point.Name}");

    /// <summary>
    /// Cut points without interrupts to which the kernel may return without a theorem that a rank falls
    /// (<see cref="Rank{W}"/>). There a long operation avoids the interrupts' window.
    /// </summary>
    private IEnumerable<string> Endless()
    {
        uint[] ranked = [Stages.Pick, Stages.Receive, Stages.Accept, Stages.Leave, Stages.Wake];
        foreach (
            var point in _points.All.Where(point =>
                !point.IsInterruptible && (point.Stage == Stages.User || !ranked.Contains(point.Stage))
            )
        )
            if (Reaches(point.Name, point.Name, []))
                yield return $"cut point {point.Name} comes back without a window for interrupts";
    }

    private bool Reaches(string from, string to, HashSet<string> seen) =>
        Edges
            .Where(edge => edge.From == from)
            .SelectMany(edge => edge.To)
            .Any(next =>
                next == to
                || (
                    !_points.All.Single(point => point.Name == next).IsInterruptible
                    && seen.Add(next)
                    && Reaches(next, to, seen)
                )
            );
}
