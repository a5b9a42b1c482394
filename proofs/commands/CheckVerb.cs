using System.CommandLine;
using Verified.Proofs.Check;
using Verified.Proofs.Checker;
using Verified.Proofs.Commands.Shards;
using Verified.Proofs.Events;

namespace Verified.Proofs.Commands;

/// <summary><c>check</c>: every reachable state of small kernels.</summary>
internal static class CheckVerb
{
    private static string Names => string.Join(", ", Model.All.Append(Liveness.Fair).Select(model => model.Name));

    private static readonly Argument<string?> Name = new("model")
    {
        Description = $"One of {Names}; all if not given",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<bool> Witnesses = new("--witnesses")
    {
        Description = "Also print a shortest run to each event that must happen sometimes",
    };

    public static Command Make()
    {
        var verb = new Command(
            "check",
            "Visit every state of small kernels. Check every invariant, the meaning of each step, and the events that "
                + "must happen sometimes. Search for cycles on which a thread waits for ever"
        )
        {
            Name,
            Witnesses,
            CommonOptions.Json,
        };
        CheckLimits.AddTo(verb);
        ShardOptions.AddTo(verb);
        BranchReport.AddTo(verb);
        Reporting.AddTo(verb, Run, stops: parsed => !parsed.GetValue(BranchReport.Coverage));
        return verb;
    }

    /// <summary>Checks one model, and prints one line and a shortest run to the failure.</summary>
    /// <param name="display">Where it prints.</param>
    /// <param name="model">The model.</param>
    /// <param name="limits">The limits of the search.</param>
    /// <param name="workers">How many threads search; null for one per processor.</param>
    /// <param name="kept">The place that keeps the search; null for memory alone.</param>
    public static CheckResult Check(
        Display display,
        Model model,
        SearchLimits limits,
        int? workers = null,
        KeptIn? kept = null
    )
    {
        var result = display.While($"model {model.Name}", say =>
            ModelChecker.Run(
                model,
                new(
                    Limits: limits,
                    Workers: workers ?? Environment.ProcessorCount,
                    Progress: (states, level) => say($"{states:N0} states, {level} steps from boot"),
                    Kept: kept,
                    Resumed: states =>
                        display.Line(
                            $"check {model.Name}: continues the search of its checkpoint, from {states:N0} states"
                        )
                )
            )
        );
        var verdict = result.Fails ? "FAILED" : result.Unfinished?.ToString() ?? "holds";
        display.Line(
            $"check {model.Name}: {result.Seen}, "
                + $"{result.States / result.Seconds / 1e6:F2} M states/s, {result.BytesPerState:F0} bytes per state: "
                + verdict
        );
        display.Checked.Add(
            new(
                $"model {model.Name}",
                !result.Fails && result.Unfinished is not { IsLimit: true },
                result.Failure?.ToString()
                    ?? result.Miscount
                    ?? (result.Unfinished is { } unfinished ? $"{result.Seen}, {unfinished}" : $"{result.Seen}"),
                result.Seconds
            )
        );
        if (result.Failure is { } failure)
            Report.Violation(display, failure, $"check-{model.Name}", new(Origin.Check, Model: model.Name));
        else if (result.Miscount is { } miscount)
            display.Line($"  the counts differ: {miscount}");
        foreach (var (name, trace) in result.Unexpected)
            display.Line(trace is null ? $"  never happens: {name}" : $"  happens, and should not be able to: {name}");
        return result;
    }

    /// <summary>
    /// Searches a small model for a cycle on which a thread waits for ever. Prints one line, and the cycle if there is
    /// one.
    /// </summary>
    public static LivenessResult CheckFair(Display display)
    {
        var result = display.While($"model {Liveness.Fair.Name}", _ => Liveness.Run(Liveness.Fair));
        display.Line(
            $"check {result.Model.Name}: {result.States:N0} states, {result.Transitions:N0} transitions: no thread "
                + "waits for ever: "
                + (result.Violation is null ? "holds" : "FAILED")
        );
        display.Checked.Add(
            new(
                $"model {result.Model.Name}",
                result.Violation is null,
                result.Violation is { } violated ? $"{violated.Property}: {violated.Why}" : $"{result.States:N0} states"
            )
        );
        if (result.Violation is not { } found)
            return result;
        var trace = found.Run with
        {
            Note = $"{found.Property}: {found.Why}",
            Origin = new(Origin.Check, Model: result.Model.Name),
        };
        var loop = EventLoop.Of(trace)!;
        var reads = LoopReads.Of(trace, trace.Loop!.Value + found.Decides, found.Waits);
        string[] details = [found.Why, loop.Why, .. reads.Apart.Length > 0 ? [reads.Apart] : (string[])[]];
        Report.Tell(display, new($"{found.Property}: {loop.Says}", details, trace) { Loop = reads });
        Report.Save(display, trace, $"check-{result.Model.Name}");
        return result;
    }

    // About the time. Mappings have more invariants, and longer steps.
    private static double Weight(Model model) => model.Pinned!.States * (model.Maps ? 10.0 : 1);

    private static void Exclude(Display display, IReadOnlyList<(string Invariant, string Why)> failures)
    {
        display.Checked.Add(
            new("invariants", failures.Count == 0, $"{Excluded.All.Count} states that they must exclude")
        );
        display.Line(
            $"check invariants: {Excluded.All.Count} states that they must exclude: "
                + $"{(failures.Count == 0 ? "holds" : "FAILED")}"
        );
        Report.Lines(display, failures.Select(failure => $"{failure.Invariant} {failure.Why}"), "  ");
    }

    private static int Run(ParseResult parsed, Display display)
    {
        var name = parsed.GetValue(Name);
        var models = Model.All.Where(model => name is null || model.Name == name).ToList();
        if (models.Count == 0 && name != Liveness.Fair.Name)
            throw new CommandException(DidYouMean.Line("model", name!, Names.Split(", "), $"give {Names}"));
        var (shard, total) = (ShardOptions.Of(parsed), models.Count);
        models = [.. shard.PartOf(models, Weight)];

        // The first shard also makes the checks that take no time.
        var fair = shard.Number == 1 && (name is null || name == Liveness.Fair.Name);
        (display.Notes.Unit, display.Notes.Done, display.Notes.Total) = ("models", models.Count, total);
        if (parsed.GetValue(BranchReport.Coverage))
            return BranchReport.Run(parsed, display, models);
        if (CheckLimits.Simulates(parsed))
            return SimulationReport.Run(parsed, display, models);
        var json = parsed.GetValue(CommonOptions.Json);
        var limits = CheckLimits.Of(parsed, display.Stop);
        List<CheckResult> results = [];
        var excluded = shard.Number == 1 ? Excluded.Failures() : [];
        if (shard.Number == 1)
            Exclude(display, excluded);
        foreach (var model in models.TakeWhile(_ => !display.Stop.IsCancellationRequested))
        {
            var result = Check(display, model, limits, kept: CheckLimits.KeptOf(parsed, model));
            results.Add(result);
            if (result.Fails || result.Unfinished is null)
                display.Notes.Claims.Add(Ledger.Of(result));
            display.Notes.Counts["states"] = results.Sum(each => (long)each.States);
            foreach (var (what, trace) in result.Witnesses)
                if (name is null && result.IsWhole)
                    display.Notes.Reached[what] = display.Notes.Reached.GetValueOrDefault(what) || trace is not null;
            if (!parsed.GetValue(Witnesses))
                continue;
            foreach (var (what, trace) in result.Witnesses)
            {
                display.Line(
                    $"  {what}: "
                        + (
                            trace is not null ? ""
                            : result.IsWhole ? "never, as it must"
                            : "not met"
                        )
                );
                if (trace is null)
                    continue;
                Report.Lines(display, Transcript.Of(trace), "    ");
                var witness = trace with { Note = what, Origin = new(Origin.Check, Model: model.Name) };
                display.Findings.Add(new(what, [$"a shortest run of model {model.Name}"], witness, Fails: false));
            }
        }

        display.Notes.Done = results.Count;
        List<string> notBegun = [.. models.Skip(results.Count).Select(model => model.Name)];
        var isFair = true;
        if (fair && display.Stop.IsCancellationRequested)
            notBegun.Add(Liveness.Fair.Name);
        else if (fair)
            isFair = CheckFair(display).Violation is null;
        if (json)
            display.Json(
                results.Select(result => new
                {
                    Model = result.Model.Name,
                    result.States,
                    result.Transitions,
                    result.Levels,
                    Expected = result.Model.Pinned,
                    result.Beyond,
                    result.Seconds,
                    result.Holds,
                    Complete = result.Unfinished is null,
                    NotComplete = result.Unfinished?.Why,
                    Violation = result.Failure is { } failure
                        ? new
                        {
                            failure.Property,
                            failure.Why,
                            Run = Transcript.Of(failure.Trace),
                        }
                        : null,
                    Weak = excluded.Select(weak => $"{weak.Invariant}: {weak.Why}"),
                })
            );
        return excluded.Count > 0 || !isFair || results.Any(result => result.Fails)
            ? CommandLine.Refuted
            : CheckLimits.Exit(
                parsed,
                results.Select(result => (result.Model.Name, $"{result.States:N0} states", result.Unfinished)),
                notBegun
            );
    }
}
