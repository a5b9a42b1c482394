using System.Text.Json;
using System.Text.Json.Serialization;

namespace Verified.Proofs.Traces;

/// <summary>
/// The states of a trace in the Informal Trace Format. A column is a map from rows to values. It leaves out rows whose
/// values the reader of the file knows. If all states together would have too many values, only the first state has
/// columns. Each further state has the values that its step changed, in its <c>#meta</c>.
/// </summary>
public sealed class StateTable
{
    private const string MetaName = "#meta";

    // The most values that all states of a file have together. A value takes about 10 bytes.
    private const long MostValues = 100_000;

    private sealed record Map([property: JsonPropertyName("#map")] IReadOnlyList<uint[]> Rows)
    {
        public static readonly Map Empty = new([]);
    }

    private sealed record StateMeta(
        int Index,
        int? Event = null,
        string? Step = null,
        IReadOnlyList<Change>? Changed = null
    );

    private readonly List<int> _events = [-1];

    /// <param name="first">The values of the first state that the reader does not know.</param>
    /// <param name="steps">The steps from there.</param>
    /// <param name="columns">The names of all columns, in the order of the file.</param>
    public StateTable(IEnumerable<Cell> first, IEnumerable<TracedStep> steps, IEnumerable<string> columns)
    {
        // A row that returns to a known value stays in the map, because the value is correct.
        Dictionary<string, SortedDictionary<uint, uint>> now = [];
        foreach (var (column, row, value) in first)
            Rows(column)[row] = value;
        List<(StateMeta Meta, Dictionary<string, Map>? Maps)> states = [(new(0), Maps())];
        var values = now.Values.Sum(rows => (long)rows.Count);
        foreach (var step in steps)
        {
            foreach (var (column, row, _, value) in step.Changes)
                Rows(column)[row] = value;
            values += now.Values.Sum(rows => (long)rows.Count);
            HasChangesOnly |= values > MostValues;
            states.Add((new(states.Count, step.Event, step.Text, step.Changes), HasChangesOnly ? null : Maps()));
            _events.Add(step.Event);
        }

        Columns = [.. columns.Where(now.ContainsKey)];
        States = [.. states.Select((state, i) => Object(state.Meta, HasChangesOnly && i > 0 ? null : state.Maps))];

        SortedDictionary<uint, uint> Rows(string column) =>
            now.TryGetValue(column, out var rows) ? rows : now[column] = [];

        Dictionary<string, Map> Maps() =>
            now.ToDictionary(
                column => column.Key,
                column => new Map([.. column.Value.Select(row => new[] { row.Key, row.Value })])
            );
    }

    /// <summary>The columns that some state lists rows of.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Whether only the first state has columns.</summary>
    public bool HasChangesOnly { get; }

    /// <summary>Each state's fields.</summary>
    public IReadOnlyList<Dictionary<string, object>> States { get; }

    /// <summary>The state before an event, to which an endless run returns.</summary>
    public int? IndexOf(int? @event) => @event is { } e ? Math.Max(0, _events.FindIndex(of => of >= e) - 1) : null;

    /// <summary>The event after a state: the inverse of <see cref="IndexOf"/>.</summary>
    /// <exception cref="JsonException">There is no such state, or nothing follows it.</exception>
    public static int EventAfter(IReadOnlyList<Dictionary<string, JsonElement>> states, int index) =>
        index >= 0
        && index < states.Count - 1
        && states[index + 1].TryGetValue(MetaName, out var meta)
        && meta.ValueKind == JsonValueKind.Object
        && meta.TryGetProperty("event", out var number)
        && number.ValueKind == JsonValueKind.Number
        && number.TryGetInt32(out var e)
        && e >= 0
            ? e
            : throw new JsonException($"no event follows the state {index}, to which the run returns");

    /// <summary>The cells that the maps of a state list.</summary>
    /// <exception cref="JsonException">A column is not a map of numbers.</exception>
    public static IReadOnlyList<Cell> CellsOf(IReadOnlyDictionary<string, JsonElement> state)
    {
        List<Cell> cells = [];
        foreach (var (column, map) in state)
        {
            if (column == MetaName)
                continue;
            foreach (var row in map.Deserialize<Map>()?.Rows ?? throw new JsonException($"{column} is not a map"))
                cells.Add(
                    row is [var number, var value]
                        ? new(column, number, value)
                        : throw new JsonException($"{column} has a row that is not a pair")
                );
        }

        return cells;
    }

    private Dictionary<string, object> Object(StateMeta meta, Dictionary<string, Map>? maps)
    {
        var fields = new Dictionary<string, object> { [MetaName] = meta };
        if (maps is null)
            return fields;
        foreach (var column in Columns)
            fields[column] = maps.GetValueOrDefault(column) ?? Map.Empty;
        return fields;
    }
}
