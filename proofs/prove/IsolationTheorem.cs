using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// A step keeps tasks apart (<see cref="Isolation{W}"/>). Integrity: it changes only what it may change.
/// Confidentiality: take two states that differ only in registers of threads that take no part. After the step, they
/// still differ only in these registers.
/// </summary>
/// <param name="name">The theorem's name.</param>
/// <param name="limits">Sizes of the tables.</param>
/// <param name="entry">The step.</param>
/// <param name="stage">The stage in which the step is made.</param>
/// <param name="only">The states that the theorem is about; null for all.</param>
/// <param name="policy">The policy to check, in place of the spec's grants.</param>
public sealed class IsolationTheorem(
    string name,
    Limits limits,
    Entry entry,
    uint stage,
    StepCase? only = null,
    IsolationTheorem.Policy? policy = null
) : KernelTheorem(name, limits)
{
    /// <summary>The threads that take part in a step, and the columns that it may change.</summary>
    public sealed record Policy(
        Func<State<Symbolic>, Entry, Symbolic, Truth> TakesPart,
        Func<State<Symbolic>, Entry, ColumnInfo, Symbolic, Truth> MayChange
    );

    private readonly Policy _policy = policy ?? new(Isolation<Symbolic>.TakesPart, Isolation<Symbolic>.MayChange);

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
        var before = Before(proof);
        var choosing = proof.Choosing();
        var (argument, code) = (proof.Register("argument"), proof.Register("error-code"));
        if (entry == Entry.Interrupt)
            proof.Path.Assume(Interrupts.IsUsers(argument));
        State<Symbolic> After(Func<ColumnInfo, Symbolic, Symbolic> initial)
        {
            var state = new State<Symbolic>(
                Limits,
                new SymbolicTables(initial, proof.Terms, (proof.Instances, choosing), Limits.Priorities)
            );
            new Kernel<Symbolic>(state).Step(entry, argument, code);
            return state;
        }

        var after = After((info, row) => Initial(proof, info, row));
        var other = After(
            (info, row) =>
            {
                if (!Isolation<Symbolic>.IsPrivate(info))
                    return Initial(proof, info, row);
                var takesPart = proof.Instances.Quietly(() => _policy.TakesPart(before, entry, row));
                return proof.Path.Shows(takesPart)
                    ? Initial(proof, info, row)
                    : Symbolic.Select(takesPart, Initial(proof, info, row), Others(proof, info, row));
            }
        );

        proof.Path.IsTaken();
        for (var i = 0; i < after.Columns.Count; i++)
        {
            var (info, column) = after.Columns[i];
            var row = proof.Any(info.Table, false);
            var (old, now, then) = (before.Columns[i].Column[row], column[row], other.Columns[i].Column[row]);
            proof.Path.Require(
                _policy.MayChange(before, entry, info, row) | now == old,
                $"{info.Name} changes only where the step may change it"
            );
            var kept = Isolation<Symbolic>.IsPrivate(info) ? now == old & then == Others(proof, info, row) : false;
            proof.Path.Require(
                now == then | kept,
                $"{info.Name} depends on no registers of threads that take no part in the step"
            );
        }
    }

    private State<Symbolic> Before(ProofContext proof) =>
        new(Limits, new SymbolicTables((info, row) => Initial(proof, info, row), proof.Terms, null, Limits.Priorities));

    private Symbolic Initial(ProofContext proof, ColumnInfo info, Symbolic row) =>
        info.Name == nameof(State<Symbolic>.Stage) ? stage : proof.Initial(info.Name, (int)info.Bits, row);

    private static Symbolic Others(ProofContext proof, ColumnInfo info, Symbolic row) =>
        proof.Initial(InOtherState(info), (int)info.Bits, row);

    /// <summary>The name, in a refutation, of a column of the other state.</summary>
    public static string InOtherState(ColumnInfo info) => info.Name + "'";
}
