using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>A part of a step's states: theorems about it are proved case by case, side by side.</summary>
/// <param name="Name">Names the theorems.</param>
/// <param name="Holds">Whether a state is of the case.</param>
/// <param name="Deletes">True if its steps are those of a deletion.</param>
public sealed record StepCase(string Name, Func<State<Symbolic>, Truth> Holds, bool Deletes = false)
{
    /// <summary>The case that walks along a list.</summary>
    public const string Reduces = "map-reduce";

    /// <summary>The cases of a map step. A state belongs to the first case that holds for it.</summary>
    public static readonly IReadOnlyList<StepCase> OfMap = InTurn([
        .. MapCase<Symbolic>.All.Select(only => new StepCase(only.Name, only.Holds, only.Deletes)),
    ]);

    /// <summary>
    /// True if a step must know an invariant. Only steps that delete or create must know an invariant that is apart.
    /// </summary>
    public static bool Needs(Entry? entry, StepCase? only, Invariant<State<Symbolic>, Symbolic> invariant) =>
        !invariant.IsApart
        || entry is Entry.TaskNew or Entry.LthreadExRegs
        || (entry == Entry.Map && only?.Deletes != false);

    /// <summary>Assumes the needed invariants of the state before a step, and that the state is of the case.</summary>
    public static void Assume(Instances instances, State<Symbolic> before, Entry entry, StepCase? only)
    {
        foreach (var invariant in Invariants<Symbolic>.All.Where(invariant => Needs(entry, only, invariant)))
            instances.ForAll(invariant.Over, invariant.Pairs ? Table.Thread : Table.Processor, (i, j) =>
                invariant.Holds(before, i, j)
            );
        if (only is not null)
            instances.ForAll(Table.Processor, Table.Processor, (_, _) => only.Holds(before));
    }

    private static IReadOnlyList<StepCase> InTurn(params StepCase[] cases) =>
        [
            .. cases.Select(
                (only, i) =>
                    only with
                    {
                        Holds = s => cases[..i].Aggregate(only.Holds(s), (holds, earlier) => holds & !earlier.Holds(s)),
                    }
            ),
        ];
}
