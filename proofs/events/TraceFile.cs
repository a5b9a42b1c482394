using System.Text.Json;
using System.Text.Json.Serialization;
using Verified.Spec;

namespace Verified.Proofs.Events;

/// <summary>A file is no trace that this version can read. The message is one line for the user.</summary>
public sealed class TraceFileException : Exception
{
    public TraceFileException()
    {
    }

    public TraceFileException(string message) : base(message)
    {
    }

    public TraceFileException(string message, Exception innerException) : base(message, innerException)
    {
    }
}

/// <summary>Traces as JSON files: what a check found, for <c>verified replay</c>.</summary>
public static class TraceFile
{
    /// <summary>Raised with every change that older readers would misread.</summary>
    public const int Version = 5;

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(), new UserInstruction.Converter() },
    };

    // For the version alone: a newer file may hold anything else.
    private static readonly JsonSerializerOptions AnyMembers = new(Format) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    private sealed record Contents(
        int Version, uint Tasks, uint Lthreads, uint Priorities, IReadOnlyList<Cell> State, IReadOnlyList<Step> Events,
        IReadOnlyList<Override>? Memory = null, string? Note = null, bool? Booted = null);

    private sealed record Step(
        Entry Entry, Registers? Registers = null, uint Argument = 0, uint Code = 0, Between? Between = null,
            UserInstruction? By = null,
        LoadedSegment? Loaded = null, bool? Injected = null)
    {
        public static Step Of(Event e) => new(e.Entry, e.Registers, e.Argument, e.Code, e.Between, e.By, e.Loaded,
            e.Injected ? true : null);

        public Event ToEvent() => new(Entry, Registers, Argument, Code, Between, By, Loaded, Injected == true);
    }

    private sealed record Header(int Version);

    public static void Save(string path, Trace trace) => File.WriteAllText(path, Write(trace));

    public static string Write(Trace trace) => JsonSerializer.Serialize(
        new Contents(Version, trace.Start.Limits.Tasks, trace.Start.Limits.Lthreads, trace.Start.Limits.Priorities,
            trace.Booted ? [] : trace.Start.Cells, [.. trace.Events.Select(Step.Of)], trace.Memory, trace.Note,
                trace.Booted ? true : null),
        Format) + "\n";

    /// <exception cref="TraceFileException">The file cannot be read, or is no trace.</exception>
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
            if (JsonSerializer.Deserialize<Header>(text, AnyMembers) is not { } header)
                throw new TraceFileException("not a trace file; give one that a check saved");
            if (header.Version > Version)
                throw new TraceFileException($"trace version {header.Version} is newer than {Version}, the newest known here; use a newer verified");
            if (header.Version != Version)
                throw new TraceFileException($"trace version {header.Version} is older than {Version}, the only one known here; save it again");
            var contents = JsonSerializer.Deserialize<Contents>(text, Format)!;
            var limits = new Limits(contents.Tasks, contents.Lthreads, contents.Priorities).Checked();
            var booted = contents.Booted == true;
            var start = booted ? BootedState.Snapshot(limits) : new Snapshot(limits, contents.State);
            Validate(start);
            return new(start, [.. contents.Events.Select(step => step.ToEvent())], contents.Memory, contents.Note,
                booted);
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

    private static void Validate(Snapshot start)
    {
        var columns = new State<Spec.Values.Concrete>(start.Limits, new ConcreteTables(start.Limits))
            .Columns.ToDictionary(column => column.Info.Name, column => column.Info);
        foreach (var cell in start.Cells)
        {
            if (!columns.TryGetValue(cell.Column, out var column))
                throw new TraceFileException($"there is no column {cell.Column}; the file is of another version of the kernel's state");
            var rows = State<Spec.Values.Concrete>.Rows(column.Table, start.Limits);
            if (cell.Row >= rows) throw new TraceFileException($"{cell.Column} has rows 0..{rows - 1}, not {cell.Row}");
            if (column.Bits < 32 && cell.Value >> (int)column.Bits != 0)
                throw new TraceFileException($"{cell.Column} of row {cell.Row} is {cell.Value:X}h, wider than {column.Bits} bits");
        }
    }
}
