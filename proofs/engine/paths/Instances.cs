using Verified.Proofs.Values;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Paths;

/// <summary>
/// Quantifier-free "for all": a universal hypothesis is asserted at the rows that the runs touched and at the rows the
/// goals are about. Instances of true statements are true, so a missing one can only make a proof fail.
/// </summary>
public sealed class Instances
{
    private sealed record Family(Table I, Table J, Func<Symbolic, Symbolic, Truth> Holds);

    private sealed record PathFamily(Table Over, Func<Symbolic, Truth> Holds);

    private readonly Reasoner _reasoner;
    private readonly Exploration _exploration;
    private readonly List<Family> _families = [];
    private readonly List<PathFamily> _pathFamilies = [];
    private readonly List<(Table Table, Func<Symbolic, IReadOnlyList<(Table, Symbolic)>> Others)> _following = [];
    private readonly Dictionary<Table, List<Symbolic>> _rows = [];
    private readonly HashSet<(Table, Symbolic)> _seen = [];
    private int _asleep;

    public Instances(Reasoner reasoner, Exploration exploration) => (_reasoner, _exploration) = (reasoner, exploration);

    /// <summary>A hypothesis on the initial state: holds at all rows, on every path.</summary>
    public void ForAll(Table i, Table j, Func<Symbolic, Symbolic, Truth> holds) => _families.Add(new(i, j, holds));

    /// <summary>
    /// A further hypothesis on the initial state, in the middle of a path: holds at all rows, also at earlier ones.
    /// </summary>
    public void ForAllNow(Table i, Table j, Func<Symbolic, Symbolic, Truth> holds)
    {
        var family = new Family(i, j, holds);
        _families.Add(family);
        foreach (var a in Rows(i))
        foreach (var b in Rows(j))
            Instantiate(family, a, b);
    }

    /// <summary>If a row matters, the rows that <paramref name="others"/> gives for it matter, too.</summary>
    public void Follow(Table table, Func<Symbolic, IReadOnlyList<(Table, Symbolic)>> others) =>
        _following.Add((table, others));

    /// <summary>A fact of the running path only: holds at all rows.</summary>
    public void ForAllHere(Table over, Func<Symbolic, Truth> holds)
    {
        var family = new PathFamily(over, holds);
        _pathFamilies.Add(family);
        foreach (var row in Rows(over))
            Instantiate(family, row);
    }

    /// <summary>The rows of a table that matter so far, on this path.</summary>
    public IReadOnlyList<Symbolic> Rows(Table table) => _rows.TryGetValue(table, out var rows) ? [.. rows] : [];

    /// <summary>Begins a path.</summary>
    public void Begin()
    {
        _pathFamilies.Clear();
        _seen.Clear();
        foreach (var rows in _rows.Values)
            rows.Clear();
    }

    /// <summary>
    /// Records that a run reads or writes a row. Reads by an instantiation are not recorded, because they would never
    /// end.
    /// </summary>
    public void Touch(Table table, Symbolic row)
    {
        if (_asleep > 0 || !_seen.Add((table, row)))
            return;
        if (!_rows.TryGetValue(table, out var rows))
            _rows.Add(table, rows = []);
        rows.Add(row);
        foreach (var family in _families)
        {
            if (family.I == table)
                foreach (var other in Rows(family.J))
                    Instantiate(family, row, other);
            if (family.J == table)
                foreach (var other in Rows(family.I))
                    if (family.I != table || !other.Equals(row))
                        Instantiate(family, other, row);
        }

        foreach (var family in _pathFamilies.ToArray())
            if (family.Over == table)
                Instantiate(family, row);
        foreach (var (of, others) in _following)
            if (of == table)
                foreach (var (otherSort, other) in _exploration.Timeless(() => Quietly(() => others(row))))
                    Touch(otherSort, other);
    }

    /// <summary>The table of the rows of a table of the spec.</summary>
    /// <summary>Reads without recording.</summary>
    public T Quietly<T>(Func<T> read)
    {
        _asleep++;
        try
        {
            return read();
        }
        finally
        {
            _asleep--;
        }
    }

    private void Instantiate(Family family, Symbolic a, Symbolic b) =>
        _reasoner.Assert(_exploration.Timeless(() => Quietly(() => family.Holds(a, b))));

    private void Instantiate(PathFamily family, Symbolic row) => _exploration.Assume(Quietly(() => family.Holds(row)));
}
