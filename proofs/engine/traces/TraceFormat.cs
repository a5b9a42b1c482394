using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Verified.Proofs.Traces;

/// <summary>
/// Traces as JSON files. The fields are those of the Informal Trace Format (Apalache, ADR-015), so viewers of this
/// format show the states. <c>#meta.verified</c> has the data that repeats the run, and each state's <c>#meta</c> has
/// the step that led to it.
/// </summary>
/// <typeparam name="T">
/// The data that repeats a run. Its property <c>Version</c> is the version of the format.
/// </typeparam>
/// <param name="version">Raised with every change that older readers would misread.</param>
/// <param name="converters">How parts of the data are written.</param>
public sealed class TraceFormat<T>(int version, params JsonConverter[] converters)
    where T : class
{
    private const string Format = "ITF",
        FormatDescription = "https://apalache-mc.org/docs/adr/015adr-trace.html";

    private const string ChangesOnly =
        "a state after the first has only what its step changed: see changed in its #meta";

    private readonly JsonSerializerOptions _options = Options(converters);

    private sealed record Contents(
        [property: JsonPropertyName("#meta")] Meta Meta,
        IReadOnlyList<string> Vars,
        IReadOnlyList<Dictionary<string, JsonElement>> States,
        int? Loop = null
    );

    private sealed record Meta(
        string Format,
        [property: JsonPropertyName("format-description")] string FormatDescription,
        T Verified,
        string? Description = null,
        string? States = null
    );

    /// <summary>
    /// The file's text: one line for the origin and the events, one for the variables, one per state.
    /// </summary>
    /// <param name="data">The data that repeats the run.</param>
    /// <param name="description">One line for a reader.</param>
    /// <param name="states">The states of the run.</param>
    /// <param name="loop">The event from which the run repeats itself for ever; null if it ends.</param>
    public string Write(T data, string description, StateTable states, int? loop = null)
    {
        var meta = new Meta(Format, FormatDescription, data, description, states.HasChangesOnly ? ChangesOnly : null);
        var text = new StringBuilder("{\n");
        text.Append($"\"#meta\": {Json(meta)},\n\"vars\": {Json(states.Columns)},\n");
        if (states.IndexOf(loop) is { } index)
            text.Append($"\"loop\": {index},\n");
        text.Append("\"states\": [\n").AppendJoin(",\n", states.States.Select(Json)).Append("\n]\n}\n");
        return text.ToString();
    }

    /// <summary>Reads a file's text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="make">
    /// Makes the trace from the data, the cells of the first state, and the event from which the run repeats itself.
    /// </param>
    /// <exception cref="TraceFileException">It is not a trace of this version.</exception>
    public TTrace Read<TTrace>(string text, Func<T, IReadOnlyList<Cell>, int?, TTrace> make)
    {
        try
        {
            var found = VersionOf(text);
            if (found > version)
                throw new TraceFileException(
                    $"trace version {found} is newer than {version}, the newest known here; use a newer verified"
                );
            if (found != version)
                throw new TraceFileException(
                    $"trace version {found} is older than {version}, the only one known here; save it again"
                );
            var contents = JsonSerializer.Deserialize<Contents>(text, _options)!;
            if (contents.States.Count == 0)
                throw new JsonException("there is no first state");
            return make(
                contents.Meta.Verified,
                StateTable.CellsOf(contents.States[0]),
                contents.Loop is { } loop ? StateTable.EventAfter(contents.States, loop) : null
            );
        }
        catch (JsonException e)
        {
            var place = e.LineNumber is { } line ? $" at line {line + 1}" : "";
            throw new TraceFileException($"not a trace file{place}; save it again with a check that fails", e);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new TraceFileException($"sizes out of range: {e.Message.Split('\n')[0]}", e);
        }
    }

    /// <summary>Throws if a cell is not in the state.</summary>
    /// <param name="cells">The cells.</param>
    /// <param name="find">How many rows a column has, and how many bits its values; null if there is none.</param>
    /// <exception cref="TraceFileException">A cell is not in the state.</exception>
    public static void Validate(IEnumerable<Cell> cells, Func<string, (uint Rows, uint Bits)?> find)
    {
        foreach (var cell in cells)
        {
            if (find(cell.Column) is not var (rows, bits))
                throw new TraceFileException(
                    $"there is no column {cell.Column}; the file is of another version of the kernel's state"
                );
            if (cell.Row >= rows)
                throw new TraceFileException(
                    $"{cell.Column} has rows 0..{rows - 1} at the size that the file says, and its states have row "
                        + $"{cell.Row}: its sizes were changed; save it again with the check that found it"
                );
            if (bits < 32 && cell.Value >> (int)bits != 0)
                throw new TraceFileException(
                    $"{cell.Column} of row {cell.Row} is {cell.Value:X}h, wider than {bits} bits"
                );
        }
    }

    // Older versions have it at the top; a newer file may hold anything else.
    private static int VersionOf(string text)
    {
        using var json = JsonDocument.Parse(text);
        var at = json.RootElement;
        if (
            at.ValueKind == JsonValueKind.Object
            && at.TryGetProperty("#meta", out var meta)
            && meta.ValueKind == JsonValueKind.Object
            && meta.TryGetProperty("verified", out var ours)
        )
            at = ours;
        return
            at.ValueKind == JsonValueKind.Object
            && at.TryGetProperty("version", out var found)
            && found.TryGetInt32(out var number)
            ? number
            : throw new TraceFileException("not a trace file; give one that a check saved");
    }

    private static JsonSerializerOptions Options(JsonConverter[] converters)
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new JsonStringEnumConverter(allowIntegerValues: false) },
        };
        foreach (var converter in converters)
            options.Converters.Add(converter);
        return options;
    }

    private string Json<TValue>(TValue value) => JsonSerializer.Serialize(value, _options);
}
