using System.Security.Cryptography;
using Verified.Kernel;
using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>
/// Traces of this kernel as JSON files (<see cref="TraceFormat{T}"/>). A check writes them for <c>verified replay</c>.
/// The states leave out rows that have the value of an empty kernel. In a trace that starts from boot, they leave out
/// rows that have the value at the start.
/// </summary>
public static class TraceFile
{
    /// <summary>Raised with every change that older readers would misread.</summary>
    public const int Version = 7;

    private static readonly TraceFormat<Ours> Format = new(Version, new UserInstruction.Converter());

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

    private const int HashLength = 2 * SHA256.HashSizeInBytes;

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
        IReadOnlyList<Raised>? Between = null,
        UserInstruction? By = null,
        LoadedSegment? Loaded = null,
        bool? Injected = null
    )
    {
        public static Stored Of(Event e) =>
            new(
                e.Entry,
                e.Registers,
                e.Argument,
                e.Code,
                e.Between is null
                    ? null
                    : [.. InterruptBetweenSteps.Each(e.Between).Select(one => new Raised(one.Steps, one.Id))],
                e.By,
                e.Loaded,
                e.Injected ? true : null
            );

        public Event ToEvent() =>
            new(
                Entry,
                Registers,
                Argument,
                Code,
                InterruptBetweenSteps.Of((Between ?? []).Select(one => new InterruptBetweenSteps(one.Steps, one.Id))),
                By,
                Loaded,
                Injected == true
            );
    }

    // An interrupt while the kernel works on an event.
    private sealed record Raised(uint Steps, uint Id = 0);

    public static void Save(string path, Trace trace) => WholeFile.Write(path, Write(trace));

    /// <summary>The file's text.</summary>
    public static string Write(Trace trace)
    {
        var narration = new Narration(trace);
        var states = new StateTable(
            trace.Booted ? [] : trace.Start.Cells,
            narration.Steps().Select(step => new TracedStep(step.Event, step.ToString(), step.Changes)),
            narration.After.Columns.Select(column => column.Info.Name)
        );
        var ours = new Ours(
            Version,
            Sizes.Of(trace.Start.Limits),
            [.. trace.Events.Select(Stored.Of)],
            trace.Origin,
            trace.Note,
            trace.Booted ? true : null,
            trace.Memory
        );
        return Format.Write(ours, $"verified {trace.Origin?.Verb}: {trace.Note}", states, trace.Loop);
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
    public static Trace Read(string text) => Format.Read(text, ToTrace);

    private static Trace ToTrace(Ours ours, IReadOnlyList<Cell> first, int? loop)
    {
        var (limits, booted) = (ours.Sizes.ToLimits(), ours.Booted == true);
        var start = booted ? BootedState.Snapshot(limits) : new Snapshot(limits, first);
        Validate(start);
        if (!booted && WholeState.Violation(start.ToState()) is { } violated)
            throw new TraceFileException($"its first state is none of the kernel's: {violated}");
        List<Event> events = [.. ours.Events.Select(stored => stored.ToEvent())];
        foreach (var (n, e) in events.Index())
            if (e.Registers is { Eflags: var flags } && !Flags.AreUser((Concrete)flags).Known)
                throw new TraceFileException($"event {n + 1} ({e.Entry}): no user can have EFLAGS {flags:X8}h");
        if (loop >= events.Count)
            throw new TraceFileException($"the run returns to event {loop + 1}, and has {events.Count}");
        if (ours.Origin?.Image?.Sha256 is { } hash && (hash.Length != HashLength || !hash.All(char.IsAsciiHexDigit)))
            throw new TraceFileException($"'{hash}' is not the SHA-256 of an image");
        if (ours.Origin?.Image?.Flipped is { Bit: < 0 or > 7 } flip)
            throw new TraceFileException($"a byte has no bit {flip.Bit}");
        return new(start, events, ours.Memory, ours.Verdict, booted, ours.Origin, loop);
    }

    private static void Validate(Snapshot start)
    {
        var columns = new State<Concrete>(start.Limits, new ConcreteTables()).Columns.ToDictionary(
            column => column.Info.Name,
            column => column.Info
        );
        TraceFormat<Ours>.Validate(start.Cells, name =>
            columns.TryGetValue(name, out var column)
                ? (State<Concrete>.Rows(column.Table, start.Limits), column.Bits)
                : null
        );
    }
}
