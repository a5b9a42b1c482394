using Verified.Spec.Values;

namespace Verified.Spec.Tables;

/// <summary>Tables whose columns are arrays. A choice of a row is a scan.</summary>
public sealed class ConcreteTables : Tables<Concrete>
{
    private readonly Dictionary<Table, uint> _rows = [];

    public override Column<Concrete> Make(ColumnInfo info, uint rows)
    {
        _rows[info.Table] = rows;
        return new ArrayColumn(rows);
    }

    public override (Truth Found, Concrete Row) First(Table table, Concrete after, Func<Concrete, Truth> predicate)
    {
        var rows = _rows[table];
        for (var i = 1u; i <= rows; i++)
        {
            var row = (after.Value + i) % rows;
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
        for (var row = 0u; row < _rows[table]; row++)
            if (predicate(row))
                (found, greatest) = (true, Math.Max(greatest, key(row).Value));
        return (found, greatest);
    }
}

/// <summary>A column as an array.</summary>
public sealed class ArrayColumn(uint rows) : Column<Concrete>
{
    public readonly uint[] Values = new uint[rows];

    public override Concrete this[Concrete row]
    {
        get => Values[row.Value];
        set => Values[row.Value] = value.Value;
    }
}
