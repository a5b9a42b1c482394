using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Fuzz;

/// <summary>Checks that steps keep tasks apart (<see cref="Isolation{W}"/>).</summary>
/// <param name="tables">The state, with the writes of the step since the last commit.</param>
public sealed class Separation(FlatTables tables)
{
    private readonly List<(int Cell, uint Value)> _changed = [];

    /// <summary>
    /// The first cell that the step changed without permission, or null. The state stays as the step left it.
    /// </summary>
    public (ColumnInfo Column, uint Row)? Integrity(Entry entry)
    {
        _changed.Clear();
        foreach (var cell in tables.Written)
            _changed.Add((cell, tables.Cells[cell]));
        tables.Undo();
        (ColumnInfo Column, uint Row)? found = null;
        foreach (var (cell, value) in _changed)
        {
            if (value == tables.Cells[cell])
                continue;
            var (column, row) = tables.Locate(cell);
            if (!Isolation<Concrete>.MayChange(tables.State, entry, column, row))
                found ??= (column, row);
        }

        foreach (var (cell, value) in _changed)
            tables.Write(cell, value);
        return found;
    }

    /// <summary>
    /// Compares two states after the same step. Before it they differ only in registers of threads that take no part in
    /// it. Returns the first other cell that differs after it, or null. The state is unchanged afterwards.
    /// </summary>
    /// <param name="entry">The step.</param>
    /// <param name="threads">The threads that are in use.</param>
    /// <param name="step">Makes the step.</param>
    /// <param name="other">The other state's value of a register that may differ.</param>
    public (ColumnInfo Column, uint Row)? Confidentiality(
        Entry entry,
        IEnumerable<uint> threads,
        Action step,
        Func<ColumnInfo, uint, uint> other
    )
    {
        tables.Commit();
        var differing = new Dictionary<int, uint>();
        foreach (var thread in threads)
            if (!Isolation<Concrete>.TakesPart(tables.State, entry, thread))
                foreach (
                    var (info, _) in tables.State.Columns.Where(column => Isolation<Concrete>.IsPrivate(column.Info))
                )
                    differing[tables.Start(info.Name) + (int)thread] = other(info, thread);

        var first = After(step);
        foreach (var (cell, value) in differing)
            tables.Write(cell, value);
        var second = After(step);
        foreach (var cell in first.Keys.Union(second.Keys))
        {
            if (second.GetValueOrDefault(cell, tables.Cells[cell]) == first.GetValueOrDefault(cell, tables.Cells[cell]))
                continue;
            if (
                differing.TryGetValue(cell, out var kept)
                && second[cell] == kept
                && first.GetValueOrDefault(cell, tables.Cells[cell]) == tables.Cells[cell]
            )
                continue;
            return tables.Locate(cell);
        }

        return null;
    }

    private Dictionary<int, uint> After(Action step)
    {
        step();
        var values = new Dictionary<int, uint>();
        foreach (var cell in tables.Written)
            values[cell] = tables.Cells[cell];
        tables.Undo();
        return values;
    }
}
