using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec.Tables;

namespace Verified.Proofs.Subjects;

/// <summary>
/// A step of a spec preserves the invariants: if all hold in a state, all hold after the step, and every value fits the
/// width of its column.
/// </summary>
public sealed class PreservationTheorem(Specification spec, string step)
    : Theorem($"spec.{step}", SubjectDomains.Of(spec))
{
    public override bool IsKept => false;

    protected override void Assume(ProofContext proof)
    {
        var before = new ColumnState<Symbolic>(spec, Tables(proof, running: false));
        SubjectDomains.Assume(proof, spec, before);
    }

    protected override void Run(ProofContext proof)
    {
        var state = new ColumnState<Symbolic>(spec, Tables(proof, running: true));
        spec.Steps<Symbolic>().Single(one => one.Name == step).Does(state);
        proof.Path.IsTaken();
        foreach (var column in spec.Columns.Where(column => column.Bits < 32))
            proof.Path.RequireLemma(
                state[column, proof.Any(column.Table, false)] < (1u << (int)column.Bits),
                $"what the step writes to {column.Name} fits its {column.Bits} bits"
            );
        foreach (var invariant in spec.CheckedInvariants<Symbolic>())
            proof.Path.RequireLemma(
                invariant.Holds(state, proof.Any(invariant.Over, false), 0),
                $"{invariant.Name} holds again: {invariant.Why}"
            );
    }

    private static SymbolicTables Tables(ProofContext proof, bool running) =>
        new(
            (info, row) => proof.Initial(info.Name, (int)info.Bits, row),
            proof.Terms,
            running ? (proof.Instances, proof.Choosing()) : null,
            keys: 0
        );
}

/// <summary>The common parts of the theorems about a spec.</summary>
internal static class SubjectDomains
{
    /// <summary>The tables that statements are about.</summary>
    public static IReadOnlyList<Domain> Of(Specification spec) =>
        [.. spec.Tables.Select(table => new Domain(table.Table, table.Rows))];

    /// <summary>Assumes the invariants of a state.</summary>
    public static void Assume(ProofContext proof, Specification spec, ColumnState<Symbolic> state)
    {
        foreach (var invariant in spec.CheckedInvariants<Symbolic>())
            proof.Instances.ForAll(invariant.Over, Table.Processor, (row, _) => invariant.Holds(state, row, 0));
    }
}
