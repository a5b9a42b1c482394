using Verified.Proofs.Values;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Paths;

/// <summary>
/// The symbolic reading of the spec's tables: columns start as <paramref name="initial"/> says; a choice is a fresh row
/// with its defining property.
/// </summary>
/// <param name="initial">The initial value of a column at a row.</param>
/// <param name="terms">The terms of the theorem.</param>
/// <param name="running">
/// The instances that records reads and the definer of choices; null for the initial state, which never changes.
/// </param>
/// <param name="keys">How many values a key of <see cref="Greatest"/> may have.</param>
public sealed class SymbolicTables(
    Func<ColumnInfo, Symbolic, Symbolic> initial,
    Terms terms,
    (Instances Instances, Choosing Choosing)? running,
    uint keys
) : Tables<Symbolic>
{
    private readonly List<(Table Table, ColumnValues Values)> _columns = [];
    private readonly Dictionary<Table, uint> _rows = [];

    /// <summary>The rows written, with their sorts.</summary>
    public IEnumerable<(Table Table, Symbolic Row)> Written =>
        _columns.SelectMany(column => column.Values.Written().Select(row => (column.Table, row)));

    public override Column<Symbolic> Make(ColumnInfo info, uint rows)
    {
        var values = new ColumnValues(row => initial(info, row), terms);
        _columns.Add((info.Table, values));
        _rows[info.Table] = rows;
        return new TableColumn(info, values, running?.Instances);
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
        var now = _columns.ConvertAll(column => column.Values.Last);
        return row =>
        {
            var later = _columns.ConvertAll(column => column.Values.Last);
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

    private void Restore(List<ColumnValues.Write?> moment)
    {
        for (var i = 0; i < moment.Count; i++)
            _columns[i].Values.Last = moment[i];
    }

    private sealed class TableColumn(ColumnInfo info, ColumnValues values, Instances? instances) : Column<Symbolic>
    {
        public override Symbolic this[Symbolic row]
        {
            get
            {
                instances?.Touch(info.Table, row);
                return values.Get(row);
            }
            set
            {
                instances?.Touch(info.Table, row);
                values.Set(row, value);
            }
        }
    }
}
