using System.CommandLine;
using Verified.Proofs.Oracle;

namespace Verified.Proofs.Commands;

/// <summary><c>oracle --vectors</c>: the machine against cases that others recorded on a real processor.</summary>
internal static class VectorReport
{
    private const int MostPrinted = 50;

    public static readonly Option<string[]> Paths = new("--vectors")
    {
        Description =
            "Run recorded cases of a real 386 (MOO files, such as SingleStepTests/80386) in place of random ones: a "
            + "file .MOO or .MOO.gz, or a folder of them; may be repeated",
        HelpName = "PATH",
        Arity = ArgumentArity.OneOrMore,
    };

    public static int Run(ParseResult parsed)
    {
        var json = parsed.GetValue(CommonOptions.Json);
        var display = json ? Display.Silent : new Display(parsed);
        var files = RecordedRun.FilesOf(parsed.GetValue(Paths)!);
        var result = display.While("vectors", say =>
            RecordedRun.Run(files, (done, cases) => say($"{done:N0} of {files.Count:N0} files, {cases:N0} cases"))
        );
        if (json)
            new Display(parsed).Json(result);
        foreach (var file in result.Files)
            display.Line(Line(file));
        foreach (
            var (file, failure) in result
                .Files.SelectMany(file => file.Failures.Select(failure => (file, failure)))
                .Take(MostPrinted)
        )
            Print(display, file, failure);
        display.Line(Sum(result));
        return result.Holds ? CommandLine.Holds : CommandLine.Refuted;
    }

    private static string Line(RecordedFile file) =>
        $"  {Path.GetFileName(file.File), -16} {file.Cases, 7:N0} "
        + $"cases{(file.Failed == 0 ? "" : $", {file.Failed:N0} differ")}{Skipped(file.Revoked, file.Queued)}";

    private static string Sum(RecordedResult result)
    {
        var failed = result.Files.Sum(file => file.Failed);
        return $"vectors: {result.Cases:N0} recorded cases of {result.Files.Count:N0} "
            + $"files{Skipped(result.Files.Sum(file => file.Revoked), result.Files.Sum(file => file.Queued))}, "
            + $"in {result.Seconds:F1} s ({result.Cases / Math.Max(result.Seconds, 0.001):N0} cases per second): "
            + $"{(failed == 0 ? "holds" : $"FAILED, {failed:N0} differ")}";
    }

    private static string Skipped(int revoked, int queued) =>
        (revoked > 0 ? $", {revoked:N0} revoked and left out" : "")
        + (queued > 0 ? $", {queued:N0} that write over their HLT, which the queue has" : "");

    private static void Print(Display display, RecordedFile file, RecordedFailure failure)
    {
        var c = failure.Case;
        display.Line($"{Path.GetFileName(file.File)} case {c.Index}: {c.Name}");
        var exception = c.Exception is { } e ? $", recorded: exception or interrupt {e.Vector}" : "";
        var hash = c.Hash.Length > 0 ? $", hash {c.Hash}" : "";
        display.Line($"  bytes {Convert.ToHexString(c.Bytes)}{exception}{hash}");
        foreach (var row in Enumerable.Range(0, RecordedRegister.Count).Chunk(8))
            display.Line($"  {string.Join(' ', row.Select(Named))}");
        foreach (var difference in failure.Differences)
            display.Line(
                $"  {difference.Field}: recorded {difference.Recorded}, ours "
                    + $"{difference.Got}{(difference.Before.Length > 0 ? $", before {difference.Before}" : "")}"
            );

        string Named(int i)
        {
            var isSelector = i is >= RecordedRegister.Cs and <= RecordedRegister.Ss;
            return $"{RecordedRegister.Names[i]} {c.Registers[i].ToString(isSelector ? "X4" : "X8")}";
        }
    }
}
