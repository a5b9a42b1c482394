using Verified.Proofs.Checker;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>The goal of a check, and its limits.</summary>
/// <param name="Invariants">Checked on every state; null for the spec's invariants.</param>
/// <param name="Damage">Changes the state after each step: a defect that the check must find.</param>
/// <param name="Limits">Bounds at which the search stops early; null for the default.</param>
/// <param name="Workers">Threads that expand states. The result does not depend on their number.</param>
/// <param name="Progress">Called with the number of states and the level after each level.</param>
/// <param name="Properties">The properties of each step; null for all properties of the spec.</param>
/// <param name="Kept">The place on the disk that keeps the search; null for memory alone.</param>
/// <param name="Resumed">Called with the number of states if the search continues that of a checkpoint.</param>
public sealed record CheckOptions(
    IReadOnlyList<Invariant<State<Concrete>, Concrete>>? Invariants = null,
    Action<State<Concrete>, Entry>? Damage = null,
    SearchLimits? Limits = null,
    int Workers = 2,
    Action<int, int>? Progress = null,
    IReadOnlyList<Property<Concrete>>? Properties = null,
    KeptIn? Kept = null,
    Action<long>? Resumed = null
)
{
    /// <summary>The limits.</summary>
    public SearchLimits LimitsOf() => Limits ?? new();

    /// <summary>Opens the checkpoint of a search; null if it is not kept.</summary>
    /// <param name="model">The model.</param>
    /// <param name="bits">The width of a state.</param>
    internal Checkpoint? OpenCheckpoint(Model model, int bits)
    {
        var checkpoint = Kept?.Open(
            model.Name,
            $"{model.Limits.Tasks}x{model.Limits.Lthreads}x{model.Limits.Priorities}, {model.Rows.Count} threads, "
                + $"slices of at most {model.SliceBound}, {bits} bits, {InvariantsOf().Count} invariants, "
                + $"{PropertiesOf().Count} properties{(Damage is null ? "" : ", damaged")}",
            typeof(State<Concrete>),
            typeof(Model)
        );
        if (checkpoint?.Last is { } last)
            Resumed?.Invoke(last.States);
        return checkpoint;
    }

    /// <summary>The invariants of states.</summary>
    public IReadOnlyList<Invariant<State<Concrete>, Concrete>> InvariantsOf() =>
        Invariants ?? [.. Invariants<Concrete>.All, .. Forest.All];

    /// <summary>The properties of steps.</summary>
    public IReadOnlyList<Property<Concrete>> PropertiesOf() => Properties ?? Statements<Concrete>.All;
}
