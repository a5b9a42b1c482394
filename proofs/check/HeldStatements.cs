using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Remembers where statements held, and what they read. A statement still holds at a row if no column that it read
/// there has changed since. So a check after each step evaluates few statements.
/// </summary>
/// <param name="tables">The state.</param>
/// <param name="statements">The number of statements.</param>
internal sealed class HeldStatements(FlatTables tables, int statements)
{
    // Statements about other tables are not remembered, because a check looks at few rows of these.
    private static readonly Table[] Remembered =
    [
        Table.Processor,
        Table.Thread,
        Table.Priority,
        Table.Interrupt,
        Table.Task,
    ];

    private readonly Held[]?[] _held = new Held[statements][];

    // For each table: the columns that have changed in each row since the last check.
    private readonly ulong[]?[] _changedIn =
    [
        .. KernelTables.All.Select(table =>
            Remembered.Contains(table) ? new ulong[State<Concrete>.Rows(table, tables.State.Limits)] : null
        ),
    ];

    private readonly List<(ulong[] Rows, uint Row)> _touched = [];
    private ulong _changed;

    // The number of the present check, and of the first check after the last Forget.
    private long _check = 1,
        _first = 1;

    // A statement at a row: the columns that it read, and the last check that found that it holds.
    private readonly record struct Held(ulong InRow, ulong Elsewhere, long Check);

    // A statement at all of its rows: the columns that it ever read, and two checks. One is the last that looked at the
    // rows. The other is the last up to which the statement is known to hold at all of them.
    private struct Whole
    {
        public ulong Reads;
        public long Rows,
            Last;
    }

    private readonly Whole[] _whole = new Whole[statements];

    /// <summary>Forgets everything, because another run begins or the rows to look at have changed.</summary>
    public void Forget()
    {
        Next();
        _first = _check;
    }

    /// <summary>Looks at the writes since the last commit.</summary>
    public void Note()
    {
        foreach (var cell in tables.Changed())
        {
            var bit = ColumnReads.Bit(tables.ColumnOf(cell));
            _changed |= bit;
            var (info, row) = tables.Locate(cell);
            if (_changedIn[info.Table.Number] is not { } rows)
                continue;
            if (rows[row] == 0)
                _touched.Add((rows, row));
            rows[row] |= bit;
        }
    }

    /// <summary>Ends a check. The next one is about later changes.</summary>
    public void Next()
    {
        foreach (var (rows, row) in _touched)
            rows[row] = 0;
        _touched.Clear();
        _changed = 0;
        _check++;
    }

    /// <summary>
    /// Whether a statement held in the last check at all rows, and nothing that it read at any row has changed since.
    /// </summary>
    public bool StillHolds(int statement)
    {
        ref var whole = ref _whole[statement];
        if (whole.Last < _first || whole.Last != _check - 1 || (whole.Reads & _changed) != 0)
            return false;
        whole.Last = _check;
        return true;
    }

    /// <summary>
    /// Remembers that a statement holds at all rows, each of which this check has looked at. The next check must be
    /// about the same rows.
    /// </summary>
    public void Hold(int statement)
    {
        if (_held[statement] is not null)
            (_whole[statement].Rows, _whole[statement].Last) = (_check, _check);
    }

    /// <summary>Whether a statement held in the last check, and nothing that it read has changed since.</summary>
    public bool StillHolds(int statement, Table over, uint row)
    {
        if (_held[statement] is not { } rows)
            return false;
        var (inRow, elsewhere, check) = rows[row];
        if (check < _first || Changes(over, row, inRow, elsewhere))
            return false;
        if (check < _check - 1 && (_whole[statement].Last != _check - 1 || _whole[statement].Rows != check))
            return false;
        rows[row] = new(inRow, elsewhere, _check);
        return true;
    }

    /// <summary>Remembers that a statement holds in this check.</summary>
    /// <param name="statement">The number of the statement.</param>
    /// <param name="over">The table that it is about.</param>
    /// <param name="row">The row.</param>
    /// <param name="reads">What it read.</param>
    public void Hold(int statement, Table over, uint row, ColumnReads reads)
    {
        if (_changedIn[over.Number] is not { } changed)
            return;
        var rows = _held[statement] ??= new Held[changed.Length];
        rows[row] = new(reads.InRow, reads.Elsewhere, _check);
        _whole[statement].Reads |= reads.InRow | reads.Elsewhere;
    }

    /// <summary>Whether one of these columns has changed since the last check, in the row or elsewhere.</summary>
    public bool Changes(Table over, uint row, ulong inRow, ulong elsewhere) =>
        (elsewhere & _changed) != 0 || (inRow & (_changedIn[over.Number]?[row] ?? 0)) != 0;
}
