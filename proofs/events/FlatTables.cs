using System.Runtime.CompilerServices;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>Makes a column that is more than its cells; null for a column that is only cells.</summary>
/// <param name="tables">The tables that have the cells.</param>
/// <param name="column">The column.</param>
/// <param name="start">Its first cell.</param>
public delegate Column<Concrete>? MakeColumn(FlatTables tables, ColumnInfo column, int start);

/// <summary>
/// Every column of a state in one array of cells, with a journal of the writes since <see cref="Commit"/>. To undo a
/// step, or to find its changes, costs time in proportion to its writes.
/// </summary>
public sealed class FlatTables : Tables<Concrete>
{
    private readonly Limits _limits;
    private readonly MakeColumn? _makes;
    private readonly List<(ColumnInfo Info, uint Rows)> _columns = [];
    private readonly List<int> _starts = [];
    private readonly Dictionary<string, int> _startOf = [];
    private int[] _written = new int[64];
    private uint[] _old = new uint[64];
    private uint[] _threads;
    private readonly int _pages;
    private int _count;
    private int _used;

    /// <param name="limits">Sizes of the tables.</param>
    /// <param name="makes">Makes the columns that are more than cells; null if there are none.</param>
    public FlatTables(Limits limits, MakeColumn? makes = null)
    {
        (_limits, _makes) = (limits, makes);
        _threads = [.. Enumerable.Range(0, (int)limits.Threads).Select(row => (uint)row)];
        State = new State<Concrete>(limits, this);
        Array.Resize(ref Cells, _used);
        MappingsStart = Start(Mappings<Concrete>.Schema[0].Name);
        _pages = _columns.FindIndex(column => column.Info.Name == nameof(Mappings<Concrete>.NodeAt));
    }

    public State<Concrete> State { get; }

    /// <summary>The values, column after column in schema order.</summary>
    public uint[] Cells = new uint[64];

    /// <summary>Cells written since the last commit, in order; a cell may occur twice.</summary>
    public ReadOnlySpan<int> Written => _written.AsSpan(0, _count);

    public override Column<Concrete> Make(ColumnInfo info, uint rows)
    {
        var start = _used;
        _used += (int)rows;
        if (_used > Cells.Length)
            Array.Resize(ref Cells, 2 * _used);
        _columns.Add((info, rows));
        _starts.Add(start);
        _startOf.Add(info.Name, start);
        return _makes?.Invoke(this, info, start) ?? new FlatColumn(this, start);
    }

    /// <summary>The first cell of a column; its rows follow.</summary>
    public int Start(string column) => _startOf[column];

    /// <summary>Column and row of a cell.</summary>
    public (ColumnInfo Column, uint Row) Locate(int cell)
    {
        var index = ColumnOf(cell);
        return (_columns[index].Info, (uint)(cell - _starts[index]));
    }

    /// <summary>The index of a cell's column in schema order.</summary>
    public int ColumnOf(int cell)
    {
        var found = _starts.BinarySearch(cell);
        var index = found >= 0 ? found : ~found - 1;

        // A column without rows starts where the next one does.
        while (index + 1 < _starts.Count && _starts[index + 1] <= cell)
            index++;
        return index;
    }

    private readonly List<int> _sinceLoad = [];

    /// <summary>The first cell of the mappings, whose columns are the last ones.</summary>
    public int MappingsStart { get; }

    public void Write(int cell, uint value)
    {
        _sinceLoad.Add(cell);
        if (_count == _written.Length)
        {
            Array.Resize(ref _written, 2 * _count);
            Array.Resize(ref _old, 2 * _count);
        }

        _written[_count] = cell;
        _old[_count++] = Cells[cell];
        Cells[cell] = value;
    }

    /// <summary>
    /// Called with each cell whose value at the last commit is read, directly or as the value before a step. May be
    /// null. A cell may be reported more than once. Reads of cells that were written since the last commit are not
    /// reported.
    /// </summary>
    public Action<int>? Reads { get; set; }

    /// <summary>Whether a cell was written since the last commit.</summary>
    public bool IsWritten(int cell) => Written.Contains(cell);

    /// <summary>The value of a cell.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Read(int cell)
    {
        if (Reads is { } reads && !IsWritten(cell))
            reads(cell);
        return Cells[cell];
    }

    /// <summary>
    /// A cell's value at the last commit: the value before its first write since then, or its present value if there is
    /// none.
    /// </summary>
    public uint Before(int cell)
    {
        Reads?.Invoke(cell);
        var first = Written.IndexOf(cell);
        return first < 0 ? Cells[cell] : _old[first];
    }

    /// <summary>
    /// The cells whose values may differ from those at the last commit. A cell that was written with the value that it
    /// had is not among them.
    /// </summary>
    public IEnumerable<int> Changed()
    {
        for (var i = 0; i < _count; i++)
            if (_old[i] != Cells[_written[i]])
                yield return _written[i];
    }

    /// <summary>The number of commits so far. Other ways to replace the state count, too.</summary>
    public long Commits { get; private set; }

    /// <summary>Makes the cells the state to which <see cref="Undo"/> returns.</summary>
    public void Commit()
    {
        _count = 0;
        Commits++;
    }

    public void Undo()
    {
        while (_count > 0)
            Cells[_written[--_count]] = _old[_count];
    }

    /// <summary>Copies every cell from <paramref name="cells"/>.</summary>
    public void Load(uint[] cells)
    {
        cells.CopyTo(Cells, 0);
        _sinceLoad.Clear();
        Commits++;
    }

    /// <summary>
    /// Copies every cell from <paramref name="cells"/>. The mappings must have had these values at the last load; other
    /// cells may have any values.
    /// </summary>
    public void Restore(uint[] cells)
    {
        cells.AsSpan(0, MappingsStart).CopyTo(Cells);
        Rewind(cells);
    }

    /// <summary>Resets every cell written since the last load. The cells must be those that were loaded.</summary>
    public void Rewind(uint[] cells)
    {
        foreach (var cell in _sinceLoad)
            Cells[cell] = cells[cell];
        _sinceLoad.Clear();
        Commits++;
    }

    /// <summary>
    /// Fills the cells by <paramref name="fill"/>, and makes them the state to which <see cref="Undo"/> returns.
    /// </summary>
    public void Fill(Action<uint[]> fill)
    {
        fill(Cells);
        _sinceLoad.Clear();
        Commit();
    }

    /// <summary>
    /// Copies every column of a state of the same limits, and makes it the state to which <see cref="Undo"/> returns.
    /// </summary>
    public void Fill(State<Concrete> from) =>
        Fill(cells =>
        {
            foreach (var (info, column) in from.Columns)
            {
                var (start, rows) = (Start(info.Name), State<Concrete>.Rows(info.Table, from.Limits));
                if (column is ArrayColumn array)
                    array.Values.CopyTo(cells, start);
                else
                    for (var row = 0u; row < rows; row++)
                        cells[start + (int)row] = column[row];
            }
        });

    /// <summary>Cells of mappings that differ from those of another state, and all cells of mapped pages.</summary>
    public IEnumerable<(ColumnInfo Column, uint Row)> MappingsOtherThan(uint[] cells)
    {
        foreach (var (info, rows) in _columns.Where((_, column) => _starts[column] >= MappingsStart))
        {
            var (start, end) = (Start(info.Name), Start(info.Name) + (int)rows);
            for (
                var cell = start;
                (cell += Cells.AsSpan(cell..end).CommonPrefixLength(cells.AsSpan(cell..end))) < end;
                cell++
            )
                yield return (info, (uint)(cell - start));
        }

        foreach (var page in PagesMapped())
            yield return (_columns[_pages].Info, page);
    }

    /// <summary>The pages that are mapped, as rows of the pages.</summary>
    public IEnumerable<uint> PagesMapped()
    {
        var (start, rows) = (_starts[_pages], (int)_columns[_pages].Rows);
        for (
            var page = 0;
            Cells.AsSpan(start + page, rows - page).IndexOfAnyExcept(0u) is var next and >= 0;
            page += next + 1
        )
            yield return (uint)(page + next);
    }

    /// <summary>
    /// The threads to look at for a choice from a set, in order. All other rows are blank like row 0, which represents
    /// them. A predicate that row 0 satisfies cannot be used for a choice.
    /// </summary>
    public void LookOnlyAt(IEnumerable<uint> threads) => _threads = [.. threads.Order()];

    public override (Truth Found, Concrete Row) First(Table table, Concrete after, Func<Concrete, Truth> predicate)
    {
        var rows = Rows(table, predicate);
        var start = 0;
        while (start < rows.Length && rows[start] <= after.Value)
            start++;
        for (var i = 0; i < rows.Length; i++)
        {
            if (start == rows.Length)
                start = 0;
            Concrete row = rows[start++];
            if (predicate(row))
                return (true, row);
        }

        return (false, 0);
    }

    public override (Truth Found, Concrete Key) Greatest(
        Table table,
        Func<Concrete, Truth> predicate,
        Func<Concrete, Concrete> key
    )
    {
        var (found, greatest) = (false, 0u);
        foreach (var row in Rows(table, predicate))
            if (predicate(row))
                (found, greatest) = (true, Math.Max(greatest, key(row).Value));
        return (found, greatest);
    }

    private uint[] Rows(Table table, Func<Concrete, Truth> predicate)
    {
        if (table != Table.Thread)
            throw new NotSupportedException($"no choice from table {table} yet");
        if (_threads.Length < _limits.Threads && predicate(State<Concrete>.Nobody))
            throw new InvalidOperationException("a blank thread satisfies the predicate of a choice");
        return _threads;
    }

    private sealed class FlatColumn(FlatTables tables, int start) : Column<Concrete>
    {
        public override Concrete this[Concrete row]
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => tables.Read(start + (int)row.Value);
            set => tables.Write(start + (int)row.Value, value.Value);
        }
    }
}
