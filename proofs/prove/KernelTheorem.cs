using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;

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
