using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>The goals of a theorem about a step. To show one goal is cheaper than to show both.</summary>
[Flags]
public enum Goals
{
    /// <summary>The invariants hold after the step, and the kernel's own steps end.</summary>
    Invariants = 1,

    /// <summary>
    /// The lists of mappings and chiefs stay in order (<see cref="Orders"/>). Own steps that walk along a list need
    /// this. A step changes a mapping only as it may (<see cref="Derivation{W}"/>).
    /// </summary>
    Orders = 2,
}

/// <summary>
/// A step of the spec preserves the invariants: if a state of the entry's stage satisfies them all, so does the state
/// after the step. The lists of mappings and the chiefs stay in order, and each change of a mapping is a permitted one.
/// The kernel's own steps end.
/// </summary>
public sealed class SpecTheorem(
    string name,
    Limits limits,
    Entry entry,
    uint stage,
    StepCase? only = null,
    Goals goals = Goals.Invariants | Goals.Orders
) : KernelTheorem(name, limits)
{
    public override int Weight => StepFacts.Of(entry).Spec;

    // Any other step keeps a task's chief.
    private bool ChangesChiefs => entry == Entry.TaskNew || (entry == Entry.Map && only?.Deletes != false);

    /// <summary>
    /// True if the step may rely on an invariant at every row, and not only at rows where it is to be preserved.
    /// </summary>
    private protected override bool IsGiven(Invariant<State<Symbolic>, Symbolic> invariant) =>
        StepCase.Needs(entry, only, invariant);

    protected override void Assume(ProofContext proof)
    {
        var before = new State<Symbolic>(Limits, Tables(proof, stage, running: false));
        foreach (var invariant in Invariants<Symbolic>.All.Where(IsGiven))
            proof.Instances.ForAll(invariant.Over, invariant.Pairs ? Table.Thread : Table.Processor, (i, j) =>
                invariant.Holds(before, i, j)
            );
        if (goals.HasFlag(Goals.Orders))
            new Orders(proof, Limits, ChangesChiefs).Assume(before);
        if (only is not null)
            proof.Instances.ForAll(Table.Processor, Table.Processor, (_, _) => only.Holds(before));
        RelatedRows.Mappings(proof.Instances, before);
    }

    private protected override State<Symbolic> Start(ProofContext proof) =>
        new(Limits, Tables(proof, stage, running: false));

    protected override void Run(ProofContext proof)
    {
        var tables = Tables(proof, stage, running: true);
        var state = new State<Symbolic>(Limits, tables);
        var argument = proof.Register("argument");
        if (entry == Entry.Interrupt)
            proof.Path.Assume(Interrupts.IsUsers(argument));
        new Kernel<Symbolic>(state).Step(entry, argument, proof.Register("error-code"));
        proof.Path.IsTaken();
        var before = new State<Symbolic>(Limits, Tables(proof, stage, running: false));
        if (goals.HasFlag(Goals.Orders))
        {
            new Orders(proof, Limits, ChangesChiefs).Require(before, state);
            Derivations(proof, before, state);
        }

        if (!goals.HasFlag(Goals.Invariants))
            return;
        foreach (var invariant in Invariants<Symbolic>.All)
        {
            var (i, j) = (proof.Any(invariant.Over, false), proof.Any(Table.Thread, true));
            var held = IsGiven(invariant) ? true : invariant.Holds(before, i, j);
            proof.Path.RequireLemma(
                !held | invariant.Holds(state, i, j),
                $"invariant {invariant.Name} is preserved: {invariant.Why}"
            );
        }

        if (Kernel<Symbolic>.OwnStep(stage) == entry)
            Descends(proof, tables, state);
    }

    private static void Derivations(ProofContext proof, State<Symbolic> before, State<Symbolic> after)
    {
        var node = proof.Any(Table.Node, false);
        foreach (var property in Derivation<Symbolic>.All)
            proof.Path.RequireLemma(property.Holds(before, after, node), $"{property.Name}: {property.Why}");
    }

    /// <summary>The kernel's own steps come one step nearer to their end (<see cref="Rank{W}"/>).</summary>
    private void Descends(ProofContext proof, SymbolicTables tables, State<Symbolic> after)
    {
        var before = new State<Symbolic>(Limits, Tables(proof, stage, running: false));
        var change = Change(tables, Table.Thread, row =>
            Rank<Symbolic>.Of(after, row) - Rank<Symbolic>.Of(before, row)
        );
        proof.Path.Require(
            stage switch
            {
                Stages.Wake => after.Stage != Stages.Wake | after.Examined > before.Examined,
                Stages.Pick => change == 0 & (LeftTo(Stages.Receive) | LeftTo(Stages.Map) | IsOutside()),
                Stages.Map => !Symbolic.LessSigned(0, change)
                    & MapDescends(tables, before, after, new Orders(proof, Limits, ChangesChiefs).OfMappings),
                Stages.Receive => Symbolic.LessSigned(change, 0) & LeftTo(Stages.Leave)
                    | change == 0 & LeftTo(Stages.Accept),
                Stages.Accept => Symbolic.LessSigned(change, 0) & LeftTo(Stages.Leave),
                _ => change == 0 & (LeftTo(Stages.Pick) | LeftTo(Stages.Map) | IsOutside()),
            },
            "the kernel's own steps end: a wake step examines a later thread or leaves the stage for ever; a receive "
                + "step lowers the rank or leads to accept, which lowers it; pick and leave steps keep the rank, and "
                + "follow only receive and accept; a map step advances its operation"
        );

        Truth LeftTo(uint next) => after.Stage == next;
        Truth IsOutside() => LeftTo(Stages.User) | LeftTo(Stages.Idle);
    }

    private static Truth MapDescends(
        SymbolicTables tables,
        State<Symbolic> before,
        State<Symbolic> after,
        Func<Symbolic, Symbolic> position
    )
    {
        var threads = Change(tables, Table.Thread, row =>
            Rank<Symbolic>.Mapping(after, row) - Rank<Symbolic>.Mapping(before, row)
        );
        var nodes = Change(tables, Table.Node, row =>
            Rank<Symbolic>.InUse(after, row) - Rank<Symbolic>.InUse(before, row)
        );
        var pageTables = Change(tables, Table.PageTable, row =>
            Rank<Symbolic>.TableInUse(after, row) - Rank<Symbolic>.TableInUse(before, row)
        );
        var doomed = Change(tables, Table.Task, row => after.Mappings.Doomed[row] - before.Mappings.Doomed[row]);
        var begins = before.Mappings.Operation == Operations.None & after.Mappings.Operation != Operations.None;
        return Symbolic.LessSigned(threads, 0)
            | (
                threads == 0
                & after.Stage == Stages.Map
                & (begins | Rank<Symbolic>.BringsOn(before, after, position, nodes, pageTables, doomed))
            );
    }

    /// <summary>The sum of the changes at the rows of a table that the step wrote.</summary>
    internal static Symbolic Change(SymbolicTables tables, Table table, Func<Symbolic, Symbolic> change)
    {
        Symbolic sum = 0;
        var counted = new List<Symbolic>();
        foreach (var (_, row) in tables.Written.Where(written => written.Table == table).Distinct())
        {
            Truth isNew = true;
            foreach (var earlier in counted)
                isNew &= row != earlier;
            sum += Symbolic.Select(isNew, change(row), 0);
            counted.Add(row);
        }

        return sum;
    }
}
