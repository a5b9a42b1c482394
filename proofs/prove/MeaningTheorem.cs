using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;

namespace Verified.Proofs.Prove;

/// <summary>
/// A step of the spec satisfies its meaning. For every state of its stage that satisfies the invariants, every property
/// about its entry holds at every row (<see cref="Statements{W}"/>).
/// </summary>
/// <param name="name">The theorem's name.</param>
/// <param name="limits">Sizes of the tables.</param>
/// <param name="entry">The step.</param>
/// <param name="stage">The stage in which the step is made.</param>
/// <param name="only">The states that the theorem is about; null for all.</param>
/// <param name="damage">Changes the state after the step: a defect to refute.</param>
public sealed class MeaningTheorem(
    string name,
    Limits limits,
    Entry entry,
    uint stage,
    StepCase? only = null,
    Action<State<Symbolic>>? damage = null
) : KernelTheorem(name, limits)
{
    private static readonly IReadOnlyList<Property<Symbolic>> Properties =
    [
        .. Statements<Symbolic>.All.Where(property => !property.Searches),
    ];

    /// <summary>How many properties have theorems.</summary>
    public static int Count => Properties.Count;

    /// <summary>The names of the properties that a step's theorem shows.</summary>
    public static IReadOnlyList<string> Of(Entry entry) =>
        [.. Properties.Where(property => property.Entries.Contains(entry)).Select(property => property.Name)];

    public override int Weight => StepFacts.Of(entry).Meaning;

    protected override void Assume(ProofContext proof)
    {
        var before = Before(proof);
        StepCase.Assume(proof.Instances, before, entry, only);
        RelatedRows.Mappings(proof.Instances, before);
    }

    private protected override State<Symbolic> Start(ProofContext proof) => Before(proof);

    private protected override bool IsGiven(Invariant<State<Symbolic>, Symbolic> invariant) =>
        StepCase.Needs(entry, only, invariant);

    protected override void Run(ProofContext proof)
    {
        // Rows that the properties read in the state before matter, like rows that the step reads.
        var choosing = proof.Choosing();
        var before = Before(proof, (proof.Instances, choosing));
        var state = new State<Symbolic>(
            Limits,
            new SymbolicTables(
                (info, row) => Initial(proof, info, row),
                proof.Terms,
                (proof.Instances, choosing),
                Limits.Priorities
            )
        );
        var (argument, code) = (proof.Register("argument"), proof.Register("error-code"));
        if (entry == Entry.Interrupt)
            proof.Path.Assume(Interrupts.IsUsers(argument));
        new Kernel<Symbolic>(state).Step(entry, argument, code);
        damage?.Invoke(state);
        proof.Path.IsTaken();
        var step = new Step<Symbolic>(before, state, entry, argument, code);
        foreach (var property in Properties.Where(property => property.Entries.Contains(entry)))
        {
            var (i, j) = (proof.Any(property.Over, false), proof.Any(Table.Thread, true));
            proof.Path.RequireLemma(property.Holds(step, i, j), $"{property.Name}: {property.Says}");
        }
    }

    private State<Symbolic> Before(ProofContext proof, (Instances, Choosing)? reads = null) =>
        new(
            Limits,
            new SymbolicTables((info, row) => Initial(proof, info, row), proof.Terms, reads, Limits.Priorities)
        );

    private Symbolic Initial(ProofContext proof, ColumnInfo info, Symbolic row) =>
        info.Name == nameof(State<Symbolic>.Stage) ? stage : proof.Initial(info.Name, (int)info.Bits, row);
}
