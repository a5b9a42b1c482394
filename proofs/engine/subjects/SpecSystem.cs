using Verified.Proofs.Checker;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Subjects;

/// <summary>
/// A spec as a transition system whose every state is visited. The steps and invariants are the spec's own text.
/// Columns that the model leaves out keep their value of the first state; a step that writes another one is an error.
/// </summary>
/// <param name="spec">The spec.</param>
/// <param name="values">How many values a cell of a column can have; 0 leaves the column out.</param>
/// <param name="free">
/// Columns that a user sets between steps: before each step, the cell of the row that runs takes every value in turn.
/// </param>
/// <param name="current">The column that tells which row runs.</param>
public sealed class SpecSystem(
    Specification spec,
    Func<ColumnInfo, int> values,
    IReadOnlyList<ColumnInfo> free,
    ColumnInfo current
)
{
    private readonly List<ColumnInfo> _columns = [.. spec.Columns.Where(column => values(column) > 0)];
    private readonly ColumnState<Concrete> _first = spec.First();

    /// <summary>The system.</summary>
    public CellSystem Of(string name) =>
        new(
            name,
            [.. _columns.Select(column => new CellColumn(column.Name, (int)spec.RowsOf(column.Table), values(column)))],
            Begin,
            [.. spec.Steps<Concrete>().Select(step => (Func<Cells, bool>)(cells => Make(cells, step)))],
            [
                .. spec.CheckedInvariants<Concrete>()
                    .Select(invariant => new CellInvariant(invariant.Name, invariant.Why, cells =>
                        Holds(cells, invariant)
                    )),
            ]
        );

    /// <summary>The state that cells of the system mean.</summary>
    internal ColumnState<Concrete> StateOf(Cells cells) => new(spec, new CellTables(this, cells));

    private void Begin(Cells cells)
    {
        for (var column = 0; column < _columns.Count; column++)
        for (var row = 0u; row < spec.RowsOf(_columns[column].Table); row++)
            cells[column, (int)row] = (int)_first[_columns[column], row].Value;
    }

    private bool Make(Cells cells, SpecStep<Concrete> step)
    {
        var state = StateOf(cells);
        foreach (var column in free)
            state[column, state[current]] = (uint)cells.Choose(values(column));
        step.Does(state);
        return true;
    }

    private bool Holds(Cells cells, Invariant<ColumnState<Concrete>, Concrete> invariant)
    {
        var state = StateOf(cells);
        for (var row = 0u; row < spec.RowsOf(invariant.Over); row++)
            if (!invariant.Holds(state, row, 0))
                return false;
        return true;
    }

    private sealed class CellTables(SpecSystem system, Cells cells) : Tables<Concrete>
    {
        public override Column<Concrete> Make(ColumnInfo info, uint rows) => new CellsOf(system, cells, info);

        public override (Truth Found, Concrete Row) First(
            Table table,
            Concrete after,
            Func<Concrete, Truth> predicate
        ) => throw new NotSupportedException("a model of this kind makes no choices from a table");

        public override (Truth Found, Concrete Key) Greatest(
            Table table,
            Func<Concrete, Truth> predicate,
            Func<Concrete, Concrete> key
        ) => throw new NotSupportedException("a model of this kind makes no choices from a table");
    }

    private sealed class CellsOf(SpecSystem system, Cells cells, ColumnInfo info) : Column<Concrete>
    {
        private readonly int _at = system._columns.IndexOf(info);

        public override Concrete this[Concrete row]
        {
            get => _at < 0 ? system._first[info, row] : (uint)cells[_at, (int)row.Value];
            set
            {
                if (_at >= 0)
                    cells[_at, (int)row.Value] = (int)value.Value;
                else if (value.Value != system._first[info, row].Value)
                    throw new ModelException($"the model leaves out {info.Name}, which became {value}");
            }
        }
    }
}
