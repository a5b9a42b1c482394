using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>The tables that columns belong to.</summary>
public enum Table
{
    /// <summary>One row: the processor.</summary>
    Processor,

    /// <summary>A row per thread number.</summary>
    Thread,

    /// <summary>A row per priority.</summary>
    Priority,

    /// <summary>A row per id of an interrupt.</summary>
    Interrupt,

    /// <summary>A row per task number.</summary>
    Task,

    /// <summary>A row per mapping that can be: the first ones are σ0's, of the frame of the same number.</summary>
    Node,

    /// <summary>A row per task and slot for a page table.</summary>
    Slot,

    /// <summary>A row per page table.</summary>
    PageTable,

    /// <summary>A row per page of every page table.</summary>
    Page,
}

/// <summary>A column of the state.</summary>
/// <param name="Name">Field name, as shown in differences and traces.</param>
/// <param name="Table">The table it belongs to.</param>
/// <param name="Bits">Width of its values; a wider value is a defect of the spec.</param>
public sealed record ColumnInfo(string Name, Table Table, uint Bits);

/// <summary>A column of a table in one reading: an array, or a solver's function with its updates.</summary>
public abstract class Column<W>
    where W : struct, IWord<W>
{
    public abstract W this[W row] { get; set; }
}

/// <summary>Where a state keeps its columns, and how it chooses from a set of rows without a loop.</summary>
public abstract class Tables<W>
    where W : struct, IWord<W>
{
    public abstract Column<W> Make(ColumnInfo info, uint rows);

    /// <summary>
    /// The next row after <paramref name="after"/>, cyclically and <paramref name="after"/> itself last, that satisfies
    /// <paramref name="predicate"/>; any row where none does.
    /// </summary>
    public abstract (Truth Found, W Row) First(Table table, W after, Func<W, Truth> predicate);

    /// <summary>
    /// The greatest <paramref name="key"/> among the rows that satisfy <paramref name="predicate"/>; 0 where none does.
    /// </summary>
    public abstract (Truth Found, W Key) Greatest(Table table, Func<W, Truth> predicate, Func<W, W> key);
}
