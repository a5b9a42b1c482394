using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Records which columns a statement about a row reads: in that row, and in other rows. The later columns share the
/// last bit.
/// </summary>
internal sealed class ColumnReads
{
    private const int MostBits = 64;

    private Table _over = Table.Processor;
    private uint _row;

    /// <summary>The columns read in the row of the statement.</summary>
    public ulong InRow { get; private set; }

    /// <summary>The columns read in other rows, and those of other tables.</summary>
    public ulong Elsewhere { get; private set; }

    /// <summary>The bit of a column.</summary>
    public static ulong Bit(int column) => 1ul << Math.Min(column, MostBits - 1);

    /// <summary>Starts a record for a statement about a row.</summary>
    public void Begin(Table over, uint row)
    {
        (_over, _row) = (over, row);
        InRow = Elsewhere = 0;
    }

    /// <summary>
    /// The present state of the tables, or their state at the last commit. The record has what is read from it.
    /// </summary>
    public State<Concrete> Watch(FlatTables tables, bool before) =>
        new(tables.State.Limits, new WatchedTables(this, tables, before));

    private void Note(Table table, uint row, ulong bit)
    {
        if (table == _over && row == _row)
            InRow |= bit;
        else
            Elsewhere |= bit;
    }

    private sealed class WatchedTables(ColumnReads reads, FlatTables tables, bool before) : Tables<Concrete>
    {
        public override Column<Concrete> Make(ColumnInfo info, uint rows)
        {
            var start = tables.Start(info.Name);
            var bit = Bit(tables.ColumnOf(start));
            return before
                ? new BeforeColumn(reads, tables, info.Table, start, bit)
                : new PresentColumn(reads, tables, info.Table, start, bit);
        }

        public override (Truth Found, Concrete Row) First(
            Table table,
            Concrete after,
            Func<Concrete, Truth> predicate
        ) => tables.First(table, after, predicate);

        public override (Truth Found, Concrete Key) Greatest(
            Table table,
            Func<Concrete, Truth> predicate,
            Func<Concrete, Concrete> key
        ) => tables.Greatest(table, predicate, key);
    }

    private sealed class PresentColumn(ColumnReads reads, FlatTables tables, Table table, int start, ulong bit)
        : Column<Concrete>
    {
        public override Concrete this[Concrete row]
        {
            get
            {
                reads.Note(table, row.Value, bit);
                return tables.Cells[start + (int)row.Value];
            }
            set => throw new NotSupportedException("a statement only reads");
        }
    }

    private sealed class BeforeColumn(ColumnReads reads, FlatTables tables, Table table, int start, ulong bit)
        : Column<Concrete>
    {
        public override Concrete this[Concrete row]
        {
            get
            {
                reads.Note(table, row.Value, bit);
                return tables.Before(start + (int)row.Value);
            }
            set => throw new NotSupportedException("a statement only reads");
        }
    }
}
