using System.CommandLine;
using System.ComponentModel;
using Verified.Proofs.Commands.Shards;
using Verified.Proofs.Mutation;

namespace Verified.Proofs.Commands;

/// <summary><c>mutate spec</c>: would the checks notice a damaged spec?</summary>
internal static class MutateSpecVerb
{
    private const string Help =
        "Change the spec's sources one place at a time, build, and see which check notices: "
        + "check, diff, prove spec, prove image.\n\n"
        + "If a change of a step passes every check, it is equivalent: the image is proved to do what the changed spec "
        + "says, and what the spec says. If a change of an invariant passes every check, nothing depends on it.\n"
        + "With --meaning, the table of changes is tried instead, and the checks are the stated meaning alone.\n"
        + "Exit code: 0 if each change is noticed, is equivalent, or does not compile; 1 if a change of an "
        + "invariant passes; 2 without sources or SDK.";

    private static readonly Option<string> Source = new("--source")
    {
        Description = "Folder of the sources, which contains spec/",
        HelpName = "DIR",
        DefaultValueFactory = _ => ".",
    };

    private static readonly Option<int> Steps = CommonOptions.InRange(
        new Option<int>("--sample")
        {
            Description = "The number of changes of the steps to try; all if there are fewer",
            HelpName = "N",
            DefaultValueFactory = _ => 30,
        },
        0,
        int.MaxValue
    );

    private static readonly Option<int> Invariants = CommonOptions.InRange(
        new Option<int>("--invariants")
        {
            Description = "The number of changes of the invariants to try; all if there are fewer",
            HelpName = "N",
            DefaultValueFactory = _ => 30,
        },
        0,
        int.MaxValue
    );

    private static readonly Option<string?> Only = new("--only")
    {
        Description = "Try only changes whose line in the report contains this text",
        HelpName = "TEXT",
    };

    private static readonly Option<bool> Meaning = new("--meaning")
    {
        Description =
            "Make each change of a table to the spec's meaning, and see which property catches it. The image takes no "
            + "part",
    };

    private static readonly Option<bool> List = new("--list") { Description = "List the changes and stop" };

    public static Command Make()
    {
        var verb = new Command("spec", Help)
        {
            Source,
            Steps,
            Invariants,
            Only,
            List,
            Meaning,
            CommonOptions.Seed,
            CommonOptions.Json,
        };
        verb.Validators.Add(result =>
        {
            if (result.GetResult(Meaning) is not { Implicit: false })
                return;
            foreach (var option in (Option[])[Steps, Invariants, CommonOptions.Seed])
                if (result.GetResult(option) is { Implicit: false })
                    result.AddError(
                        $"{option.Name} chooses random changes, and --meaning tries a table: give --only TEXT to try a "
                            + "part of it."
                    );
        });
        ShardOptions.AddTo(verb);
        Reporting.AddResultsTo(verb, Run);
        return verb;
    }

    private static int Run(ParseResult parsed, Display display)
    {
        var source = parsed.GetValue(Source)!;
        if (parsed.GetValue(List))
            ShardOptions.Refuse(parsed, List.Name);
        var spec = Path.Combine(source, "spec");
        if (!File.Exists(Path.Combine(spec, "Spec.csproj")))
            throw new CommandException(
                $"there are no sources in '{source}', and changes of the spec need them: give the folder that contains "
                    + "spec/ in it, by --source"
            );

        if (parsed.GetValue(Meaning))
            return MutateMeaning.Run(parsed, display, spec, parsed.GetValue(Only), parsed.GetValue(List));
        var (allSteps, allInvariants) = Changes(spec, parsed);
        var seed = parsed.GetValue(CommonOptions.Seed);
        var (steps, invariants) = (
            Sample.Of(allSteps, parsed.GetValue(Steps), seed),
            Sample.Of(allInvariants, parsed.GetValue(Invariants), seed)
        );
        if (parsed.GetValue(List))
        {
            Report.Lines(display, steps.Concat(invariants).Select(mutant => mutant.ToString()), "");
            return CommandLine.Holds;
        }

        if (steps.Count + invariants.Count == 0)
            throw new CommandException(
                "no change is left to try: --list shows all; mend --only, --sample, --invariants"
            );
        var (shard, total) = (ShardOptions.Of(parsed), steps.Count + invariants.Count);
        (steps, invariants) = (shard.PartOf(steps, _ => 1), shard.PartOf(invariants, _ => 1));
        display.Line(
            $"mutate: tries {steps.Count:N0} of {allSteps.Count:N0} changes of steps and {invariants.Count:N0} of "
                + $"{allInvariants.Count:N0} changes of invariants, chosen by seed {seed} (--list shows them)"
        );
        display.Line(
            "mutate: builds the spec with each change, and runs these checks until one notices: "
                + string.Join(", ", SpecTrials.Checks.Select(check => $"'{check}'"))
        );
        var results = display.While("mutate", say => Try(display, source, steps, invariants, say));
        (display.Notes.Unit, display.Notes.Done, display.Notes.Total) = ("changes", results.Count, total);
        display.Checked.AddRange(
            results.Select(result => new Checked(
                $"{result.Mutant}",
                result.Result.Fate != SpecFate.Survived || steps.Contains(result.Mutant),
                Describe(result.Result, steps.Contains(result.Mutant)),
                result.Result.Seconds
            ))
        );
        if (parsed.GetValue(CommonOptions.Json))
            display.Json(results.Select(result => Summary(result.Mutant, result.Result)));
        Score(
            display,
            "steps",
            allSteps.Count,
            results.Where(result => steps.Contains(result.Mutant)).Select(result => result.Result)
        );
        Score(
            display,
            "invariants",
            allInvariants.Count,
            results.Where(result => !steps.Contains(result.Mutant)).Select(result => result.Result)
        );
        return results.Any(result => result.Result.Fate == SpecFate.Survived && !steps.Contains(result.Mutant))
            ? CommandLine.Refuted
            : CommandLine.Holds;
    }

    private static (IReadOnlyList<Mutant> Steps, IReadOnlyList<Mutant> Invariants) Changes(
        string spec,
        ParseResult parsed
    )
    {
        try
        {
            return (Asked(SpecMutants.OfSteps(spec)), Asked(SpecMutants.OfInvariants(spec)));
        }
        catch (FormatException e)
        {
            throw new CommandException(
                $"the sources in '{spec}' are not this program's, {e.Message}: give those that it was built from, by "
                    + "--source"
            );
        }

        IReadOnlyList<Mutant> Asked(IReadOnlyList<Mutant> all) =>
            [
                .. all.Where(mutant =>
                    parsed.GetValue(Only) is not { } text || mutant.ToString().Contains(text, StringComparison.Ordinal)
                ),
            ];
    }

    private static List<(Mutant Mutant, SpecResult Result)> Try(
        Display display,
        string source,
        IReadOnlyList<Mutant> steps,
        IReadOnlyList<Mutant> invariants,
        Say say
    )
    {
        const string needed = "changes of the spec need the .NET SDK to be built: install it";
        List<(Mutant, SpecResult)> results = [];
        if (steps.Count + invariants.Count == 0)
            return results;
        using var trials = new SpecTrials(source);
        try
        {
            say("the unchanged spec");
            var right = trials.Try();
            if (right.Fate == SpecFate.Rejected)
                throw new CommandException(
                    $"the unchanged spec cannot be built, {right.Why}: {needed}, or mend the source"
                );
            if (right.Fate != SpecFate.Survived)
                throw new CommandException(
                    $"the unchanged spec does not pass: 'verified {right.By}' says '{right.Why}'"
                );
            var most = TimeSpan.FromSeconds(right.Seconds * (steps.Count + invariants.Count));
            display.Line(
                $"mutate: the unchanged spec passes in {right.Seconds:F0} s, so all changes take at most about "
                    + $"{most.TotalMinutes:F0} minutes"
            );
            foreach (var mutant in steps.Concat(invariants))
            {
                var all = steps.Count + invariants.Count;
                say($"{results.Count} of {all} changes, now {mutant}", (double)results.Count / all);
                var result = trials.Try(mutant);
                results.Add((mutant, result));
                display.Line($"{mutant}");
                display.Line($"  {Describe(result, steps.Contains(mutant))}");
            }
        }
        catch (Win32Exception e)
        {
            throw new CommandException($"dotnet cannot be started, {e.Message}: {needed}");
        }

        return results;
    }

    private static string Describe(SpecResult result, bool step) =>
        result.Fate switch
        {
            SpecFate.Noticed => $"noticed by {result.By} in {result.Seconds:F0} s: {result.Why}",
            SpecFate.Endless => $"noticed by {result.By} in {result.Seconds:F0} s, which does not end",
            SpecFate.Rejected => $"does not compile: {result.Why}",
            _ => (step ? "EQUIVALENT: the image is proved to do this too" : "PASSES: nothing depends on it")
                + $", {result.Seconds:F0} s",
        };

    private static void Score(Display display, string what, int of, IEnumerable<SpecResult> all)
    {
        var mutants = all.Where(result => result.Fate != SpecFate.Rejected).ToList();
        display.Line(
            $"mutate {what}: {all.Count():N0} of {of:N0} changes tried: "
                + $"{mutants.Count(result => result.Fate != SpecFate.Survived)} of {mutants.Count} noticed, "
                + $"{all.Count() - mutants.Count} more do not compile"
                + string.Concat(
                    mutants
                        .GroupBy(result => result.By)
                        .Where(group => group.Key.Length > 0)
                        .Select(group => $"; {group.Count()} by {group.Key}")
                )
        );
    }

    private static object Summary(Mutant mutant, SpecResult result) =>
        new
        {
            mutant.File,
            mutant.Line,
            mutant.Kind,
            mutant.Before,
            mutant.After,
            result.Fate,
            result.By,
            result.Why,
            result.Seconds,
        };
}
