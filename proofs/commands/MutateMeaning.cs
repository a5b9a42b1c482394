using System.CommandLine;
using Verified.Proofs.Commands.Shards;
using Verified.Proofs.Mutation;

namespace Verified.Proofs.Commands;

/// <summary>
/// <c>mutate spec --meaning</c>: would the stated meaning notice a kernel that is consistently wrong?
/// </summary>
internal static class MutateMeaning
{
    /// <summary>
    /// Tries every change whose line in the table contains a given text. Prints the check that caught it, and the
    /// score.
    /// </summary>
    public static int Run(ParseResult parsed, Display display, string spec, string? only, bool list)
    {
        var mutants = MeaningMutant
            .All.Where(mutant =>
                only is null || $"{mutant.File}: {mutant.What}".Contains(only, StringComparison.Ordinal)
            )
            .ToList();
        if (list)
        {
            Report.Lines(display, mutants.Select(mutant => $"{mutant.File}: {mutant.What}"), "");
            return CommandLine.Holds;
        }

        if (mutants.Count == 0)
            throw new CommandException($"no change of the table contains '{only}': --list shows all changes");
        var total = mutants.Count;
        mutants = [.. ShardOptions.Of(parsed).PartOf(mutants, _ => 1)];
        display.Line(
            $"mutate meaning: tries {mutants.Count} of {MeaningMutant.All.Count} changes of the table; compiles the "
                + "spec with each of them, and lets laws, random programs and small models look for a violated property"
        );
        var changed = new ChangedSpec(spec);
        if (Stale(changed, mutants) is { Count: > 0 } stale)
            throw new CommandException($"the table of changes is not the spec's: {string.Join("; ", stale)}");
        var trials = new MeaningTrials(changed);
        var results = display.While("mutate", say => Try(display, trials, mutants, say));
        (display.Notes.Unit, display.Notes.Done, display.Notes.Total) = ("changes", results.Count, total);
        display.Checked.AddRange(
            results.Select(result => new Checked(
                $"{result.Mutant.File}: {result.Mutant.What}",
                result.Property is not null,
                result.Property is { } property ? $"caught by {property}" : "NOT CAUGHT",
                result.Seconds
            ))
        );
        if (parsed.GetValue(CommonOptions.Json))
            display.Json(
                results.Select(result => new
                {
                    result.Mutant.What,
                    result.Mutant.File,
                    result.Property,
                    result.Check,
                    result.Why,
                    result.Seconds,
                })
            );
        var caught = results.Count(result => result.Property is not null);
        display.Line(
            $"mutate meaning: {caught} of {results.Count} changes caught by "
                + $"{results.Select(result => result.Property).Where(name => name is not null).Distinct().Count()} "
                + $"named properties, {results.Select(result => result.Seconds).DefaultIfEmpty().Average():F1} s each"
        );
        return caught == results.Count ? CommandLine.Holds : CommandLine.Refuted;
    }

    private static List<string> Stale(ChangedSpec changed, IReadOnlyList<MeaningMutant> mutants)
    {
        List<string> stale = [];
        foreach (var mutant in mutants)
            try
            {
                mutant.Change(changed.TextOf(mutant.File));
            }
            catch (FormatException e)
            {
                stale.Add(e.Message);
            }

        return stale;
    }

    private static List<MeaningResult> Try(Display display, MeaningTrials trials, List<MeaningMutant> mutants, Say say)
    {
        say("the unchanged spec");
        var right = trials.TryRight();
        if (right.Property is not null || right.Check.Length > 0)
            throw new CommandException(
                $"the unchanged spec does not pass: {right.Property ?? right.Check}: {right.Why}"
            );
        display.Line($"mutate: every property holds for the unchanged spec, {right.Seconds:F0} s");
        List<MeaningResult> results = [];
        foreach (var mutant in mutants)
        {
            say($"{results.Count} of {mutants.Count} changes", (double)results.Count / mutants.Count);
            results.Add(trials.Try(mutant));
            var result = results[^1];
            display.Line($"{mutant.File}: {mutant.What}");
            var check = result.Check.Length > 0 ? result.Check + ": " : "";
            display.Line(
                result.Property is { } property
                    ? $"  caught by {property} ({result.Check}, {result.Seconds:F1} s): {result.Why}"
                    : $"  NOT CAUGHT ({result.Seconds:F1} s): {check}{result.Why}"
            );
        }

        return results;
    }
}
