using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>A file is not a trace that this version can read. The message is one line for the user.</summary>
public sealed class TraceFileException : Exception
{
    public TraceFileException() { }

    public TraceFileException(string message)
        : base(message) { }

    public TraceFileException(string message, Exception innerException)
        : base(message, innerException) { }
}

/// <summary>
/// Traces as JSON files. A check writes them for <c>verified replay</c>. The fields are those of the Informal Trace
/// Format (Apalache, ADR-015), so viewers of this format show the states. Data that only this program reads is in
/// <c>#meta.verified</c> and in each state's <c>#meta</c>.
/// </summary>
public static class TraceFile
{
    /// <summary>Raised with every change that older readers would misread.</summary>
    public const int Version = 6;

    private const string Format = "ITF",
        Description = "https://apalache-mc.org/docs/adr/015adr-trace.html";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(), new UserInstruction.Converter() },
    };

    private sealed record Contents(
        [property: JsonPropertyName("#meta")] Meta Meta,
        IReadOnlyList<string> Vars,
        IReadOnlyList<Dictionary<string, JsonElement>> States,
        int? Loop = null
    );

    private sealed record Meta(
        string Format,
        [property: JsonPropertyName("format-description")] string FormatDescription,
        Ours Verified,
        string? Description = null
    );

    // The data that this program adds: the trace's origin, and the events, which determine the states.
    private sealed record Ours(
        int Version,
        Sizes Sizes,
        IReadOnlyList<Stored> Events,
        Origin? Origin = null,
        string? Verdict = null,
        bool? Booted = null,
        IReadOnlyList<Override>? Memory = null
    );

    private sealed record Sizes(uint Tasks, uint Lthreads, uint Priorities, Paging? Paging = null)
    {
        public static Sizes Of(Limits limits)
        {
            var usual = new Limits(limits.Tasks, limits.Lthreads, limits.Priorities);
            return new(
                limits.Tasks,
                limits.Lthreads,
                limits.Priorities,
                limits.Paging == usual.Paging ? null : limits.Paging
            );
        }

        public Limits ToLimits()
        {
            var limits = new Limits(Tasks, Lthreads, Priorities);
            return (Paging is null ? limits : limits with { Paging = Paging }).Checked();
        }
    }

    private sealed record Stored(
        Entry Entry,
        Registers? Registers = null,
        uint Argument = 0,
        uint Code = 0,
        InterruptBetweenSteps? Between = null,
        UserInstruction? By = null,
        LoadedSegment? Loaded = null,
        bool? Injected = null
    )
    {
        public static Stored Of(Event e) =>
            new(e.Entry, e.Registers, e.Argument, e.Code, e.Between, e.By, e.Loaded, e.Injected ? true : null);

        public Event ToEvent() => new(Entry, Registers, Argument, Code, Between, By, Loaded, Injected == true);
    }

    public static void Save(string path, Trace trace) => File.WriteAllText(path, Write(trace));

    /// <summary>
    /// The file's text: one line for the origin and the events, one for the variables, one per state.
    /// </summary>
    public static string Write(Trace trace)
    {
        var states = new StateTable(trace);
        Meta meta = new(
            Format,
            Description,
            new(
                Version,
                Sizes.Of(trace.Start.Limits),
                [.. trace.Events.Select(Stored.Of)],
                trace.Origin,
                trace.Note,
                trace.Booted ? true : null,
                trace.Memory
            ),
            $"verified {trace.Origin?.Verb}: {trace.Note}"
        );
        var text = new StringBuilder("{\n");
        text.Append($"\"#meta\": {Json(meta)},\n\"vars\": {Json(states.Columns)},\n");
        if (states.IndexOf(trace.Loop) is { } loop)
            text.Append($"\"loop\": {loop},\n");
        text.Append("\"states\": [\n").AppendJoin(",\n", states.States.Select(Json)).Append("\n]\n}\n");
        return text.ToString();
    }

    /// <exception cref="TraceFileException">The file cannot be read, or is not a trace.</exception>
    public static Trace Load(string path)
    {
        try
        {
            return Read(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TraceFileException)
        {
            throw new TraceFileException($"{path}: {e.Message}", e);
        }
    }

    /// <inheritdoc cref="Load"/>
    public static Trace Read(string text)
    {
        try
        {
            var version = VersionOf(text);
            if (version > Version)
                throw new TraceFileException(
                    $"trace version {version} is newer than {Version}, the newest known here; use a newer verified"
                );
            if (version != Version)
                throw new TraceFileException(
                    $"trace version {version} is older than {Version}, the only one known here; save it again"
                );
            return ToTrace(JsonSerializer.Deserialize<Contents>(text, Options)!);
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

    private static Trace ToTrace(Contents contents)
    {
        var ours = contents.Meta.Verified;
        var (limits, booted) = (ours.Sizes.ToLimits(), ours.Booted == true);
        if (contents.States.Count == 0)
            throw new JsonException("there is no first state");
        var start = booted ? BootedState.Snapshot(limits) : StateTable.Start(limits, contents.States[0]);
        Validate(start);
        return new(
            start,
            [.. ours.Events.Select(stored => stored.ToEvent())],
            ours.Memory,
            ours.Verdict,
            booted,
            ours.Origin
        );
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
            && at.TryGetProperty("version", out var version)
            && version.TryGetInt32(out var number)
            ? number
            : throw new TraceFileException("not a trace file; give one that a check saved");
    }

    private static void Validate(Snapshot start)
    {
        var columns = new State<Concrete>(start.Limits, new ConcreteTables()).Columns.ToDictionary(
            column => column.Info.Name,
            column => column.Info
        );
        foreach (var cell in start.Cells)
        {
            if (!columns.TryGetValue(cell.Column, out var column))
                throw new TraceFileException(
                    $"there is no column {cell.Column}; the file is of another version of the kernel's state"
                );
            var rows = State<Concrete>.Rows(column.Table, start.Limits);
            if (cell.Row >= rows)
                throw new TraceFileException($"{cell.Column} has rows 0..{rows - 1}, not {cell.Row}");
            if (column.Bits < 32 && cell.Value >> (int)column.Bits != 0)
                throw new TraceFileException(
                    $"{cell.Column} of row {cell.Row} is {cell.Value:X}h, wider than {column.Bits} bits"
                );
        }
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, Options);
}
