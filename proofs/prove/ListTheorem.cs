using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;

namespace Verified.Proofs.Prove;

/// <summary>
/// The steps of the induction along lists of mappings (<see cref="AlongLists{W}"/>). They hold in every state that
/// satisfies the invariants and has its lists in order. Every mapping is reached, and a derived mapping never has a
/// right that its source does not have.
/// </summary>
public sealed class ListTheorem(Limits limits) : KernelTheorem("lists.along", limits)
{
    protected override void Assume(ProofContext proof)
    {
        var state = new State<Symbolic>(Limits, Tables(proof));
        foreach (var invariant in Invariants<Symbolic>.All.Where(invariant => !invariant.IsApart))
            proof.Instances.ForAll(invariant.Over, invariant.Pairs ? Table.Thread : Table.Processor, (i, j) =>
                invariant.Holds(state, i, j)
            );
        new Orders(proof, Limits, changesChiefs: false).Assume(state);
    }

    protected override void Run(ProofContext proof)
    {
        var (state, path) = (new State<Symbolic>(Limits, Tables(proof)), proof.Path);
        var (node, from) = (
            proof.Any(Table.Node, false),
            proof.Terms.Variable("from", System.Numerics.BitOperations.Log2(Limits.Paging.Nodes))
        );
        var (next, m) = (state.Mappings.Next[node], state.Mappings);
        foreach (var row in (Symbolic[])[from, next, m.Previous[node], m.Root])
            proof.Instances.Touch(Table.Node, row);
        path.IsTaken();
        path.RequireLemma(
            AlongLists<Symbolic>.IsReached(state, new Orders(proof, Limits, changesChiefs: false).OfMappings, node),
            "every mapping is its list's first, or follows another of that list"
        );

        var (isDerived, isFirst) = (proof.Initial("derived", 1, node) == 1, node < Limits.Paging.Roots);
        var given =
            m.Space[node] != 0
            & next != 0
            & m.Space[from] != 0
            & (!isFirst | !isDerived)
            & AlongLists<Symbolic>.RightsShrink(state, from, isDerived, node);
        path.RequireLemma(
            !given
                | AlongLists<Symbolic>.RightsShrink(
                    state,
                    from,
                    AlongLists<Symbolic>.IsNextDerived(state, from, isDerived, node),
                    next
                ),
            "a derived mapping is writable only if its source is"
        );
    }

    private SymbolicTables Tables(ProofContext proof) =>
        new((info, row) => proof.Initial(info.Name, (int)info.Bits, row), proof.Terms, null, Limits.Priorities);
}
