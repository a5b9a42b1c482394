using Verified.Proofs.Values;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// The symbolic reading of the spec's tables: columns start as <paramref name="initial"/> says; a choice is a fresh row
/// with its defining property.
/// </summary>
/// <param name="initial">The initial value of a column at a row.</param>
/// <param name="terms">The terms of the theorem.</param>
/// <param name="running">
/// The universe that records reads and the definer of choices; null for the initial state, which never changes.
/// </param>
/// <param name="keys">How many values a key of <see cref="Greatest"/> may have.</param>
public sealed class SymbolicTables(
    Func<ColumnInfo, Symbolic, Symbolic> initial,
    Terms terms,
    (Universe Universe, Choosing Choosing)? running,
    uint keys
) : Tables<Symbolic>
{
    private readonly List<(Table Table, Contents Contents)> _columns = [];
    private readonly Dictionary<Table, uint> _rows = [];

    /// <summary>The rows written, with their sorts.</summary>
    public IEnumerable<(Table Table, Symbolic Row)> Written =>
        _columns.SelectMany(column => column.Contents.Written().Select(row => (column.Table, row)));

    public override Column<Symbolic> Make(ColumnInfo info, uint rows)
    {
        var contents = new Contents(row => initial(info, row), terms);
        _columns.Add((info.Table, contents));
        _rows[info.Table] = rows;
        return new TableColumn(info, contents, running?.Universe);
    }

    public override (Truth Found, Symbolic Row) First(Table table, Symbolic after, Func<Symbolic, Truth> predicate)
    {
        return Running().First(table, _rows[table], after, AsNow(predicate));
    }

    public override (Truth Found, Symbolic Key) Greatest(
        Table table,
        Func<Symbolic, Truth> predicate,
        Func<Symbolic, Symbolic> key
    )
    {
        return Running().Greatest(table, _rows[table], keys, AsNow(predicate), AsNow(key));
    }

    private Choosing Running() =>
        running?.Choosing ?? throw new InvalidOperationException("the initial state makes no choices");

    /// <summary>A function of the present state that can still be evaluated after the columns have changed.</summary>
    private Func<Symbolic, T> AsNow<T>(Func<Symbolic, T> function)
    {
        var now = _columns.ConvertAll(column => column.Contents.Last);
        return row =>
        {
            var later = _columns.ConvertAll(column => column.Contents.Last);
            Restore(now);
            try
            {
                return function(row);
            }
            finally
            {
                Restore(later);
            }
        };
    }

    private void Restore(List<Contents.Write?> moment)
    {
        for (var i = 0; i < moment.Count; i++)
            _columns[i].Contents.Last = moment[i];
    }

    private sealed class TableColumn(ColumnInfo info, Contents contents, Universe? universe) : Column<Symbolic>
    {
        public override Symbolic this[Symbolic row]
        {
            get
            {
                universe?.Touch(info.Table, row);
                return contents.Get(row);
            }
            set
            {
                universe?.Touch(info.Table, row);
                contents.Set(row, value);
            }
        }
    }
}
