using System.CommandLine;
using Verified.Proofs.Page;

namespace Verified.Proofs.Commands;

/// <summary>The options that say how much of a failure is shown, and which files describe the result.</summary>
internal static class Reporting
{
    public static readonly Option<bool> Path = new("--path")
    {
        Description = "Print all events of a failure, and the machine code of the last one",
    };

    public static readonly Option<string?> Html = new("--html")
    {
        Description = "Write a page that draws the trace of the first failure, step by step",
        HelpName = "FILE",
    };

    /// <summary>Adds the options to a verb, and makes <paramref name="run"/> its action.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="run">Carries the verb out; returns the exit code.</param>
    public static void AddTo(Command verb, Func<ParseResult, Display, int> run)
    {
        verb.Add(Path);
        verb.Add(Html);
        verb.SetAction(parsed =>
        {
            var display = new Display(parsed);
            var code = run(parsed, display);
            if (parsed.GetValue(Html) is { } page) WritePage(display, page);
            return code;
        });
    }

    private static void WritePage(Display display, string path)
    {
        if ((display.Findings.FirstOrDefault(finding => finding.Fails) ?? display.Findings.FirstOrDefault())
            is not { } shown)
        {
            display.Line($"{path} is not written: there is no trace to draw");
            return;
        }

        File.WriteAllText(path, HtmlPage.Of(
            PageData.Of(shown.What, shown.Fails, shown.Details, shown.Trace, shown.Explained)));
        display.Line($"page: {path}");
    }
}
