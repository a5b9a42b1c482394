using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>A case of a map step.</summary>
/// <param name="Name">Its name in the names of theorems, and in reports.</param>
/// <param name="Holds">Whether a state is of the case. A state belongs to the first case that holds for it.</param>
/// <param name="Deletes">True if its steps are those of a deletion.</param>
public sealed record MapCase<W>(string Name, Func<State<W>, Truth> Holds, bool Deletes = false)
    where W : struct, IWord<W>
{
    /// <summary>The cases, in order.</summary>
    public static readonly IReadOnlyList<MapCase<W>> All =
    [
        new("delete-page", s => IsDeletion(s) & s.Mappings.Left != 0, Deletes: true),
        new("delete-thread", s => IsDeletion(s) & s.Mappings.Pass == Passes.Threads, Deletes: true),
        new("delete", IsDeletion, Deletes: true),
        new("map-item", s => s.Mappings.Operation == Operations.None),
        new("map-flush", s => s.Mappings.Phase == Phases.Flush),
        new(StepCase.Reduces, s => s.Mappings.Phase == Phases.Reduce),
        new("map-page", s => s.Mappings.Left != 0 & s.Mappings.Operation == Operations.Map),
        new("map-unmap", s => s.Mappings.Left != 0),
        new("map-end", _ => true),
    ];

    /// <summary>The name of the case to which a concrete state belongs.</summary>
    public static string Of(State<W> state) => All.First(only => only.Holds(state).Known).Name;

    private static Truth IsDeletion(State<W> s) => s.Mappings.Operation == Operations.Delete;
}
