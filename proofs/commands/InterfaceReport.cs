using System.CommandLine;
using Spectre.Console;

namespace Verified.Proofs.Commands;

/// <summary>
/// <c>ways --interface</c>: lists the sentences of the interface with the tests, properties and theorems of each.
/// </summary>
internal static class InterfaceReport
{
    public static readonly Option<string> Source = new("--source")
    {
        Description = "With --interface: the folder of the sources, which contains spec/ and tests/",
        HelpName = "DIR",
        DefaultValueFactory = _ => ".",
    };

    private const int MostNames = 3;

    public static int Run(ParseResult parsed)
    {
        var (display, rows) = (new Display(parsed), InterfaceTable.Of(parsed.GetValue(Source)!));
        if (parsed.GetValue(CommonOptions.Json))
            display.Json(rows);
        else
            Print(display, rows);
        return CommandLine.Holds;
    }

    private static void Print(Display display, IReadOnlyList<SentenceRow> rows)
    {
        var table = new Table()
            .Border(TableBorder.Simple)
            .AddColumns("sentence", "tests", "properties", "meaning", "image");
        foreach (var row in rows)
            table.AddRow([
                .. (
                    (string[])
                        [row.Number, Short(row.Tests), Short(row.Properties), Short(row.Meaning), Short(row.Image)]
                ).Select(cell => new Text(cell)),
            ]);
        display.Write(table);
        display.Line(
            $"{rows.Count} sentences: {rows.Count(row => row.Tests.Count > 0)} have a test, "
                + $"{rows.Count(row => row.Properties.Count > 0)} a property, "
                + $"{rows.Count(row => row.Meaning.Count > 0)} a theorem of the meaning, "
                + $"{rows.Count(row => row.Image.Count > 0)} a theorem of the image"
        );
        foreach (var row in rows.Where(row => row.Tests.Count == 0))
            display.Line(
                row.Untested is { } reason
                    ? $"{row.Number} has no test: {reason}"
                    : $"{row.Number} HAS NO TEST: {row.Text}"
            );
    }

    private static string Short(IReadOnlyList<string> names) =>
        string.Join("\n", names.Take(MostNames))
        + (names.Count > MostNames ? $"\nand {names.Count - MostNames} more" : "");
}
