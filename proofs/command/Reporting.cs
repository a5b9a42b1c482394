using System.CommandLine;
using Verified.Proofs.Page;

namespace Verified.Proofs.Commands;

/// <summary>The options for the detail of a failure's report, and for result files.</summary>
internal static class Reporting
{
    /// <summary>The name of the command without a verb.</summary>
    public const string Root = "verified";

    public static readonly Option<bool> Path = new("--path")
    {
        Description = "Print all events of a failure, and the machine code of the last one",
    };

    public static readonly Option<string?> Html = new("--html")
    {
        Description = "Write a page that draws the trace of the first failure, step by step",
        HelpName = "FILE",
    };

    public static readonly Option<string?> JUnitFile = new("--junit")
    {
        Description = "Write the result as JUnit XML",
        HelpName = "FILE",
    };

    public static readonly Option<string?> SarifFile = new("--sarif")
    {
        Description = "Write the failures as SARIF 2.1.0, with their source lines",
        HelpName = "FILE",
    };

    /// <summary>Adds the options to a verb, and makes <paramref name="run"/> its action.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="run">Carries the verb out; returns the exit code.</param>
    public static void AddTo(Command verb, Func<ParseResult, Display, int> run)
    {
        verb.Add(Path);
        verb.Add(Html);
        AddResultsTo(verb, run);
    }

    /// <summary>Adds the options to a verb whose failures have no traces.</summary>
    /// <inheritdoc cref="AddTo"/>
    public static void AddResultsTo(Command verb, Func<ParseResult, Display, int> run)
    {
        verb.Add(JUnitFile);
        verb.Add(SarifFile);
        verb.SetAction(parsed =>
        {
            var display = new Display(parsed);
            var code = run(parsed, display);
            Write(parsed, display, verb.Name == Root ? "" : verb.Name);
            return code;
        });
    }

    private static void Write(ParseResult parsed, Display display, string verb)
    {
        if (parsed.CommandResult.Command.Options.Contains(Html) && parsed.GetValue(Html) is { } page)
            WritePage(display, page);
        if (parsed.GetValue(JUnitFile) is { } junit)
            File.WriteAllText(junit, JUnit.Of(verb, display.Checked, display.Findings));
        if (parsed.GetValue(SarifFile) is { } sarif)
            File.WriteAllText(sarif, Sarif.Of(verb, display.Checked, display.Findings));
    }

    private static void WritePage(Display display, string path)
    {
        if (
            (display.Findings.FirstOrDefault(finding => finding.Fails) ?? display.Findings.FirstOrDefault())
            is not { } shown
        )
        {
            display.Line($"{path} is not written: there is no trace to draw");
            return;
        }

        File.WriteAllText(
            path,
            HtmlPage.Of(PageData.Of(shown.What, shown.Fails, shown.Details, shown.Trace, shown.Explained))
        );
        display.Line($"page: {path}");
    }
}
