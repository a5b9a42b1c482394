using Verified.Proofs.Values;
using Verified.Spec.Values;

namespace Verified.Proofs.Paths;

/// <summary>
/// A column about which nothing is known: a function from rows to values of a given width, expanded by Ackermann's
/// rule. Each row that is read has a variable; equal rows have equal values.
/// </summary>
public sealed class Unknown(
    Terms terms,
    string name,
    int bits,
    Reasoner reasoner,
    Exploration exploration,
    bool congruent
)
{
    private readonly Dictionary<Symbolic, Symbolic> _values = [];
    private readonly List<(Symbolic Row, Symbolic Value)> _rows = [];
    private readonly HashSet<Symbolic> _onPath = [];

    public string Name => name;

    /// <summary>The rows that the running path has read, with their variables.</summary>
    public IReadOnlyList<(Symbolic Row, Symbolic Value)> Rows => _rows;

    /// <summary>Begins a path.</summary>
    public void Begin()
    {
        _rows.Clear();
        _onPath.Clear();
    }

    public Symbolic At(Symbolic row)
    {
        if (!_values.TryGetValue(row, out var value))
            _values.Add(row, value = terms.Variable($"{name}[{_values.Count}]", bits));
        if (!_onPath.Add(row))
            return value;
        foreach (var (otherRow, otherValue) in congruent ? _rows : [])
            reasoner.Assert(exploration.Timeless(() => row != otherRow | value == otherValue));
        _rows.Add((row, value));
        return value;
    }
}

/// <summary>A column's contents on the running path: the initial contents, and the writes since.</summary>
public sealed class ColumnValues(Func<Symbolic, Symbolic> initial, Terms terms)
{
    public sealed record Write(Symbolic Row, Symbolic Value, Write? Before);

    /// <summary>The newest write. Assigning an earlier write goes back to that moment.</summary>
    public Write? Last { get; set; }

    /// <summary>The rows written since the beginning.</summary>
    public IEnumerable<Symbolic> Written()
    {
        for (var write = Last; write is not null; write = write.Before)
            yield return write.Row;
    }

    public void Set(Symbolic row, Symbolic value) => Last = new Write(row, value, Last);

    /// <summary>The present contents, as a function that can still be evaluated after later writes.</summary>
    public Func<Symbolic, Symbolic> AsNow()
    {
        var now = Last;
        return row =>
        {
            var later = Last;
            Last = now;
            var value = Get(row);
            Last = later;
            return value;
        };
    }

    public Symbolic Get(Symbolic row)
    {
        // Writes that may be to this row, newest first. The search ends at a write that is certainly to this row, or at
        // the initial contents.
        var maybe = new List<(Truth Same, Symbolic Value)>();
        Symbolic? found = null;
        for (var write = Last; write is not null && found is null; write = write.Before)
        {
            var same = row == write.Row;
            var known = same.Undecided is Bool condition ? terms.Decider?.Known(condition) : same.Known;
            if (known == true)
                found = write.Value;
            else if (known is null)
                maybe.Add((same, write.Value));
        }

        var value = found ?? initial(row);
        for (var i = maybe.Count - 1; i >= 0; i--)
            value = Symbolic.Select(maybe[i].Same, maybe[i].Value, value);
        return value;
    }
}
