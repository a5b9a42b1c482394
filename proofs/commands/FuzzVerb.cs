using System.CommandLine;
using Verified.Proofs.Commands.Shards;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;

namespace Verified.Proofs.Commands;

/// <summary><c>fuzz</c>: random programs on the spec.</summary>
internal static class FuzzVerb
{
    private static readonly Option<int> Programs = CommonOptions.InRange(
        new Option<int>("--programs")
        {
            Description = "Random programs to run",
            HelpName = "N",
            DefaultValueFactory = _ => new FuzzOptions().Count,
        },
        1,
        100_000_000
    );

    public static Command Make()
    {
        var verb = new Command("fuzz", "Run random programs on the spec; check every invariant after every step")
        {
            Programs,
            CommonOptions.Seed,
            CommonOptions.Jobs,
            ImageSource.Size,
            CommonOptions.Json,
        };
        ShardOptions.AddTo(verb);
        Reporting.AddTo(verb, Run, stops: _ => true);
        return verb;
    }

    /// <summary>Fuzzes and prints a line, and the shrunk program that fails.</summary>
    /// <param name="display">Where it prints.</param>
    /// <param name="options">How much to try.</param>
    /// <param name="workers">How many programs run at once; null for one per processor.</param>
    public static FuzzResult Fuzz(Display display, FuzzOptions options, int? workers = null)
    {
        var result = display.While("fuzz", say =>
            FuzzRun.Run(
                options with
                {
                    Workers = workers ?? Environment.ProcessorCount,
                    Stop = display.Stop,
                    Progress = programs =>
                        say($"{programs:N0} of {options.Count:N0} programs", (double)programs / options.Count),
                }
            )
        );
        display.Line(
            $"fuzz: {result.Programs:N0} programs, {result.Steps:N0} steps in {result.Seconds:F1} s, "
                + $"seed {options.Seed}: "
                + (
                    !result.Holds ? $"FAILED at seed {result.Seed}"
                    : display.Stop.IsCancellationRequested ? "interrupted, no violation so far"
                    : "holds"
                )
        );
        display.Checked.Add(
            new(
                "random programs",
                result.Holds,
                result.Failure?.ToString() ?? $"{result.Steps:N0} steps",
                result.Seconds
            )
        );
        if (result.Failure is { } failure)
            Report.Violation(display, failure, "fuzz", new("fuzz", result.Seed));
        return result;
    }

    private static int Run(ParseResult parsed, Display display)
    {
        var shard = ShardOptions.Of(parsed);
        var options = new FuzzOptions(
            Seed: parsed.GetValue(CommonOptions.Seed),
            Count: shard.CountOf(parsed.GetValue(Programs)),
            Limits: ImageSource.LimitsOf(parsed),
            PlaceOf: shard.PlaceOf
        );
        var result = Fuzz(display, options, CommonOptions.JobsOf(parsed));
        var notes = display.Notes;
        (notes.Unit, notes.Done, notes.Total) = ("programs", result.Programs, parsed.GetValue(Programs));
        (notes.Counts["programs"], notes.Counts["steps"]) = (result.Programs, result.Steps);
        if (parsed.GetValue(CommonOptions.Json))
            display.Json(
                new
                {
                    options.Seed,
                    result.Programs,
                    result.Steps,
                    result.Seconds,
                    result.Holds,
                    FailingSeed = result.Seed,
                    Violation = result.Failure is { } failure
                        ? new
                        {
                            failure.Property,
                            failure.Why,
                            Run = Transcript.Of(failure.Trace),
                        }
                        : null,
                }
            );
        return !result.Holds ? CommandLine.Refuted
            : display.Stop.IsCancellationRequested ? CommandLine.Unusable
            : CommandLine.Holds;
    }
}
