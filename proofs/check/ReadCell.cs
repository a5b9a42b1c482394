using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>A cell that decides a verdict, with its values during an event or a loop.</summary>
/// <param name="Column">The column's name.</param>
/// <param name="Row">The row in it.</param>
/// <param name="Values">
/// The values, in order: the one before the event, and each one that a kernel step made. A cell that stays as it is has
/// one value.
/// </param>
public sealed record ReadCell(string Column, uint Row, IReadOnlyList<uint> Values)
{
    // The most values that a line shows.
    private const int MostShown = 6;

    /// <summary>The cell and its values in a line.</summary>
    public string Tell(State<Concrete> s) => $"{Glossary.Cell(s, Column, Row)}: {string.Join(" -> ", InWords(s))}";

    /// <summary>The values in words. Of many, the first ones and the last one.</summary>
    public IReadOnlyList<string> InWords(State<Concrete> s)
    {
        IEnumerable<string> words = Values.Select(value => Glossary.Value(s, Column, value));
        return Values.Count <= MostShown ? [.. words] : [.. words.Take(MostShown - 1), "...", words.Last()];
    }
}

/// <summary>The values that cells have had since a point of a run.</summary>
internal sealed class CellValues(FlatTables tables)
{
    private readonly Dictionary<int, List<uint>> _values = [];

    /// <summary>The cells that have changed.</summary>
    public IEnumerable<int> Changed => _values.Keys;

    /// <summary>The present values become the first ones.</summary>
    public void Begin() => _values.Clear();

    /// <summary>Notes the writes since the last commit.</summary>
    public void Note()
    {
        foreach (var cell in tables.Changed().Distinct().ToList())
        {
            if (!_values.TryGetValue(cell, out var values))
                _values[cell] = values = [tables.Before(cell)];
            if (values[^1] != tables.Cells[cell])
                values.Add(tables.Cells[cell]);
        }
    }

    /// <summary>A cell with its values.</summary>
    public ReadCell Of(int cell)
    {
        var (column, row) = tables.Locate(cell);
        return new(column.Name, row, _values.TryGetValue(cell, out var values) ? [.. values] : [tables.Cells[cell]]);
    }
}
