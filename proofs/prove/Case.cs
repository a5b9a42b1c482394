using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>A part of a step's states: theorems about it are proved case by case, side by side.</summary>
/// <param name="Name">Names the theorems.</param>
/// <param name="Holds">Whether a state is of the case.</param>
public sealed record Case(string Name, Func<State<Symbolic>, Truth> Holds)
{
    /// <summary>The cases of a map step; each state is of one.</summary>
    public static readonly IReadOnlyList<Case> OfMap =
    [
        new("map", s => !IsDeletion(s)),
        new("delete-page", s => IsDeletion(s) & s.Mappings.Left != 0),
        new("delete", s => IsDeletion(s) & s.Mappings.Left == 0 & s.Mappings.Pass != Passes.Threads),
        new("delete-thread", s => IsDeletion(s) & s.Mappings.Left == 0 & s.Mappings.Pass == Passes.Threads),
    ];

    /// <summary>Whether a step must know an invariant: one that is apart only if it deletes or creates.</summary>
    public static bool Needs(Entry entry, Case? only, Invariant<Symbolic> invariant) =>
        !invariant.IsApart || entry is Entry.TaskNew or Entry.LthreadExRegs || (entry == Entry.Map && only?.Name != "map");

    private static Truth IsDeletion(State<Symbolic> s) => s.Mappings.Operation == Operations.Delete;
}
