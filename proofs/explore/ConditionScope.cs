using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Explore;

/// <summary>The data that a condition reads.</summary>
/// <param name="Tables">The state after a step.</param>
/// <param name="MayDiffer">Whether a cell is no part of the states that a search visits.</param>
/// <param name="Invariants">The invariants that a condition may name.</param>
/// <param name="Violates">Whether the state violates an invariant.</param>
public sealed record ConditionScope(
    FlatTables Tables,
    Func<int, bool> MayDiffer,
    IReadOnlyList<Invariant<State<Concrete>, Concrete>> Invariants,
    Func<Invariant<State<Concrete>, Concrete>, bool> Violates
);
