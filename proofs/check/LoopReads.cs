using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>The cells that make a run repeat itself for ever.</summary>
/// <param name="Step">The event's kernel step that passes over the one that waits, by its name.</param>
/// <param name="Method">The method of the spec that makes it.</param>
/// <param name="Event">The number of its event in the narration of the run, from 0 on.</param>
/// <param name="KernelStep">Its number in the event, from 1 on.</param>
/// <param name="Decides">
/// The cells that it read, with their values in the loop. A cell with one value never changes in the loop.
/// </param>
/// <param name="Returns">The other cells that change in the loop and return, except registers.</param>
public sealed record LoopReads(
    Entry Step,
    string Method,
    int Event,
    int KernelStep,
    IReadOnlyList<ReadCell> Decides,
    IReadOnlyList<ReadCell> Returns
)
{
    /// <summary>Runs once around the loop.</summary>
    /// <param name="trace">A run that returns to an earlier state.</param>
    /// <param name="decides">Index of the trace's event that passes over the one that waits.</param>
    public static LoopReads Of(Trace trace, int decides)
    {
        var tables = new FlatTables(trace.Start.Limits);
        tables.Fill(trace.Start.ToState());
        var (s, values) = (tables.State, new CellValues(tables));
        var kernel = new Kernel<Concrete>(s);
        List<int> reads = [];
        var (number, step, isBegun, found) = (-1, 0, false, (Entry.Pick, "", 0, 0));
        foreach (var (i, single) in Unfolding.Of(trace, s))
        {
            if (!isBegun)
                (number, step) = (number + 1, 0);
            isBegun = single is not null;
            if (single is not { } e)
                continue;
            step++;
            if (i == decides)
                found = (e.Entry, SpecSource.MethodOf(s, e.Entry), number, step);
            e.Load(s);
            tables.Commit();
            tables.LookOnlyAt(ThreadsInUse.Of(s));
            if (i == decides)
                tables.Reads = reads.Add;
            kernel.Step(e.Entry, e.Argument, e.Code);
            tables.Reads = null;
            if (i >= trace.Loop)
                values.Note();
            isBegun = !Narration.IsEnd(s, e.Entry);
        }

        // A row that belongs to no thread is blank.
        HashSet<int> decisive = [.. reads.Where(cell => tables.Locate(cell) is var (column, row) && IsOfThread(column, row))];
        return new(
            found.Item1,
            found.Item2,
            found.Item3,
            found.Item4,
            [.. reads.Where(decisive.Contains).Distinct().Select(values.Of)],
            [
                .. values
                    .Changed.Where(cell => !decisive.Contains(cell) && !State<Concrete>.IsRegister(tables.Locate(cell).Column))
                    .Order()
                    .Select(values.Of),
            ]
        );

        static bool IsOfThread(Spec.Tables.ColumnInfo column, uint row) =>
            column.Table != Spec.Tables.Table.Thread || row != State<Concrete>.Nobody;
    }
}
