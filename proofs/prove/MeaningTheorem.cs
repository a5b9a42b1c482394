using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Values;

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
    Case? only = null,
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

    public override int Weight => entry is Entry.Receive or Entry.Accept or Entry.Map or Entry.Ipc ? 1 : 0;

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
        // Rows that the properties read in the state before matter, like rows that the step reads.
        var choosing = attempt.Choosing();
        var before = Before(attempt, (attempt.Universe, choosing));
        var state = new State<Symbolic>(
            Limits,
            new SymbolicTables(
                (info, row) => Initial(attempt, info, row),
                attempt.Terms,
                (attempt.Universe, choosing),
                Limits.Priorities
            )
        );
        var (argument, code) = (attempt.Register("argument"), attempt.Register("error-code"));
        if (entry == Entry.Interrupt)
            attempt.Path.Assume(Interrupts.IsUsers(argument));
        new Kernel<Symbolic>(state).Step(entry, argument, code);
        damage?.Invoke(state);
        attempt.Path.IsTaken();
        var step = new Step<Symbolic>(before, state, entry, argument, code);
        foreach (var property in Properties.Where(property => property.Entries.Contains(entry)))
        {
            var (i, j) = (attempt.Any(property.Over, false), attempt.Any(Table.Thread, true));
            attempt.Path.RequireLemma(property.Holds(step, i, j), $"{property.Name}: {property.Says}");
        }
    }

    private State<Symbolic> Before(Attempt attempt, (Universe, Choosing)? reads = null) =>
        new(
            Limits,
            new SymbolicTables((info, row) => Initial(attempt, info, row), attempt.Terms, reads, Limits.Priorities)
        );

    private Symbolic Initial(Attempt attempt, ColumnInfo info, Symbolic row) =>
        info.Name == nameof(State<Symbolic>.Stage) ? stage : attempt.Initial(info.Name, (int)info.Bits, row);
}
