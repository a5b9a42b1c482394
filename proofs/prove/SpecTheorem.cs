using Verified.Kernel;
using Verified.Proofs.Values;
using Verified.Spec;

namespace Verified.Proofs.Prove;

/// <summary>
/// A step of the spec preserves the invariants: for every state of the entry's stage that satisfies all of them, so does the state
/// after the step.
/// </summary>
public sealed class SpecTheorem(string name, Limits limits, Entry entry, uint stage) : Theorem(name, limits)
{
    public override int Weight => entry switch { Entry.Ipc => 2, Entry.Resume => 1, _ => 0 };

    protected override void Assume(Attempt attempt)
    {
        var before = State(attempt, running: false);
        foreach (var invariant in Invariants<Symbolic>.All)
            attempt.Universe.ForAll(Universe.Of(invariant.Over), invariant.Pairs ? Sort.Thread : Sort.None,
                (i, j) => invariant.Holds(before, i, j));
    }

    protected override void Run(Attempt attempt)
    {
        var state = State(attempt, running: true);
        new Kernel<Symbolic>(state).Step(entry);
        foreach (var invariant in Invariants<Symbolic>.All)
            attempt.Path.RequireLemma(
                invariant.Holds(state, attempt.Any(Universe.Of(invariant.Over), false), attempt.Any(Sort.Thread, true)),
                $"invariant {invariant.Name} is preserved: {invariant.Why}");
    }

    private State<Symbolic> State(Attempt attempt, bool running)
    {
        Symbolic Initial(ColumnInfo info, Symbolic row) =>
            info.Name == nameof(State<Symbolic>.Stage) ? stage : attempt.Initial(info.Name, (int)info.Bits, row);
        return new State<Symbolic>(Limits,
            new SymbolicTables(Limits, Initial, attempt.Terms, running ? (attempt.Universe, attempt.Choosing()) : null));
    }
}
