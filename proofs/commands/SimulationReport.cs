using System.CommandLine;
using Verified.Proofs.Check;
using Verified.Proofs.Checker;
using Verified.Proofs.Events;

namespace Verified.Proofs.Commands;

/// <summary><c>check --simulate</c>: random runs of small kernels.</summary>
internal static class SimulationReport
{
    public static int Run(ParseResult parsed, Display display, IReadOnlyList<Model> models)
    {
        var (options, limits) = (CheckLimits.SimulationOf(parsed), CheckLimits.Of(parsed, display.Stop));
        List<SimulationResult> results =
        [
            .. models
                .TakeWhile(_ => !display.Stop.IsCancellationRequested)
                .Select(model => Simulate(display, model, options, limits)),
        ];
        display.Notes.Done = results.Count;
        if (parsed.GetValue(CommonOptions.Json))
            display.Json(
                results.Select(result => new
                {
                    Model = result.Model.Name,
                    options.Seed,
                    result.Runs,
                    result.Steps,
                    result.Seconds,
                    result.Fails,
                    Complete = false,
                    NotComplete = result.Unfinished.Why,
                    Never = Sometimes
                        .All.Select(sometimes => sometimes.Name)
                        .Where(name => !result.Happened.Contains(name)),
                    Violation = result.Failure is { } failure
                        ? new
                        {
                            failure.Property,
                            failure.Why,
                            Run = Transcript.Of(failure.Trace),
                        }
                        : null,
                })
            );
        return results.Any(result => result.Fails)
            ? CommandLine.Refuted
            : CheckLimits.Exit(
                parsed,
                results.Select(result => (result.Model.Name, $"{result.Runs:N0} runs", (Unfinished?)result.Unfinished)),
                [.. models.Skip(results.Count).Select(model => model.Name)]
            );
    }

    private static SimulationResult Simulate(
        Display display,
        Model model,
        SimulationOptions options,
        SearchLimits limits
    )
    {
        // The depth bounds each run; it is no limit of the whole.
        var result = display.While($"model {model.Name}", say =>
            Simulation.Run(
                model,
                options,
                new(Limits: limits, Workers: Environment.ProcessorCount, Progress: (runs, _) =>
                    say($"{runs:N0} of {options.Runs:N0} runs")
                )
            )
        );
        var events = Sometimes.All.Count - model.Never.Count;
        var seen =
            $"{result.Runs:N0} runs, {result.Steps:N0} steps, "
            + $"{result.Happened.Count} of {events} events that must happen sometimes";
        display.Line($"check {model.Name}: {seen}: {(result.Fails ? "FAILED" : "no violation")}, {result.Unfinished}");
        display.Checked.Add(
            new(
                $"random runs of model {model.Name}",
                !result.Fails && !result.Unfinished.IsLimit,
                result.Failure?.ToString() ?? $"{seen}, {result.Unfinished}",
                result.Seconds
            )
        );
        if (result.Failure is { } failure)
            Report.Violation(
                display,
                failure,
                $"check-{model.Name}",
                new(Origin.Check, options.Seed, Model: model.Name)
            );
        foreach (var name in result.Unexpected)
            display.Line($"  happens, and should not be able to: {name}");
        return result;
    }
}
