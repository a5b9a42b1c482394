using System.CommandLine;
using Spectre.Console;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Commands;

/// <summary><c>ways</c>: every way into the kernel and every point where it goes on, by what is proved of it.</summary>
internal static class WaysVerb
{
    private const string Proved = "proved", Nothing = "-";

    /// <summary>One row: what is proved, or the first theorem that is not.</summary>
    /// <param name="Way">The entry or own step, in which stage it comes, and how many ways do the same.</param>
    /// <param name="Invariants">The step of the spec preserves every invariant.</param>
    /// <param name="Orders">It keeps the lists of mappings and the chiefs in order.</param>
    /// <param name="Isolation">It changes nothing, and depends on no register, of those that take no part.</param>
    /// <param name="Bytes">
    /// The image's bytes do what the step does, write nothing else, raise no exception and do not loop; the operations on sets, which they take by
    /// contract, keep it.
    /// </param>
    /// <param name="Ends">Why the kernel's own steps come to an end.</param>
    /// <param name="Worst">What its longest paths take.</param>
    private sealed record Line(string Way, string Invariants, string Orders, string Isolation, string Bytes, string Ends, WorstCase Worst);

    public static Command Make()
    {
        var verb = new Command("ways", "Every way into the kernel: what is proved of it, and the most it takes to the next cut point; proves what is not proved yet")
        {
            ImageSource.File, ImageSource.Size, CommonOptions.NoCache, CommonOptions.Json,
        };
        verb.SetAction(Run);
        return verb;
    }

    private static int Run(ParseResult parsed)
    {
        var (display, json) = (new Display(parsed), parsed.GetValue(CommonOptions.Json));
        var image = ImageSource.Of(parsed);
        var results = ProveVerb.Prove(json ? Display.Silent : display, image, Theorems.Of(image), cached: !parsed.GetValue(CommonOptions.NoCache));
        var lines = Of(results.ToDictionary(result => result.Theorem));
        if (json) display.Json(lines);
        else Print(display, lines);
        return results.All(result => result.Proved) ? CommandLine.Holds : CommandLine.Refuted;
    }

    private static IReadOnlyList<Line> Of(IReadOnlyDictionary<string, ProofResult> results) =>
        [.. Way.All.GroupBy(way => (Step: Theorems.StepOf(way), way.Kind)).Select(group => Of(group.Key.Step, [.. group], results))];

    private static Line Of(string? step, IReadOnlyList<Way> ways, IReadOnlyDictionary<string, ProofResult> results)
    {
        var bytes = ways.Select(way => results[$"image.{way.Name}"]).ToList();
        var contracts = results.Values.Where(result => result.Theorem.StartsWith("image.sets.", StringComparison.Ordinal));
        var own = ways[0].Kind == WayKind.Own;
        return new(
            (step ?? ways[0].Name) + (ways[0].Kind == WayKind.Slow ? ", slow path" : "") + (ways.Count > 1 ? $", {ways.Count} vectors" : ""),
            Cell($"spec.{step}"), Cell(results.ContainsKey($"orders.{step}") ? $"orders.{step}" : $"spec.{step}"), Cell($"isolation.{step}"),
            bytes.Concat(contracts).FirstOrDefault(result => !result.Proved) is { } failed ? Failed(failed) : Proved,
            own ? "by rank" : "one step",
            bytes.Select(result => result.Verdict?.Worst ?? default).Aggregate((a, b) => a.Or(b)));

        string Cell(string theorem) => step is null ? Nothing : results[theorem].Proved ? Proved : Failed(results[theorem]);
    }

    private static string Failed(ProofResult result) => $"{result.Theorem}: {ProveVerb.Describe(result)}";

    private static void Print(Display display, IReadOnlyList<Line> lines)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("way", "invariants", "orders", "isolation", "bytes", "ends");
        foreach (var column in (string[])["instructions", "cycles", "all missing"]) table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var line in lines)
            table.AddRow([.. ((string[])[line.Way, line.Invariants, line.Orders, line.Isolation, line.Bytes, line.Ends,
                $"{line.Worst.Instructions}", $"{line.Worst.Cycles:N0}", $"{line.Worst.Missing:N0}"]).Select(cell => new Text(cell))]);
        display.Write(table);
        display.Line("instructions and cycles of the P5 are the most of any path to the next cut point, the gate included; all missing: in caches, TLBs and branch targets");
    }
}
