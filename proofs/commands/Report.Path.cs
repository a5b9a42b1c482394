using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;

namespace Verified.Proofs.Commands;

/// <summary>Reports the machine code of a failure: the marked instruction, and what led to it.</summary>
internal static partial class Report
{
    private const int LastDecisions = 4,
        LastNear = 8,
        MostOrigins = 14;

    /// <summary>Prints the instruction that a finding's path is about, and what led to it.</summary>
    public static void Instruction(Display display, Explained explained, Finding finding, bool all)
    {
        if (explained is { Step: { } first, StepName: { } name })
        {
            var spec = first.SpecMethod is { } method
                ? $"; the spec's is {method}{(SpecSource.LineOf(method) is { } line ? $", {line}" : "")}"
                : "";
            display.Line($"  the first kernel step that differs: {name}{spec}");
            if ($"{first.Difference}" != finding.Difference)
                display.Line($"    {first.Difference}");
        }

        if (explained.Deviating is { } deviating)
        {
            display.Line($"  {explained.Headline}:");
            if (deviating.Source is { } line)
                display.Line($"    {line}{Text(line)}");
            display.Line(
                $"    => {deviating.Address:X8}  {deviating.Place, -20}  {deviating.Text}"
                    + (deviating.Decision.Length > 0 ? $"  {deviating.Decision}" : Note(deviating.Values))
            );
            Lines(display, explained.Registers.Select(Register), "    ");
            if (explained.ShowsJumps)
                Decisions(display, explained);
            if (explained.Trial is { } trial)
                display.Line($"  {trial}");
            if (explained.Reason == Reason.NothingWritten)
                Near(display, explained);
            if (explained.Reason == Reason.Writes)
                From(display, explained);
        }

        if (!all)
        {
            display.Line(
                $"  more: --path prints all events and the {explained.Length:N0} instructions of "
                    + $"{(explained.Step is null ? "the last one" : "the step")}; --html FILE draws them"
            );
            return;
        }

        var (path, length) = (explained.Last, explained.Length);
        display.Line(
            $"  the image's path, {length:N0} instructions{(explained.Step is null ? "" : " of this step")}"
                + $"{(path.Count < length ? $", the last {path.Count:N0} of them" : "")}:"
        );
        foreach (var step in path)
        {
            var note = step.Jumps is { } jumps ? (jumps ? "taken" : "not taken") : step.Values;
            display.Line(
                $"  {(step.Deviates ? "=>" : "  ")} {step.Address:X8}  {step.Place, -20}  {step.Text, -40}  "
                    + $"{step.Source}{Note(note)}".TrimEnd()
            );
        }
    }

    private static string Note(string values) => values.Length > 0 ? $"  ; {values}" : "";

    private static string Register(ReadRegister register) =>
        register.Sentence + (register.Writer?.Source is { } line ? Text(line) : "");

    // The value may be wrong before the instruction that wrote it.
    private static void From(Display display, Explained explained)
    {
        var lines = explained.Origins.Select(executed => executed.Source).OfType<SourceLine>().Distinct().ToList();
        if (lines.Count == 0)
            return;
        display.Line("  the lines that computed the value, in order:");
        Lines(display, lines.TakeLast(MostOrigins).Select(line => $"{line}{Text(line)}"), "    ");
    }

    // If no write is wrong, an earlier conditional jump may have gone the wrong way.
    private static void Decisions(Display display, Explained explained)
    {
        var decisions = explained.LastDecisions(LastDecisions);
        if (decisions.Count == 0)
            return;
        display.Line("  the last conditional jumps:");
        foreach (var jump in decisions)
        {
            display.Line($"    {jump.Source?.ToString() ?? jump.Place}{(jump.Source is { } line ? Text(line) : "")}");
            display.Line($"      {jump.Decision}{(jump.Mends ? "; the other way, image and spec agree" : "")}");
        }
    }

    // A missing write probably belongs near the other writes to the same row.
    private static void Near(Display display, Explained explained)
    {
        var near = explained
            .Last.Where(executed => executed is { IsNear: true, Source: not null })
            .Select(executed => executed.Source!)
            .Distinct()
            .TakeLast(LastNear)
            .ToList();
        if (near.Count == 0)
            return;
        display.Line("  the lines that wrote to the same row, near which it may belong:");
        Lines(display, near.Select(line => $"{line}{Text(line)}"), "    ");
    }

    // The text of the line, if the command runs in the folder that has the source.
    private static string Text(SourceLine line)
    {
        try
        {
            return File.ReadLines(line.File).ElementAtOrDefault(line.Line - 1) is { } text ? $"  {text.Trim()}" : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
