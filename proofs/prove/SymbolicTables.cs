using Verified.Kernel;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// The symbolic reading of the spec's tables: columns start as <paramref name="initial"/> says; a choice is a fresh row with
/// its defining property.
/// </summary>
/// <param name="limits">Sizes of the tables.</param>
/// <param name="initial">The initial value of a column at a row.</param>
/// <param name="terms">The terms of the theorem.</param>
/// <param name="running">Where reads are recorded and choices are defined; null for the initial state, which never changes.</param>
public sealed class SymbolicTables(
    Limits limits, Func<ColumnInfo, Symbolic, Symbolic> initial, Terms terms, (Universe Universe, Exploration Path)? running)
    : Tables<Symbolic>
{
    private readonly List<(Sort Sort, Contents Contents)> _columns = [];
    private readonly List<Symbolic> _choices = [];

    /// <summary>What the choices so far gave.</summary>
    public IReadOnlyList<Symbolic> Choices => _choices;

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
        var (universe, path) = Running();
        var rows = State<Symbolic>.Rows(table, limits);
        var at = AsNow(predicate);
        var number = _choices.Count;
        var found = Fresh($"found!{number}", 1) == 1;
        var first = Fresh($"first!{number}", Bits(rows));

        // Cyclic distance from the row after `after`; rows are a power of two.
        Symbolic Distance(Symbolic row) => (row - after - 1) & (rows - 1);
        universe.Touch(Universe.Of(table), first);
        path.Assume(!found | universe.Quietly(() => at(first)));
        universe.ForAllHere(Universe.Of(table), row => !(row < rows) | !at(row) | (found & (Distance(first) <= Distance(row))));
        _choices.Add(first);
        return (found, first);
    }

    public override (Truth Found, Symbolic Key) Greatest(
        Table table, Func<Symbolic, Truth> predicate, Func<Symbolic, Symbolic> key)
    {
        var (universe, path) = Running();
        var rows = State<Symbolic>.Rows(table, limits);
        var at = AsNow(predicate);
        var keyAt = AsNow(key);
        var number = _choices.Count;
        var found = Fresh($"found!{number}", 1) == 1;
        var witness = Fresh($"witness!{number}", Bits(rows));
        universe.Touch(Universe.Of(table), witness);
        var greatest = Fresh($"greatest!{number}", Bits(limits.Priorities));
        path.Assume(found | greatest == 0);
        path.Assume(!found | universe.Quietly(() => at(witness) & keyAt(witness) == greatest));
        universe.ForAllHere(Universe.Of(table), row => !(row < rows) | !at(row) | (found & (keyAt(row) <= greatest)));
        _choices.Add(greatest);
        return (found, greatest);
    }

    private Symbolic Fresh(string name, int bits) => terms.Variable(name, bits);

    private (Universe Universe, Exploration Path) Running() =>
        running ?? throw new InvalidOperationException("the initial state makes no choices");

    /// <summary>A function of the state as it is now, to be evaluated later, when the columns have changed.</summary>
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
        for (var i = 0; i < moment.Count; i++) _columns[i].Contents.Last = moment[i];
    }

    private static int Bits(uint rows) => System.Numerics.BitOperations.Log2(rows);

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
