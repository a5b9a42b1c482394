using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>The tables that columns belong to.</summary>
public enum Table
{
    /// <summary>One row for the processor.</summary>
    Processor,

    /// <summary>One row for each thread.</summary>
    Thread,

    /// <summary>One row for each priority.</summary>
    Priority,

    /// <summary>One row for each interrupt id.</summary>
    Interrupt,

    /// <summary>One row for each task.</summary>
    Task,

    /// <summary>
    /// One row for each possible mapping. The first rows are σ0's mappings of the frames with the same numbers.
    /// </summary>
    Node,

    /// <summary>One row for each task and slot of a page table.</summary>
    Slot,

    /// <summary>One row for each page table.</summary>
    PageTable,

    /// <summary>One row for each page of every page table.</summary>
    Page,
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
