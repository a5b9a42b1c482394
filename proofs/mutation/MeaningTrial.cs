using Verified.Proofs.Check;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Meaning;

namespace Verified.Proofs.Mutation;

/// <summary>
/// Judges the spec by its stated meaning alone: no invariant of the spec, and no image, takes part. It runs in the
/// context of a changed spec, so its input and output are text.
/// </summary>
public static class MeaningTrial
{
    private static readonly Limits Few = new(4, 4, 4);

    // Small models come first, because they catch most changes.
    private static Model[] Models =>
        [
            Model.Sleepers,
            Model.Ranked,
            Model.Siblings,
            Model.Schedulers,
            Model.Ports,
            Model.Interrupted,
            Model.Mappers,
            Model.Family,
        ];

    /// <summary>
    /// The violated property, the check that found it, and its message, one per line; empty if all properties hold.
    /// </summary>
    public static string Judge()
    {
        foreach (var law in Laws.All)
            if (law.Violated() is { } value)
                return Told(law.Name, "laws", $"{law.Says}: not {value}");
        if (Fuzzed(new(1, 400, Limits: Few), "fuzz 4x4x4") is { } few)
            return few;
        if (Fuzzed(new(1, 300), "fuzz") is { } many)
            return many;
        foreach (var model in Models)
            if (Checked(model) is { } found)
                return found;
        return Liveness.Run(Liveness.Fair).Violation is { } unfair
            ? Told(unfair.Property, $"check {Liveness.Fair.Name}", unfair.Why)
            : "";
    }

    private static string? Fuzzed(FuzzOptions options, string check) =>
        FuzzRun.Run(options with { Invariants = [], Shrinks = false }).Failure is { } failure
            ? Told(failure.Property, check, failure.Why)
            : null;

    private static string? Checked(Model model) =>
        ModelChecker.Run(model, new(Invariants: [], Properties: Statements<Spec.Values.Concrete>.All)).Failure
            is { } failure
            ? Told(failure.Property, $"check {model.Name}", failure.Why)
            : null;

    private static string Told(string property, string check, string why) => $"{property}\n{check}\n{why}";
}
