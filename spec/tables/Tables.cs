using Verified.Spec.Values;

namespace Verified.Spec.Tables;

/// <summary>
/// A kind of row: what a column has a value for, and what a statement about "every row" is about. A spec or a layout
/// declares its own.
/// </summary>
/// <param name="name">How reports call it.</param>
/// <param name="number">An index for arrays by table; different tables of one kernel have different numbers.</param>
public sealed class Table(string name, int number)
{
    /// <summary>
    /// The table of one row, 0: what there is once. A statement about no row in particular is about this one.
    /// </summary>
    public static Table Processor { get; } = new("Processor", 0);

    public string Name => name;

    public int Number => number;

    public override string ToString() => name;
}

/// <summary>A column of the state.</summary>
/// <param name="Name">Field name, as shown in differences and traces.</param>
/// <param name="Table">The table it belongs to.</param>
/// <param name="Bits">Width of its values; a wider value is a defect of the spec.</param>
public sealed record ColumnInfo(string Name, Table Table, uint Bits);

/// <summary>A column of a table in one reading: an array, or a solver function with its updates.</summary>
public abstract class Column<W>
    where W : struct, IWord<W>
{
    public abstract W this[W row] { get; set; }
}

/// <summary>Makes the columns of a state, and chooses from a set of rows without a loop in the spec.</summary>
public abstract class Tables<W>
    where W : struct, IWord<W>
{
    public abstract Column<W> Make(ColumnInfo info, uint rows);

    /// <summary>
    /// The next row after <paramref name="after"/> that satisfies <paramref name="predicate"/>, cyclically, with
    /// </summary>
    /// <paramref name="after"/> itself last. If no row satisfies it, the result is any row.
    public abstract (Truth Found, W Row) First(Table table, W after, Func<W, Truth> predicate);

    /// <summary>
    /// The greatest <paramref name="key"/> of the rows that satisfy <paramref name="predicate"/>; 0 if no row does.
    /// </summary>
    public abstract (Truth Found, W Key) Greatest(Table table, Func<W, Truth> predicate, Func<W, W> key);
}
