using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// The same cells as other tables. It records the cells that a text reads. The numbers of their values before a step
/// follow those of the cells.
/// </summary>
internal sealed class TracedTables : Tables<Concrete>
{
    private readonly FlatTables _tables;
    private readonly List<int> _reads = [];
    private int _kept;

    public TracedTables(FlatTables tables)
    {
        _tables = tables;
        State = new State<Concrete>(tables.State.Limits, this);
    }

    public State<Concrete> State { get; }

    /// <summary>Cells read since <see cref="Forget"/>. A cell may occur more than once.</summary>
    public IReadOnlyList<int> Reads => _reads;

    /// <summary>The reads of different cells, in order.</summary>
    public IEnumerable<RecordedItem> Items =>
        _reads.Distinct().Select(cell => new RecordedItem(IsChoice: false, cell, 0));

    /// <summary>Forgets the reads since <see cref="Keep"/>.</summary>
    public void Forget() => _reads.RemoveRange(_kept, _reads.Count - _kept);

    /// <summary>Keeps the reads so far, whatever is forgotten later.</summary>
    public void Keep() => _kept = _reads.Count;

    /// <summary>Forgets all reads.</summary>
    public void ForgetAll()
    {
        _kept = 0;
        _reads.Clear();
    }

    /// <summary>Records a read of a cell.</summary>
    public void Read(int cell) => _reads.Add(cell);

    /// <summary>Records a read of the value that a cell had before the step.</summary>
    public void ReadBefore(int cell) => _reads.Add(_tables.Cells.Length + cell);

    public override Column<Concrete> Make(ColumnInfo info, uint rows) =>
        new TracedColumn(this, _tables.Start(info.Name));

    public override (Truth Found, Concrete Row) First(Table table, Concrete after, Func<Concrete, Truth> predicate) =>
        _tables.First(table, after, predicate);

    public override (Truth Found, Concrete Key) Greatest(
        Table table,
        Func<Concrete, Truth> predicate,
        Func<Concrete, Concrete> key
    ) => _tables.Greatest(table, predicate, key);

    private sealed class TracedColumn(TracedTables tables, int start) : Column<Concrete>
    {
        public override Concrete this[Concrete row]
        {
            get
            {
                tables._reads.Add(start + (int)row.Value);
                return tables._tables.Cells[start + (int)row.Value];
            }
            set => throw new NotSupportedException("an invariant only reads");
        }
    }
}
