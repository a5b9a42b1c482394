using System.CommandLine;
using Verified.Proofs.Check;
using Verified.Proofs.Mutation;

namespace Verified.Proofs.Commands;

/// <summary><c>check --coverage</c>: which branches of the spec's steps each model reaches, and how often.</summary>
internal static class BranchReport
{
    public static readonly Option<bool> Coverage = new("--coverage")
    {
        Description = "Report the branches of the spec's steps that each model reaches, how often, and which never",
    };

    private static readonly Option<string> Source = new("--source")
    {
        Description = "Folder of the sources for --coverage, which contains spec/",
        HelpName = "DIR",
        DefaultValueFactory = _ => ".",
    };

    public static void AddTo(Command verb)
    {
        verb.Add(Coverage);
        verb.Add(Source);
        verb.Validators.Add(result =>
        {
            if (result.GetResult(Source) is { Implicit: false } && !result.GetValue(Coverage))
                result.AddError("--source has a meaning only with --coverage.");
        });
    }

    public static int Run(ParseResult parsed, Display display, IReadOnlyList<Model> models)
    {
        var spec = Path.Combine(parsed.GetValue(Source)!, "spec");
        if (!File.Exists(Path.Combine(spec, "Spec.csproj")))
            throw new CommandException(
                $"there are no sources in '{parsed.GetValue(Source)}', and counters go into those of the spec: "
                    + "give the folder that contains spec/, by --source"
            );
        SpecCoverage coverage;
        try
        {
            coverage = display.While("coverage", _ =>
                SpecCoverage.Of(new ChangedSpec(spec), [.. models.Select(model => model.Name)])
            );
        }
        catch (FormatException e)
        {
            throw new CommandException($"{e.Message}: give the sources that this program was built from, by --source");
        }

        foreach (var model in models)
            display.Line(
                $"check {model.Name}: reaches {coverage.ReachedBy(model.Name)} of {coverage.Branches.Count} branches "
                    + $"of the spec's steps, in {coverage.Counts[model.Name].Sum():N0} runs of branches"
            );
        display.Line(
            coverage.Never.Count == 0 ? "every branch is reached" : $"never reached: {coverage.Never.Count} branches"
        );
        Report.Lines(display, coverage.Never.Select(branch => $"{branch}"), "  ");
        if (parsed.GetValue(CommonOptions.Json))
            display.Json(
                coverage.Branches.Select(
                    (branch, n) =>
                        new
                        {
                            File = $"spec/{branch.File}",
                            branch.Line,
                            branch.Method,
                            branch.What,
                            Runs = coverage.Counts.ToDictionary(counts => counts.Key, counts => counts.Value[n]),
                            Never = coverage.Counts.Values.All(counts => counts[n] == 0),
                        }
                )
            );
        return CommandLine.Holds;
    }
}
