using Verified.Proofs.Checker;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Subjects;

/// <summary>A state of a spec: its columns.</summary>
public sealed class ColumnState<W>
    where W : struct, IWord<W>
{
    private readonly Dictionary<ColumnInfo, Column<W>> _columns;

    public ColumnState(Specification spec, Tables<W> tables) =>
        _columns = spec.Columns.ToDictionary(info => info, info => tables.Make(info, spec.RowsOf(info.Table)));

    /// <summary>The value of a column of the table of one row.</summary>
    public W this[ColumnInfo column]
    {
        get => _columns[column][0];
        set => _columns[column][0] = value;
    }

    /// <summary>The value of a column at a row.</summary>
    public W this[ColumnInfo column, W row]
    {
        get => _columns[column][row];
        set => _columns[column][row] = value;
    }
}

/// <summary>A step of a spec: a program on the state without a loop.</summary>
/// <param name="Name">The name in reports.</param>
/// <param name="Does">Makes the step.</param>
public sealed record SpecStep<W>(string Name, Action<ColumnState<W>> Does)
    where W : struct, IWord<W>;

/// <summary>
/// The behaviour of a kernel as data: columns, steps, invariants. Steps and invariants are written once for all words,
/// so the prover, the model checker and the comparison with the machine code read the same text.
/// </summary>
public abstract class Specification
{
    /// <summary>The tables of the state, beside that of one row, with their numbers of rows: powers of two.</summary>
    public abstract IReadOnlyList<(Table Table, uint Rows)> Tables { get; }

    public abstract IReadOnlyList<ColumnInfo> Columns { get; }

    /// <summary>Writes the first state; every cell is 0 before.</summary>
    public abstract void Begin(ColumnState<Concrete> state);

    public abstract IReadOnlyList<SpecStep<W>> Steps<W>()
        where W : struct, IWord<W>;

    public abstract IReadOnlyList<Invariant<ColumnState<W>, W>> Invariants<W>()
        where W : struct, IWord<W>;

    /// <summary>The invariants, after a check that each one is about a single row.</summary>
    /// <exception cref="ModelException">An invariant is about pairs of rows.</exception>
    internal IReadOnlyList<Invariant<ColumnState<W>, W>> CheckedInvariants<W>()
        where W : struct, IWord<W>
    {
        var invariants = Invariants<W>();
        return invariants.FirstOrDefault(invariant => invariant.Pairs) is { } pairs
            ? throw new ModelException(
                $"invariant {pairs.Name} is about pairs of rows, which no check looks at: state it for one row"
            )
            : invariants;
    }

    /// <summary>How many rows a table has.</summary>
    public uint RowsOf(Table table) => table == Table.Processor ? 1 : Tables.First(known => known.Table == table).Rows;

    /// <summary>A column by its name.</summary>
    /// <exception cref="ModelException">There is none.</exception>
    public ColumnInfo Column(string name) =>
        Columns.FirstOrDefault(column => column.Name == name)
        ?? throw new ModelException(
            $"the spec has no column {name}, only {string.Join(", ", Columns.Select(c => c.Name))}"
        );

    /// <summary>The first state, in arrays.</summary>
    public ColumnState<Concrete> First()
    {
        var state = new ColumnState<Concrete>(this, new ConcreteTables());
        Begin(state);
        return state;
    }

    /// <summary>The cells of the state.</summary>
    public IEnumerable<(ColumnInfo Column, uint Row)> Cells =>
        Columns.SelectMany(column => Enumerable.Range(0, (int)RowsOf(column.Table)).Select(row => (column, (uint)row)));

    /// <summary>An invariant that a state violates, and the row; null if all hold.</summary>
    public (Invariant<ColumnState<Concrete>, Concrete> Invariant, uint Row)? Violated(ColumnState<Concrete> state)
    {
        foreach (var invariant in CheckedInvariants<Concrete>())
            for (var row = 0u; row < RowsOf(invariant.Over); row++)
                if (!invariant.Holds(state, row, 0))
                    return (invariant, row);
        return null;
    }
}
