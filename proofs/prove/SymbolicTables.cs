using Verified.Kernel;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// The symbolic reading of the spec's tables: columns start as <paramref name="initial"/> says; a choice is a fresh row
/// with its defining property.
/// </summary>
/// <param name="limits">Sizes of the tables.</param>
/// <param name="initial">The initial value of a column at a row.</param>
/// <param name="terms">The terms of the theorem.</param>
/// <param name="running">
/// The universe that records reads and the definer of choices; null for the initial state, which never changes.
/// </param>
public sealed class SymbolicTables(
    Limits limits,
    Func<ColumnInfo, Symbolic, Symbolic> initial,
    Terms terms,
    (Universe Universe, Choosing Choosing)? running
) : Tables<Symbolic>
{
    private readonly List<(Sort Sort, Contents Contents)> _columns = [];

    /// <summary>The rows written, with their sorts.</summary>
    public IEnumerable<(Sort Sort, Symbolic Row)> Written =>
        _columns.SelectMany(column => column.Contents.Written().Select(row => (column.Sort, row)));

    public override Column<Symbolic> Make(ColumnInfo info, uint rows)
    {
        var contents = new Contents(row => initial(info, row), terms);
        _columns.Add((Universe.Of(info.Table), contents));
        return new TableColumn(info, contents, running?.Universe);
    }

    public override (Truth Found, Symbolic Row) First(Table table, Symbolic after, Func<Symbolic, Truth> predicate)
    {
        return Running().First(Universe.Of(table), State<Symbolic>.Rows(table, limits), after, AsNow(predicate));
    }

    public override (Truth Found, Symbolic Key) Greatest(
        Table table,
        Func<Symbolic, Truth> predicate,
        Func<Symbolic, Symbolic> key
    )
    {
        return Running()
            .Greatest(
                Universe.Of(table),
                State<Symbolic>.Rows(table, limits),
                limits.Priorities,
                AsNow(predicate),
                AsNow(key)
            );
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
                universe?.Touch(Universe.Of(info.Table), row);
                return contents.Get(row);
            }
            set
            {
                universe?.Touch(Universe.Of(info.Table), row);
                contents.Set(row, value);
            }
        }
    }
}
