using System.Globalization;
using System.Net;
using System.Text;
using Verified.Proofs.Page;

namespace Verified.Proofs.Bench;

/// <summary>
/// The chart of the paper's tables: bars of the paper's ratio and of ours. It is one file without scripts, and connects
/// to no server.
/// </summary>
public static class PapersPage
{
    private static readonly (string Table, string Title)[] Tables =
    [
        ("T2", "Table 2: getpid"),
        ("T3", "Table 3: lmbench"),
        ("T4", "Table 4: pipes and RPC of L4"),
        ("T5", "Table 5: virtual memory"),
        ("cache", "Second-level cache with colours"),
        ("macro", "Shell scripts; of the paper: a compilation, and AIM"),
    ];

    /// <summary>The page's text.</summary>
    public static string Of(IReadOnlyList<PaperResult> results)
    {
        var text = new StringBuilder();
        foreach (var table in results.GroupBy(result => result.Table))
        {
            var title = Tables.FirstOrDefault(known => known.Table == table.Key).Title ?? table.Key;
            text.Append(Invariant($"<section>\n<h2>{Safe(title)}</h2>\n"));
            // All ratios of a table have one scale, which contains 1.
            var scale = table
                .SelectMany(result => result.Figures.SelectMany(way => Ratios(result, way)))
                .Append(1)
                .Max()!
                .Value;
            foreach (var result in table)
                Row(text, result, scale);
            text.Append("</section>\n");
        }

        return HtmlPage
            .Resource("papers.html")
            .Replace(
                "@style",
                HtmlPage.Resource("page.css") + HtmlPage.Resource("papers.css"),
                StringComparison.Ordinal
            )
            .Replace("@tables", text.ToString(), StringComparison.Ordinal);
    }

    private static IEnumerable<double?> Ratios(PaperResult result, PaperFigure way) =>
        [result.OurRatio(way), result.PaperRatio(way)];

    private static void Row(StringBuilder text, PaperResult result, double scale)
    {
        var first = result.Figures[0];
        var compared = result.Figures.Count > 1;
        var firstPaper = first.Paper is { } figure ? Invariant($", {result.PapersFirst} {figure:N2}") : "";
        var unit = compared ? Invariant($"{first.Way} {first.Ours:N2}{firstPaper} {result.Unit}") : result.Unit;
        text.Append(Invariant($"<article>\n<h3>{Safe(result.What)} <small>{Safe(unit)}</small></h3>\n"));
        // A row of one figure has a scale of its own.
        var own = Math.Max(first.Ours, first.Paper ?? 0);
        foreach (var way in compared ? result.Figures.Skip(1) : result.Figures)
        {
            var worse = result.IsWorse(way) ? " worse" : "";
            text.Append(Invariant($"<div class=\"way\"><b>{Safe(way.Way)}</b>\n"));
            if (way.Paper is not null || way.PaperTimes is not null)
                Bar(text, "paper", way.Paper, result.PaperRatio(way), compared ? scale : own, result.Unit);
            Bar(text, "ours" + worse, way.Ours, result.OurRatio(way), compared ? scale : own, result.Unit);
            text.Append("</div>\n");
            if (worse.Length > 0 && way.Shares is { } shares)
                text.Append(
                    Invariant($"<p class=\"where\">By {Safe(way.Way)}, the cycles go to: {Safe(shares)}.</p>\n")
                );
        }
        text.Append("</article>\n");
    }

    private static void Bar(StringBuilder text, string kind, double? figure, double? ratio, double scale, string unit)
    {
        var line = ratio is null ? "" : Invariant($" one\" style=\"--one: {100 / scale:F2}%");
        var known = figure is { } shown ? Invariant($"{shown:N2} {Safe(unit)}") : "";
        var times = ratio is { } value ? Invariant($"{value:F2} times ") : "";
        text.Append(
            Invariant(
                $"""
                <div class="track{line}"><i class="{kind}" style="width: {100
                    * (ratio ?? figure ?? 0)
                    / scale:F2}%"></i></div>
                <div class="value">{times}<em>{known}</em></div>

                """
            )
        );
    }

    private static string Safe(string text) => WebUtility.HtmlEncode(text);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
