using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Commands;

/// <summary>
/// Makes a refutation concrete. The solver's values fill a state, the values that it leaves open are chosen so that the
/// invariants hold, and the step runs on spec and image.
/// </summary>
internal static class Counterexample
{
    /// <summary>The result of replaying a refutation.</summary>
    /// <param name="Trace">The state and the step.</param>
    /// <param name="Disagreement">The difference between image and spec, for a theorem about the image.</param>
    /// <param name="Violation">The violated invariant, for a theorem about the spec.</param>
    /// <param name="Defect">
    /// The reason why the replay shows no failure, which is a defect of the prover; null if it shows one.
    /// </param>
    public sealed record Outcome(
        Trace Trace,
        Disagreement? Disagreement = null,
        Violation? Violation = null,
        string? Defect = null
    )
    {
        public static Outcome Of(Trace trace, Violation? violation) =>
            new(trace, null, violation, violation is null ? NothingFails : null);
    }

    /// <summary>
    /// True if a theorem is about one whole step, so that its counterexample can be run. The counts of the latency are
    /// about one step too, but no other check judges them.
    /// </summary>
    public static bool IsOfStep(string theorem) =>
        !theorem.StartsWith("image.sets.", StringComparison.Ordinal)
        && !theorem.StartsWith("lists.", StringComparison.Ordinal)
        && !theorem.StartsWith("latency.", StringComparison.Ordinal)
        && !theorem.StartsWith("image.boot", StringComparison.Ordinal)
        && theorem is not ("image.vectors" or "image.idle" or ReachTheorem.Title);

    private const string NothingFails = "its case does not fail when it is run";

    /// <summary>
    /// Judges the cases of refuted theorems while their proofs run, so that the solver is asked for a case that fails.
    /// </summary>
    public static Func<string, Refutation, CaseJudgement> Judge(KernelImage image)
    {
        var duels = new ThreadLocal<Duel>(() => new(new ImageMachine(image)));
        return (theorem, refutation) =>
        {
            if (!IsOfStep(theorem))
                return new(false, []);
            var found = CaseState.Of(image.Layout, theorem, refutation, isCompleted: false);
            if (Of(image, theorem, refutation, () => duels.Value!).Defect is null)
                return new(true, []);
            var violated = PossibleState.Violated(found.State, found.Rows);
            return new(false, violated.Count > 0 ? violated : [.. found.Rows]);
        };
    }

    public static Outcome Of(KernelImage image, string theorem, Refutation refutation) =>
        Of(image, theorem, refutation, () => new(new ImageMachine(image)));

    // The solver's own state first. Its rows that no invariant was added to may be wrong, so they are completed next.
    private static Outcome Of(KernelImage image, string theorem, Refutation refutation, Func<Duel> makes)
    {
        var own = Of(image, theorem, refutation, makes, isCompleted: false);
        if (own.Defect is null)
            return own;
        var completed = Of(image, theorem, refutation, makes, isCompleted: true);
        return completed.Defect is null ? completed : own;
    }

    private static Outcome Of(
        KernelImage image,
        string theorem,
        Refutation refutation,
        Func<Duel> makes,
        bool isCompleted
    )
    {
        var found = CaseState.Of(image.Layout, theorem, refutation, isCompleted);
        var step = found.Step(image.Layout, refutation);
        var trace = new Trace(
            Snapshot.Of(found.State),
            found.IsOwn ? [] : [step],
            Note: $"{theorem}: {refutation.What}"
        );
        if (WholeState.Violation(found.State) is { } impossible)
            return new(trace, Defect: $"its case is not a possible state: {impossible}");
        var one = trace with { Events = [step] };
        switch (theorem.Split('.')[0])
        {
            case "spec" or "orders":
                return Outcome.Of(
                    one,
                    FuzzRun.Replay(
                        one,
                        new() { Invariants = [.. Invariants<Concrete>.All, Forest.ListEnds, Forest.ChiefsEnd] }
                    ) ?? Derived(one)
                );
            case "meaning":
                return Outcome.Of(one, FuzzRun.Replay(one));
            case "isolation":
                return Outcome.Of(
                    one,
                    FuzzRun.Replay(one)
                        ?? FuzzRun.ReplayTwice(one, (info, row) =>
                            found
                                .Others.Where(cell =>
                                    cell.Column == IsolationTheorem.InOtherState(info) && cell.Row == row
                                )
                                .Select(cell => cell.Value)
                                .LastOrDefault()
                        )
                );
        }

        // The first candidate has sets that agree with the state. The second has the solver's own sets, which are only
        // partly given.
        var duel = makes();
        Trace[] candidates = [trace, trace with { Memory = found.Memory }];
        foreach (var candidate in candidates)
            if (DiffRun.Replay(duel, candidate) is { } disagreement)
                return new(disagreement.Trace with { Note = trace.Note }, disagreement);
        return new(trace, Defect: NothingFails);
    }

    // A violated property of the step's changes to a mapping, or null.
    private static Violation? Derived(Trace one)
    {
        var (before, after) = (one.Start.ToState(), one.Start.ToState());
        one.Events[0].Apply(new Kernel<Concrete>(after), after);
        for (var node = 0u; node < before.Limits.Paging.Nodes; node++)
            foreach (var property in Derivation<Concrete>.All)
                if (!property.Holds(before, after, node))
                    return new(property.Name, $"{property.Why} ({Words.Violated(before, Table.Node, node)})", one);
        return null;
    }
}
