using Verified.Proofs.Events;
using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Finds the cells that a violated statement has read at the place where it is violated. They show the reason also if
/// the step did not change them.
/// </summary>
public static class StatementReads
{
    private static readonly uint[] One = [0];

    /// <summary>The cells that a statement reads at its first violation in a run, in the order of the reads.</summary>
    /// <param name="trace">The run.</param>
    /// <param name="statement">The name of an invariant or of a property of steps.</param>
    /// <returns>
    /// The values before and after the step. Empty if no row violates the statement, or if it is about the whole run.
    /// </returns>
    public static IReadOnlyList<Change> Of(Trace trace, string statement)
    {
        var tables = new FlatTables(trace.Start.Limits);
        tables.Fill(trace.Start.ToState());
        var traced = new TracedTables(tables);
        var judge = new MeaningJudge(
            tables,
            [.. Statements<Concrete>.All.Where(property => property.Name == statement)],
            traced
        );
        List<Invariant<State<Concrete>, Concrete>> invariants =
        [
            .. Invariants<Concrete>.All.Concat(Forest.All).Where(invariant => invariant.Name == statement),
        ];
        var kernel = new Kernel<Concrete>(tables.State);
        tables.Commit();
        if (invariants.Exists(IsViolated))
            return Cells();
        // A trace ends with the event that violates the statement.
        var last = trace.Events.Count - 1;
        foreach (var (number, single) in Unfolding.Of(trace, tables.State))
        {
            if (single is not { } e)
                continue;
            if (e.Registers is { } registers && tables.State.Stage.Value == Stages.User)
                registers.Set(tables.State, tables.State.Current);
            tables.Commit();
            kernel.Step(e.Entry, e.Argument, e.Code);
            judge.Begin(e.Entry, e.Argument, e.Code);
            if (number < last)
                continue;
            if (judge.Of(e.Entry).Any(IsBroken) || invariants.Exists(IsViolated))
                return Cells();
        }

        return [];

        bool IsViolated(Invariant<State<Concrete>, Concrete> invariant) =>
            Violates(invariant.Over, invariant.Pairs, (i, j) => invariant.Holds(traced.State, i, j).Known);

        bool IsBroken(Property<Concrete> property) =>
            Violates(property.Over, property.Pairs, (i, j) => judge.Holds(property, i, j));

        // The record has the reads of the last evaluation alone.
        bool Violates(Table over, bool pairs, Func<uint, uint, bool> holds)
        {
            for (var i = 0u; i < State<Concrete>.Rows(over, trace.Start.Limits); i++)
                foreach (var j in pairs ? Threads() : One)
                {
                    traced.Forget();
                    if (!HoldsAt(holds, i, j))
                        return true;
                }

            return false;
        }

        // If a statement follows a link to a row that does not exist, it cannot hold.
        static bool HoldsAt(Func<uint, uint, bool> holds, uint i, uint j)
        {
            try
            {
                return holds(i, j);
            }
            catch (IndexOutOfRangeException)
            {
                return false;
            }
        }

        uint[] Threads() => ThreadsInUse.Of(tables.State);

        IReadOnlyList<Change> Cells() =>
            [
                .. traced
                    .Reads.Select(read => read % tables.Cells.Length)
                    .Distinct()
                    .Select(cell =>
                    {
                        var (column, row) = tables.Locate(cell);
                        return new Change(column.Name, row, tables.Before(cell), tables.Cells[cell]);
                    }),
            ];
    }
}
