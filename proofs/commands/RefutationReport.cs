using Verified.Kernel;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Paths;
using Model = Verified.Proofs.Check.Model;

namespace Verified.Proofs.Commands;

/// <summary>
/// Reports a refuted theorem. If the solver's state fails when it is run, the report is that of the run. Otherwise the
/// report shows what the solver found, and random programs and small models search for a run.
/// </summary>
internal static class RefutationReport
{
    // The search takes a few seconds. If a failure is easy to find, it shows within that time.
    private const long EventsOfSearch = 100_000;
    private const int ProgramsOfSearch = 200;

    private const string IsFound = "  this run was found by the search, and is not the solver's";

    /// <summary>Prints nothing if the theorem is not refuted.</summary>
    public static void Tell(Display display, KernelImage image, ProofResult result)
    {
        if (result.Verdict?.Refutation is not { } refutation)
            return;
        display.Line();
        display.Line($"{result.Theorem} is refuted: {refutation.What}");
        if (!Counterexample.IsOfStep(result.Theorem) || refutation.IsOfProcessor)
        {
            SolverCase.Piece(display, image, refutation);
            if (!refutation.IsOfProcessor && Search(display, image, result.Theorem, refutation))
                display.Line(IsFound);
            return;
        }

        var outcome = Counterexample.Of(image, result.Theorem, refutation);
        var origin = new Origin("prove") { For = $"{Refuted(result.Theorem, refutation)}; the solver's state" };
        if (outcome.Defect is null)
            display.Line(
                "  the solver's state satisfies all invariants, and fails when it is run"
                    + (refutation.Completed is { } completed ? Asked(completed) : "")
            );
        if (outcome.Disagreement is { } disagreement)
            Report.Disagreement(display, image, disagreement, $"prove-{result.Theorem}", origin);
        else if (outcome.Violation is { } violation)
            Report.Violation(display, violation, $"prove-{result.Theorem}", origin);
        else
            NotReproduced(display, image, result.Theorem, refutation, outcome);
    }

    // The trace would fail for no one, so it is not saved.
    private static void NotReproduced(
        Display display,
        KernelImage image,
        string theorem,
        Refutation refutation,
        Counterexample.Outcome outcome
    )
    {
        display.Line($"  the solver's state does not reproduce the failure: {outcome.Defect}");
        if (refutation.Completed is { Rounds: > 0 } completed)
            display.Line($"  it is the last state that the solver gave{Asked(completed)}: {completed.End}");
        var finding = SolverCase.Finding(image, theorem, refutation, outcome);
        SolverCase.Tell(display, finding);
        if (Search(display, image, theorem, refutation))
        {
            display.Line(IsFound);
            return;
        }

        // The search's runs come first, because they are known to happen.
        display.Findings.Add(finding);
        display.Line("  no run was found. One of these is the reason:");
        Report.Lines(
            display,
            [
                "the failure is real and rare: search longer, with 'verified diff --events N'",
                "the state above cannot occur: the theorem needs another invariant (StepCase.Needs)",
                "the prover's state lost what the failure needs: the values above are still those of a failing case",
            ],
            "    "
        );
    }

    private static string Asked(Completed completed) =>
        completed.Rounds == 0
            ? ""
            : $" (the solver was asked {completed.Rounds} more "
                + $"{(completed.Rounds == 1 ? "time" : "times")}"
                + (completed.Rows == 0 ? "" : $", with the invariants at {completed.Rows} further rows")
                + ")";

    private static string Refuted(string theorem, Refutation refutation) => $"{theorem} is refuted: {refutation.What}";

    private static bool Search(Display display, KernelImage image, string theorem, Refutation refutation)
    {
        display.Line("  random programs and small models search for a run that fails:");
        var outer = display.Purpose;
        display.Purpose = $"a search for a run, because {Refuted(theorem, refutation)}";
        try
        {
            return theorem.StartsWith("image.", StringComparison.Ordinal)
                ? SearchImage(display, image)
                : SearchSpec(display, image);
        }
        finally
        {
            display.Purpose = outer;
        }
    }

    // Random programs first, then small models. Models with mappings come first, because theorems assume least about
    // mapping steps.
    private static bool SearchSpec(Display display, KernelImage image) =>
        !FuzzVerb.Fuzz(display, new FuzzOptions(Count: ProgramsOfSearch, Limits: image.Limits)).Holds
        || Model.All.OrderByDescending(model => model.Maps).Any(model => CheckVerb.Check(display, model, new()).Fails);

    private static bool SearchImage(Display display, KernelImage image) =>
        !DiffVerb.Diff(display, image, new(Events: EventsOfSearch, Workers: Environment.ProcessorCount)).Holds;
}
