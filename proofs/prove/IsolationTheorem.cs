using Verified.Proofs.Values;
using Verified.Spec;
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
    Case? only = null,
    IsolationTheorem.Policy? policy = null
) : KernelTheorem(name, limits)
{
    /// <summary>The threads that take part in a step, and the columns that it may change.</summary>
    public sealed record Policy(
        Func<State<Symbolic>, Entry, Symbolic, Truth> TakesPart,
        Func<State<Symbolic>, Entry, ColumnInfo, Symbolic, Truth> MayChange
    );

    private readonly Policy _policy = policy ?? new(Isolation<Symbolic>.TakesPart, Isolation<Symbolic>.MayChange);

    protected override void Assume(Attempt attempt)
    {
        var before = Before(attempt);
        foreach (var invariant in Invariants<Symbolic>.All.Where(invariant => Case.Needs(entry, only, invariant)))
            attempt.Universe.ForAll(invariant.Over, invariant.Pairs ? Table.Thread : Table.Processor, (i, j) =>
                invariant.Holds(before, i, j)
            );
        if (only is not null)
            attempt.Universe.ForAll(Table.Processor, Table.Processor, (_, _) => only.Holds(before));
        Following.Mappings(attempt.Universe, before);
    }

    protected override void Run(Attempt attempt)
    {
        var before = Before(attempt);
        var choosing = attempt.Choosing();
        var (argument, code) = (attempt.Register("argument"), attempt.Register("error-code"));
        if (entry == Entry.Interrupt)
            attempt.Path.Assume(Interrupts.IsUsers(argument));
        State<Symbolic> After(Func<ColumnInfo, Symbolic, Symbolic> initial)
        {
            var state = new State<Symbolic>(
                Limits,
                new SymbolicTables(initial, attempt.Terms, (attempt.Universe, choosing), Limits.Priorities)
            );
            new Kernel<Symbolic>(state).Step(entry, argument, code);
            return state;
        }

        var after = After((info, row) => Initial(attempt, info, row));
        var other = After(
            (info, row) =>
            {
                if (!Isolation<Symbolic>.IsPrivate(info))
                    return Initial(attempt, info, row);
                var takesPart = attempt.Universe.Quietly(() => _policy.TakesPart(before, entry, row));
                return attempt.Path.Shows(takesPart)
                    ? Initial(attempt, info, row)
                    : Symbolic.Select(takesPart, Initial(attempt, info, row), Others(attempt, info, row));
            }
        );

        attempt.Path.IsTaken();
        for (var i = 0; i < after.Columns.Count; i++)
        {
            var (info, column) = after.Columns[i];
            var row = attempt.Any(info.Table, false);
            var (old, now, then) = (before.Columns[i].Column[row], column[row], other.Columns[i].Column[row]);
            attempt.Path.Require(
                _policy.MayChange(before, entry, info, row) | now == old,
                $"{info.Name} changes only where the step may change it"
            );
            var kept = Isolation<Symbolic>.IsPrivate(info) ? now == old & then == Others(attempt, info, row) : false;
            attempt.Path.Require(
                now == then | kept,
                $"{info.Name} depends on no registers of threads that take no part in the step"
            );
        }
    }

    private State<Symbolic> Before(Attempt attempt) =>
        new(
            Limits,
            new SymbolicTables((info, row) => Initial(attempt, info, row), attempt.Terms, null, Limits.Priorities)
        );

    private Symbolic Initial(Attempt attempt, ColumnInfo info, Symbolic row) =>
        info.Name == nameof(State<Symbolic>.Stage) ? stage : attempt.Initial(info.Name, (int)info.Bits, row);

    private static Symbolic Others(Attempt attempt, ColumnInfo info, Symbolic row) =>
        attempt.Initial(InOtherState(info), (int)info.Bits, row);

    /// <summary>The name, in a refutation, of a column of the other state.</summary>
    public static string InOtherState(ColumnInfo info) => info.Name + "'";
}
