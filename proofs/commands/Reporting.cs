using System.CommandLine;
using Verified.Kernel;
using Verified.Proofs.Commands.Shards;
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
    /// <param name="stops">
    /// Whether it watches <see cref="Display.Stop"/>, so that Ctrl-C lets it report what it has done. If null, Ctrl-C
    /// ends it.
    /// </param>
    public static void AddTo(Command verb, Func<ParseResult, Display, int> run, Func<ParseResult, bool>? stops = null)
    {
        verb.Add(Path);
        verb.Add(Html);
        AddResultsTo(verb, run, stops);
    }

    /// <summary>Adds the options to a verb whose failures have no traces.</summary>
    /// <inheritdoc cref="AddTo"/>
    public static void AddResultsTo(
        Command verb,
        Func<ParseResult, Display, int> run,
        Func<ParseResult, bool>? stops = null
    )
    {
        verb.Add(JUnitFile);
        verb.Add(SarifFile);
        verb.SetAction(parsed =>
        {
            // A caller in this process handles its own signals.
            using var interruption =
                stops?.Invoke(parsed) == true && parsed.InvocationConfiguration.Output == Console.Out
                    ? new Interruption()
                    : null;
            var display = new Display(parsed) { Stop = interruption?.Token ?? default };
            var code = run(parsed, display);
            ShardOptions.Write(parsed, display, code);
            return Write(parsed, display, verb.Name == Root ? "" : verb.Name) || code != CommandLine.Holds
                ? code
                : CommandLine.Unusable;
        });
    }

    /// <summary>
    /// Keeps a file for later. If it cannot be written, a warning says so, and the result is the same.
    /// </summary>
    /// <param name="display">The display for the warning.</param>
    /// <param name="path">The file. Its folder is made.</param>
    /// <param name="write">Writes the file.</param>
    /// <returns>Whether the file was written.</returns>
    public static bool Keep(Display display, string path, Action write)
    {
        try
        {
            if (System.IO.Path.GetDirectoryName(path) is { Length: > 0 } folder)
                Directory.CreateDirectory(folder);
            write();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            display.Warn($"{path} is not written: {e.Message}");
            return false;
        }
    }

    /// <summary>Writes a file that the user asked for.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes it.</param>
    /// <exception cref="CommandException">It cannot be written, for example because the disk is full.</exception>
    public static void Require(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} is not written: {e.Message}");
        }
    }

    // Whether each file that the user wants was written.
    private static bool Write(ParseResult parsed, Display display, string verb)
    {
        var written = true;
        if (parsed.CommandResult.Command.Options.Contains(Html) && parsed.GetValue(Html) is { } page)
            written &= WritePage(display, page);
        if (parsed.GetValue(JUnitFile) is { } junit)
            written &= Wanted(junit, JUnit.Of(verb, display.Checked, display.Findings));
        if (parsed.GetValue(SarifFile) is { } sarif)
            written &= Wanted(sarif, Sarif.Of(verb, display.Checked, display.Findings));
        return written;

        bool Wanted(string path, string text) => Keep(display, path, () => WholeFile.Write(path, text));
    }

    private static bool WritePage(Display display, string path)
    {
        if (
            (display.Findings.FirstOrDefault(finding => finding.Fails) ?? display.Findings.FirstOrDefault()) is
            { } shown
        )
            return WritePage(display, path, shown);
        display.Line($"{path} is not written: there is no trace to draw");
        return true;
    }

    /// <summary>Writes a page that draws a trace.</summary>
    /// <returns>Whether it was written; if not, a warning says why.</returns>
    public static bool WritePage(Display display, string path, Finding shown)
    {
        var text = HtmlPage.Of(
            PageData.Of(
                shown.What,
                shown.Fails,
                shown.Details,
                shown.Trace,
                shown.Explained,
                reads: shown.Reads,
                loop: shown.Loop,
                command: display.Command,
                differs: shown.Difference is not null
            )
        );
        if (!Keep(display, path, () => WholeFile.Write(path, text)))
            return false;
        display.Line($"page: {path}");
        return true;
    }
}
