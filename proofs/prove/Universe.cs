using Verified.Kernel;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// Quantifier-free "for all": a universal hypothesis is asserted at the rows that the runs touched and at the rows the
/// goals are about. Instances of true statements are true, so a missing one can only make a proof fail.
/// </summary>
public sealed class Universe
{
    private sealed record Family(Sort I, Sort J, Func<Symbolic, Symbolic, Truth> Holds);

    private sealed record PathFamily(Sort Over, Func<Symbolic, Truth> Holds);

    private readonly Reasoner _reasoner;
    private readonly Exploration _exploration;
    private readonly List<Family> _families = [];
    private readonly List<PathFamily> _pathFamilies = [];
    private readonly List<(Sort Sort, Func<Symbolic, IReadOnlyList<(Sort, Symbolic)>> Others)> _following = [];
    private readonly Dictionary<Sort, List<Symbolic>> _rows = Enum.GetValues<Sort>()
        .ToDictionary(sort => sort, _ => new List<Symbolic>());
    private readonly HashSet<(Sort, Symbolic)> _seen = [];
    private int _asleep;

    public Universe(Reasoner reasoner, Exploration exploration) => (_reasoner, _exploration) = (reasoner, exploration);

    /// <summary>A hypothesis on the initial state: holds at all rows, on every path.</summary>
    public void ForAll(Sort i, Sort j, Func<Symbolic, Symbolic, Truth> holds) => _families.Add(new(i, j, holds));

    /// <summary>If a row matters, the rows that <paramref name="others"/> gives for it matter, too.</summary>
    public void Follow(Sort sort, Func<Symbolic, IReadOnlyList<(Sort, Symbolic)>> others) =>
        _following.Add((sort, others));

    /// <summary>A fact of the running path only: holds at all rows.</summary>
    public void ForAllHere(Sort over, Func<Symbolic, Truth> holds)
    {
        var family = new PathFamily(over, holds);
        _pathFamilies.Add(family);
        foreach (var row in _rows[over].ToArray())
            Instantiate(family, row);
    }

    /// <summary>The rows of a sort that matter so far, on this path.</summary>
    public IReadOnlyList<Symbolic> Rows(Sort sort) => [.. _rows[sort]];

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
    public void Touch(Sort sort, Symbolic row)
    {
        if (_asleep > 0 || !_seen.Add((sort, row)))
            return;
        _rows[sort].Add(row);
        foreach (var family in _families)
        {
            if (family.I == sort)
                foreach (var other in _rows[family.J].ToArray())
                    Instantiate(family, row, other);
            if (family.J == sort)
                foreach (var other in _rows[family.I].ToArray())
                    if (family.I != sort || !other.Equals(row))
                        Instantiate(family, other, row);
        }

        foreach (var family in _pathFamilies.ToArray())
            if (family.Over == sort)
                Instantiate(family, row);
        foreach (var (of, others) in _following)
            if (of == sort)
                foreach (var (otherSort, other) in _exploration.Timeless(() => Quietly(() => others(row))))
                    Touch(otherSort, other);
    }

    /// <summary>The sort of the rows of a table of the spec.</summary>
    public static Sort Of(Table table) =>
        table switch
        {
            Table.Thread => Sort.Thread,
            Table.Priority => Sort.Priority,
            Table.Interrupt => Sort.Interrupt,
            Table.Task => Sort.Task,
            Table.Node => Sort.Node,
            Table.Slot => Sort.Slot,
            Table.PageTable => Sort.PageTable,
            Table.Page => Sort.Page,
            _ => Sort.None,
        };

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
