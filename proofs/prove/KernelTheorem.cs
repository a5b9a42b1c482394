using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>A theorem about the kernel's spec or image, with statements about the rows of its state.</summary>
public abstract class KernelTheorem(string name, Limits limits) : Theorem(name, Of(limits))
{
    protected Limits Limits => limits;

    public override string Key => $"{Name} {limits.Tasks}x{limits.Lthreads}x{limits.Priorities}";

    /// <summary>The columns of a state in a stage that is otherwise arbitrary.</summary>
    /// <param name="proof">The proof.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="running">Whether a step runs on them; otherwise they only name the state before it.</param>
    private protected SymbolicTables Tables(ProofContext proof, uint stage, bool running) =>
        new(
            (info, row) =>
                info.Name == nameof(State<Symbolic>.Stage) ? stage : proof.Initial(info.Name, (int)info.Bits, row),
            proof.Terms,
            running ? (proof.Instances, proof.Choosing()) : null,
            limits.Priorities
        );

    /// <summary>The state before the step, as terms; null if the theorem has no such state.</summary>
    private protected virtual State<Symbolic>? Start(ProofContext proof) => null;

    /// <summary>True if the hypotheses contain an invariant.</summary>
    private protected virtual bool IsGiven(Invariant<State<Symbolic>, Symbolic> invariant) => true;

    protected override Func<string, uint, uint?>? Completes(ProofContext proof)
    {
        if (Start(proof) is not { } before)
            return null;
        foreach (var invariant in Invariants<Symbolic>.All.Where(invariant => !IsGiven(invariant)))
            proof.Instances.ForAllNow(invariant.Over, invariant.Pairs ? Table.Thread : Table.Processor, (i, j) =>
                invariant.Holds(before, i, j)
            );
        return Blank;
    }

    /// <summary>The value of a column, as the proof names it, at a row of an empty state.</summary>
    private protected virtual uint? Blank(string column, uint row) =>
        _blank.Value.TryGetValue(column, out var values) ? values[row].Value : null;

    private readonly Lazy<Dictionary<string, Column<Concrete>>> _blank = new(() =>
        Boot.Initial(limits, []).Columns.ToDictionary(column => column.Info.Name, column => column.Column)
    );

    private static List<Domain> Of(Limits limits) =>
        [
            .. KernelTables
                .All.Where(table => table != Table.Processor)
                .Select(table => new Domain(
                    table,
                    State<Symbolic>.Rows(table, limits),
                    Pairs: table == Table.Thread,
                    Special: table == Table.Thread ? State<Symbolic>.Nobody : null
                )
                {
                    // Names steer Z3's search: with other names spec.receive takes a tenth longer.
                    Variable = table == Table.Thread || table == Table.Priority ? table.Name.ToLowerInvariant() : null,
                }),
        ];
}
