using System.CommandLine;
using System.Diagnostics;
using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Commands.Shards;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;

namespace Verified.Proofs.Commands;

/// <summary><c>diff</c>: the image and the spec side by side.</summary>
internal static class DiffVerb
{
    private static readonly Option<long> Events = CommonOptions.InRange(
        new Option<long>("--events")
        {
            Description = "The least number of events to compare",
            HelpName = "N",
            DefaultValueFactory = _ => new DiffOptions().Events,
        },
        1,
        1_000_000_000_000
    );

    private static readonly Option<int?> Minutes = CommonOptions.InRange(
        new Option<int?>("--minutes")
        {
            Description = "Compare for this time, in place of a number of events",
            HelpName = "N",
        },
        1,
        10_000
    );

    private static readonly Option<bool> Exhaustive = new("--exhaustive")
    {
        Description = "Compare every step from every reachable state of the small models, on images of their sizes",
    };

    private static readonly Option<bool> Coverage = new("--coverage")
    {
        Description =
            "Report the basic blocks and edges of the kernel's code that random programs reach, and list the others",
    };

    // The time between two lines of a long comparison, if there is no status line.
    private static readonly TimeSpan Stride = TimeSpan.FromMinutes(5);

    /// <summary>The populations whose coverage is measured: some hundred thousand events in total.</summary>
    public const int CoveragePopulations = 100;

    public static Command Make()
    {
        var verb = new Command(
            "diff",
            "Run the same random events on image and spec; compare the whole state after every event"
        )
        {
            Events,
            Minutes,
            Exhaustive,
            Coverage,
            CommonOptions.Seed,
            CommonOptions.Jobs,
            ImageSource.File,
            ImageSource.Size,
            CommonOptions.Json,
        };
        ShardOptions.AddTo(verb);
        Reporting.AddTo(verb, Run, stops: parsed => !parsed.GetValue(Exhaustive) && !parsed.GetValue(Coverage));
        return verb;
    }

    /// <summary>Compares and prints a line, and the explained difference.</summary>
    public static DiffResult Diff(Display display, KernelImage image, DiffOptions options)
    {
        var (clock, told, telling) = (Stopwatch.StartNew(), TimeSpan.Zero, new Lock());
        var result = display.While("diff", say => DiffRun.Run(
                image,
                options with
                {
                    Stop = display.Stop,
                    Progress = events =>
                    {
                        say(
                            $"{events:N0}{(options.Time is null ? $" of {options.Events:N0}" : "")} events",
                            options.Time is { } time ? clock.Elapsed / time : (double)events / options.Events
                        );
                        if (display.IsTerminal)
                            return;
                        lock (telling)
                        {
                            if (clock.Elapsed - told < Stride)
                                return;
                            told = clock.Elapsed;
                            display.Line($"diff: {events:N0} events so far, {told.TotalMinutes:F0} min");
                        }
                    },
                }
            ));
        display.Line(
            $"diff: {result.Events:N0} events compared ({result.Injected:N0} without an instruction that raises "
                + $"them), {result.Programs:N0} programs "
                + $"({100 - 100 * result.Booted / Math.Max(1, result.Programs)} % from random tables, the others from "
                + $"boot), {result.Seconds:F1} s "
                + $"({result.Events / result.Seconds / options.Workers:N0} events per second per core), seed "
                + $"{options.Seed}: "
                + (
                    !result.Holds ? $"FAILED at seed {result.Seed}"
                    : display.Stop.IsCancellationRequested ? "interrupted, no difference so far"
                    : "holds"
                )
        );
        display.Checked.Add(
            new(
                "random programs",
                result.Holds,
                result.Disagreement?.Difference.ToString() ?? $"{result.Events:N0} events",
                result.Seconds
            )
        );
        if (result.Disagreement is { } found)
            Report.Disagreement(display, image, found, "diff", new("diff", result.Seed));
        if (result.Coverage is { } coverage)
            Tell(display, coverage, options.Seed);
        return result;
    }

    private static void Tell(Display display, FlowCoverage coverage, int seed) =>
        display.Line($"diff: random programs reach {coverage}, seed {seed}");

    /// <summary>Every step of a model on an image of its size, with a line.</summary>
    public static DiffResult DiffAll(Display display, Model model, KernelImage? image = null)
    {
        var small = image ?? KernelImage.Build(model.Limits);
        var result = display.While($"diff of all of {model.Name}", say =>
            DiffRun.Exhaustive(model, small, events => say($"{events:N0} steps"))
        );
        display.Line(
            $"diff {model.Name}: all {result.Events:N0} steps from {result.Programs:N0} states, {result.Seconds:F1} s: "
                + (result.Holds ? "holds" : "FAILED")
        );
        display.Checked.Add(
            new(
                $"model {model.Name}",
                result.Holds,
                result.Disagreement?.Difference.ToString() ?? $"{result.Events:N0} steps",
                result.Seconds
            )
        );
        if (result.Disagreement is { } found)
            Report.Disagreement(display, small, found, $"diff-{model.Name}", new("diff", Model: model.Name));
        return result;
    }

    private static int Run(ParseResult parsed, Display display)
    {
        if (parsed.GetValue(Exhaustive) || parsed.GetValue(Coverage))
            ShardOptions.Refuse(parsed, (parsed.GetValue(Exhaustive) ? Exhaustive : Coverage).Name);
        if (parsed.GetValue(Exhaustive))
            return RunExhaustive(parsed, display);
        var image = ImageSource.Of(parsed);
        if (parsed.GetValue(Coverage))
            return RunCoverage(parsed, display, image);
        var shard = ShardOptions.Of(parsed);
        var options = new DiffOptions(
            parsed.GetValue(CommonOptions.Seed),
            shard.ShareOf(parsed.GetValue(Events)),
            CommonOptions.JobsOf(parsed),
            PlaceOf: shard.PlaceOf
        )
        {
            Time = parsed.GetValue(Minutes) is { } minutes ? TimeSpan.FromMinutes(minutes) : null,
        };
        var result = Diff(display, image, options);
        var notes = display.Notes;
        (notes.Unit, notes.Done) = ("events", result.Events);
        notes.Total = options.Time is null ? parsed.GetValue(Events) : 0;
        (notes.Counts["events"], notes.Counts["programs"]) = (result.Events, result.Programs);
        if (parsed.GetValue(CommonOptions.Json))
            display.Json(new[] { Summary("random", result, options.Seed) });
        return !result.Holds ? CommandLine.Refuted
            : display.Stop.IsCancellationRequested ? CommandLine.Unusable
            : CommandLine.Holds;
    }

    // Measures the code that random programs reach, and prints a line.
    private static FlowCoverage Cover(Display display, KernelImage image, int seed)
    {
        var coverage = display.While("coverage", _ => FlowCoverage.Of(image, seed, CoveragePopulations));
        Tell(display, coverage, seed);
        return coverage;
    }

    private static int RunCoverage(ParseResult parsed, Display display, KernelImage image)
    {
        var seed = parsed.GetValue(CommonOptions.Seed);
        if (parsed.GetValue(CommonOptions.Json))
        {
            var quiet = FlowCoverage.Of(image, seed, CoveragePopulations);
            display.Json(
                new
                {
                    Blocks = quiet.Graph.Blocks.Count,
                    Edges = quiet.Graph.Edges.Count,
                    quiet.Events,
                    Seed = seed,
                    MissedBlocks = quiet.Missed.Select(image.Name),
                    MissedEdges = quiet.MissedEdges.Select(edge => new
                    {
                        From = image.Name(edge.From),
                        To = image.Name(edge.To),
                    }),
                }
            );
            return CommandLine.Holds;
        }

        var coverage = Cover(display, image, seed);
        Report.Lines(display, coverage.Missed.Select(block => $"block {block:X8}h  {image.Name(block)}"), "  ");
        Report.Lines(
            display,
            coverage
                .MissedEdges.Where(edge => !coverage.Missed.Contains(edge.From) && !coverage.Missed.Contains(edge.To))
                .Select(edge => $"edge  {edge.From:X8}h  {image.Name(edge.From)} -> {image.Name(edge.To)}"),
            "  "
        );
        return CommandLine.Holds;
    }

    private static IReadOnlyList<Model> OfImages => [.. Model.All.Select(model => model.OnImage).OfType<Model>()];

    private static int RunExhaustive(ParseResult parsed, Display display)
    {
        var given =
            parsed.GetValue(ImageSource.File) is null && parsed.GetValue(ImageSource.Size) is null
                ? null
                : ImageSource.Of(parsed);
        var models = OfImages.Where(model => given is null || model.Limits == given.Limits).ToList();
        if (models.Count == 0)
            throw new CommandException(
                $"no model has the image's size {ImageSource.Describe(given!.Limits)}: --exhaustive takes images of "
                    + string.Join(" or ", OfImages.Select(model => ImageSource.Describe(model.Limits)).Distinct())
            );
        var results = models.Select(model => (model.Name, Result: DiffAll(display, model, given))).ToList();
        if (parsed.GetValue(CommonOptions.Json))
            display.Json(results.Select(result => Summary(result.Name, result.Result, null)));
        return results.All(result => result.Result.Holds) ? CommandLine.Holds : CommandLine.Refuted;
    }

    private static object Summary(string what, DiffResult result, int? seed) =>
        new
        {
            What = what,
            Seed = seed,
            result.Events,
            result.Programs,
            result.Seconds,
            result.Holds,
            FailingSeed = result.Seed,
            Difference = result.Disagreement?.Difference,
            Run = result.Disagreement is { } found ? Transcript.Of(found.Trace) : null,
        };
}
