using System.CommandLine;
using Spectre.Console;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Commands;

/// <summary><c>ways</c>: lists every way into the kernel and every cut point, with the theorems about each.</summary>
internal static class WaysVerb
{
    private const string Proved = "proved",
        Nothing = "-";

    private static readonly Option<bool> Interface = new("--interface")
    {
        Description = "List the sentences of the interface instead, each with its tests, properties and theorems",
    };

    private static readonly Option<bool> Latency = new("--latency")
    {
        Description = "Print the bound of the interrupt latency instead, with the paths that it follows from",
    };

    /// <summary>One row: what is proved, or the first theorem that fails.</summary>
    /// <param name="Way">The entry or own step, its stage, and the number of ways that do the same.</param>
    /// <param name="Invariants">The step of the spec preserves every invariant.</param>
    /// <param name="Orders">It keeps the lists of mappings and the chiefs in order.</param>
    /// <param name="Isolation">
    /// It changes nothing of tasks that take no part, and depends on no register of theirs.
    /// </param>
    /// <param name="Meaning">It satisfies the stated meaning of the interface.</param>
    /// <param name="Bytes">
    /// The image's bytes do what the step does, write nothing else, raise no exception and do not loop. The theorems
    /// take set operations by contract, and the contracts are proved.
    /// </param>
    /// <param name="Ends">The reason why the kernel's own steps end.</param>
    /// <param name="Worst">The cost of its longest paths.</param>
    /// <param name="From">The cut point that it starts at.</param>
    /// <param name="To">The cut points where its paths end.</param>
    private sealed record Line(
        string Way,
        string Invariants,
        string Orders,
        string Isolation,
        string Meaning,
        string Bytes,
        string Ends,
        WorstCase Worst,
        string From,
        IReadOnlyList<string> To
    );

    /// <summary>The data that the verb shows.</summary>
    /// <param name="Ways">The ways.</param>
    /// <param name="CutPoints">The points where ways start and end.</param>
    /// <param name="Gaps">
    /// The reasons why the graph of ways and cut points is not closed; empty if it is closed.
    /// </param>
    /// <param name="NotByUsers">Vectors below 20h that ring 3 does not raise, and why.</param>
    private sealed record Shown(
        IReadOnlyList<Line> Ways,
        IReadOnlyList<WayGraph.Point> CutPoints,
        IReadOnlyList<string> Gaps,
        IReadOnlyList<string> NotByUsers
    );

    public static Command Make()
    {
        var verb = new Command(
            "ways",
            "List every way into the kernel with its theorems and its longest path to the next cut point. Missing "
                + "proofs are made first"
        )
        {
            ImageSource.File,
            ImageSource.Size,
            CommonOptions.NoCache,
            CommonOptions.Cache,
            CommonOptions.Jobs,
            CommonOptions.Json,
            Interface,
            InterfaceReport.Source,
            Latency,
        };
        verb.SetAction(Run);
        return verb;
    }

    private static int Run(ParseResult parsed)
    {
        if (parsed.GetValue(Interface))
            return InterfaceReport.Run(parsed);
        if (parsed.GetValue(Latency))
            return LatencyReport.Run(parsed);
        var (display, json) = (new Display(parsed), parsed.GetValue(CommonOptions.Json));
        var image = ImageSource.Of(parsed);
        var results = ProveVerb.Prove(
            json ? Display.Silent : display,
            image,
            Theorems.Of(image),
            parsed.GetValue(CommonOptions.NoCache) ? null : CommonOptions.CacheOf(parsed),
            CommonOptions.JobsOf(parsed)
        );
        var byName = results.ToDictionary(result => result.Theorem);
        var points = Prove.CutPoints.Of(image.Layout);
        var graph = new WayGraph(points, byName);
        var shown = new Shown(
            Of(points, byName),
            graph.Points,
            graph.Gaps,
            [.. Way.NotByUsers.Select(other => $"vector {other.Vector}: {other.Why}")]
        );
        if (json)
            display.Json(shown);
        else
            Print(display, shown);
        return results.All(result => result.Proved) && graph.Gaps.Count == 0 ? CommandLine.Holds : CommandLine.Refuted;
    }

    private static IReadOnlyList<Line> Of(CutPoints points, IReadOnlyDictionary<string, ProofResult> results) =>
        [
            .. Way
                .All.GroupBy(way => (Step: Theorems.StepOf(way), way.Kind))
                .Select(group => Of(group.Key.Step, [.. group], points, results)),
        ];

    private static Line Of(
        string? step,
        IReadOnlyList<Way> ways,
        CutPoints points,
        IReadOnlyDictionary<string, ProofResult> results
    )
    {
        var bytes = ways.Select(way => results[$"image.{way.Name}"]).ToList();
        var contracts = results.Values.Where(result =>
            result.Theorem.StartsWith("image.sets.", StringComparison.Ordinal)
        );
        var own = ways[0].Kind == WayKind.Own;
        return new(
            (step ?? ways[0].Name)
                + (ways[0].Kind == WayKind.Slow ? ", slow path" : "")
                + (ways.Count > 1 ? $", {ways.Count} vectors" : ""),
            Cell($"spec.{step}"),
            Cell(results.ContainsKey($"orders.{step}") ? $"orders.{step}" : $"spec.{step}"),
            Cell($"isolation.{step}"),
            Cell($"meaning.{step}"),
            bytes.Concat(contracts).FirstOrDefault(result => !result.Proved) is { } failed ? Failed(failed) : Proved,
            own && step is not null ? "by rank" : "one step",
            bytes.Select(result => result.Verdict?.Worst ?? default).Aggregate((a, b) => a.Or(b)),
            ways[0].StartsAt(points).Name,
            [.. bytes.SelectMany(result => result.Verdict?.Ends ?? []).Distinct().Order(StringComparer.Ordinal)]
        );

        string Cell(string theorem) =>
            step is null ? Nothing
            : results[theorem].Proved ? Proved
            : Failed(results[theorem]);
    }

    private static string Failed(ProofResult result) => $"{result.Theorem}: {ProveVerb.Describe(result)}";

    private static void Print(Display display, Shown shown)
    {
        var table = new Table()
            .Border(TableBorder.Simple)
            .AddColumns("way", "invariants", "orders", "isolation", "meaning", "bytes", "ends");
        foreach (var column in (string[])["instructions", "cycles", "all missing"])
            table.AddColumn(new TableColumn(column).RightAligned());
        table.AddColumns("from", "to");
        foreach (var line in shown.Ways)
            table.AddRow([
                .. (
                    (string[])
                        [
                            line.Way,
                            line.Invariants,
                            line.Orders,
                            line.Isolation,
                            line.Meaning,
                            line.Bytes,
                            line.Ends,
                            $"{line.Worst.Instructions}",
                            $"{line.Worst.Cycles:N0}",
                            $"{line.Worst.Missing:N0}",
                            line.From,
                            string.Join(", ", line.To),
                        ]
                ).Select(cell => new Text(cell)),
            ]);
        display.Write(table);
        display.Line(
            "instructions and cycles of the Pentium are the most of any path to the next cut point, the gate included; "
                + "all missing: in caches, TLBs and branch targets"
        );

        var points = new Table()
            .Border(TableBorder.Simple)
            .AddColumns("cut point", "takes interrupts", "its contract is proved by", "ways that assume it");
        foreach (var point in shown.CutPoints)
            points.AddRow([
                .. (
                    (string[])
                        [point.Name, point.TakesInterrupts ? "yes" : "no", Short(point.ProvedBy), Short(point.Starts)]
                ).Select(cell => new Text(cell)),
            ]);
        display.Write(points);
        foreach (var other in shown.NotByUsers)
            display.Line($"ring 3 does not raise {other}");
        if (shown.Gaps.Count == 0)
            display.Line(
                "closed: each way starts at a cut point and ends at cut points whose contracts it proves, and boot "
                    + "proves that of pick"
            );
        foreach (var gap in shown.Gaps)
            display.Line($"NOT CLOSED: {gap}");
    }

    private static string Short(IReadOnlyList<string> ways)
    {
        const int most = 6;
        return string.Join(", ", ways.Take(most)) + (ways.Count > most ? $" and {ways.Count - most} more" : "");
    }
}
