using System.CommandLine;

namespace Verified.Proofs.Commands;

/// <summary>The options that say how much of a failure is shown, and which files describe the result.</summary>
internal static class Reporting
{
    public static readonly Option<bool> Path = new("--path")
    {
        Description = "Print all events of a failure, and the machine code of the last one",
    };

    /// <summary>Adds the options to a verb, and makes <paramref name="run"/> its action.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="run">Carries the verb out; returns the exit code.</param>
    public static void AddTo(Command verb, Func<ParseResult, Display, int> run)
    {
        verb.Add(Path);
        verb.SetAction(parsed =>
        {
            var display = new Display(parsed);
            return run(parsed, display);
        });
    }
}
