using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;

namespace Verified.Proofs.Prove;

/// <summary>
/// The orders that are not part of a state, as ghost columns. One is the order of mappings and page tables
/// (<see cref="ListOrder{W}"/>), the other is the order of tasks (<see cref="ChiefOrder{W}"/>). Each is assumed before
/// a step, and shown after it.
/// </summary>
/// <param name="proof">The proof that they belong to.</param>
/// <param name="limits">Sizes of the tables.</param>
/// <param name="changesChiefs">
/// True if the step may give a task another chief. Any other step keeps the order at a task because it held there
/// before.
/// </param>
internal sealed class Orders(ProofContext proof, Limits limits, bool changesChiefs)
{
    /// <summary>Positions of mappings.</summary>
    public Func<Symbolic, Symbolic> OfMappings => Column("position", limits.Paging.Nodes);

    private Func<Symbolic, Symbolic> OfTables => Column("position of table", limits.Paging.Tables);

    private Func<Symbolic, Symbolic> OfTasks => Column("position of task", limits.Tasks);

    public void Assume(State<Symbolic> before)
    {
        proof.Instances.ForAll(Table.Node, Table.Processor, (node, _) =>
            ListOrder<Symbolic>.Holds(before, OfMappings, node)
        );
        proof.Instances.ForAll(Table.PageTable, Table.Processor, (table, _) =>
            ListOrder<Symbolic>.HoldsOfTable(before, OfTables, table)
        );
        if (changesChiefs)
            proof.Instances.ForAll(Table.Task, Table.Processor, (task, _) =>
                ChiefOrder<Symbolic>.Holds(before, OfTasks, task)
            );
    }

    public void Require(State<Symbolic> before, State<Symbolic> after)
    {
        var (node, table, task) = (
            proof.Any(Table.Node, false),
            proof.Any(Table.PageTable, false),
            proof.Any(Table.Task, false)
        );
        proof.Path.RequireLemma(
            ListOrder<Symbolic>.Holds(after, row => ListOrder<Symbolic>.After(before, after, OfMappings, row), node),
            "the lists of mappings end: a mapping comes before the next one, a free mapping after the next one"
        );
        proof.Path.RequireLemma(
            ListOrder<Symbolic>.HoldsOfTable(
                after,
                row => ListOrder<Symbolic>.AfterOfTable(before, after, OfTables, row),
                table
            ),
            "the list of free page tables ends: each comes after the next one"
        );
        var held = changesChiefs ? true : ChiefOrder<Symbolic>.Holds(before, OfTasks, task);
        proof.Path.RequireLemma(
            !held
                | ChiefOrder<Symbolic>.Holds(
                    after,
                    row => ChiefOrder<Symbolic>.After(before, after, OfTasks, row),
                    task
                ),
            "chains of chiefs end: a chief comes before its tasks, and the deleting task before the doomed tasks"
        );
    }

    private Func<Symbolic, Symbolic> Column(string name, uint rows) =>
        row => proof.Initial(name, System.Numerics.BitOperations.Log2(rows), row);
}
