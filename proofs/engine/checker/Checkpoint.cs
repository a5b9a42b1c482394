using System.Text.Json;
using System.Text.Json.Serialization;

namespace Verified.Proofs.Checker;

/// <summary>A checkpoint cannot be read, written or used; the message says why.</summary>
public sealed class CheckpointException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The first occurrence of an event that must happen sometimes.</summary>
/// <param name="Mark">The number of the event.</param>
/// <param name="From">The number of the state before the step.</param>
/// <param name="Step">The number of the step among those from that state.</param>
public readonly record struct Happening(int Mark, int From, int Step);

/// <summary>How far a search has come. The states themselves are in the log.</summary>
/// <param name="States">How many records of the log count. Later ones are of steps that will be made again.</param>
/// <param name="Next">The record of the first state that is not expanded.</param>
/// <param name="LevelEnd">The record after the last state of the level that is being expanded.</param>
/// <param name="Depth">The number of this level.</param>
/// <param name="Transitions">Steps made.</param>
/// <param name="Beyond">Steps beyond the model's bounds.</param>
/// <param name="Happened">The events that happened.</param>
/// <param name="Learned">The facts that the judgements have learned (<see cref="IStepSource.Learned"/>).</param>
public sealed record Progress(
    long States,
    long Next,
    long LevelEnd,
    int Depth,
    long Transitions,
    long Beyond,
    IReadOnlyList<Happening> Happened,
    string Learned = ""
);

/// <summary>
/// A folder in which a search keeps its states and its progress. A search that is killed at any moment continues from
/// the last progress, and ends with the same result.
/// </summary>
/// <remarks>
/// The log only grows, so the records that a progress counts never change. The progress is replaced as a whole, after
/// the log is on the disk. All other files in the folder can be made again from the log.
/// </remarks>
public sealed class Checkpoint : IDisposable
{
    private const int Format = 1;
    private const string LogName = "states",
        ProgressName = "progress.json",
        New = ".new";

    // Progress is kept so rarely that this takes at most this part of the time.
    private const int Share = 20;
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(0.1);

    private readonly CheckpointIdentity _identity;
    private readonly System.Diagnostics.Stopwatch _since = System.Diagnostics.Stopwatch.StartNew();
    private TimeSpan _pause = Least;
    private readonly List<IDisposable> _open = [];

    private sealed record Saved(
        [property: JsonRequired] int Format,
        [property: JsonRequired] CheckpointIdentity Of,
        [property: JsonRequired] Progress Progress
    );

    private Checkpoint(string folder, CheckpointIdentity identity) => (Folder, _identity) = (folder, identity);

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The progress of an earlier run; null for a new search.</summary>
    public Progress? Last { get; private set; }

    /// <summary>The most states that are kept in memory; further ones are looked up on the disk.</summary>
    public long MostInMemory { get; init; } = long.MaxValue;

    private string ProgressFile => Path.Combine(Folder, ProgressName);

    /// <summary>Opens the checkpoint of a search, or begins one.</summary>
    /// <param name="folder">The folder, which is made if it is missing.</param>
    /// <param name="identity">The search. A checkpoint of another one is refused.</param>
    /// <param name="mostInMemory">See <see cref="MostInMemory"/>.</param>
    public static Checkpoint Open(string folder, CheckpointIdentity identity, long mostInMemory = long.MaxValue)
    {
        var checkpoint = new Checkpoint(folder, identity) { MostInMemory = mostInMemory };
        checkpoint.Try(() =>
        {
            Directory.CreateDirectory(folder);
            if (File.Exists(checkpoint.ProgressFile))
                checkpoint.Last = checkpoint.Read();
            else
                checkpoint.Claim();
        });
        return checkpoint;
    }

    /// <summary>Opens the log of states, cut to the records that the last progress counts.</summary>
    internal StateLog<T> OpenLog<T>()
        where T : unmanaged
    {
        StateLog<T>? log = null;
        Try(() =>
        {
            log = new StateLog<T>(Path.Combine(Folder, LogName));
            Owns(log);
            var counted = Last?.States ?? 0;
            if (log.Count < counted)
                throw Damaged($"it has {log.Count:N0} of {counted:N0} states");
            log.Cut(counted);
        });
        return log!;
    }

    /// <summary>Whether it is time to keep progress again: this takes a small part of the time of the search.</summary>
    internal bool IsDue => _since.Elapsed >= _pause;

    /// <summary>Keeps progress, after all records of the log.</summary>
    internal void Keep<T>(StateLog<T> log, Progress progress)
        where T : unmanaged
    {
        var started = _since.Elapsed;
        Try(() =>
        {
            log.Flush();
            Replace(progress);
        });
        Last = progress;
        var took = Share * (_since.Elapsed - started);
        _pause = took > Least ? took : Least;
        _since.Restart();
    }

    // Takes an empty folder for this search, so that no file of anybody else is ever cut.
    private void Claim()
    {
        if (
            Directory.EnumerateFileSystemEntries(Folder).FirstOrDefault(name => name != ProgressFile + New) is { } other
        )
            throw new CheckpointException($"{Folder} is no checkpoint: it has {Path.GetFileName(other)}; give another");
        Replace(new(0, 0, 0, 0, 0, 0, []));
    }

    private void Replace(Progress progress)
    {
        using (var file = new FileStream(ProgressFile + New, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            JsonSerializer.Serialize(file, new Saved(Format, _identity, progress));
            file.Flush(flushToDisk: true);
        }

        File.Move(ProgressFile + New, ProgressFile, overwrite: true);
    }

    /// <summary>Does something with the files; a failure becomes one line that names the folder.</summary>
    internal void Try(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failed(e);
        }
    }

    /// <summary>A file cannot be read or written, for example because the disk is full.</summary>
    internal CheckpointException Failed(Exception e) =>
        new(
            $"checkpoint {Folder}: {e.Message.TrimEnd('.')}; nothing that it has is lost: mend this, and give the same "
                + "command again",
            e
        );

    /// <summary>The checkpoint's files do not fit together.</summary>
    internal CheckpointException Damaged(string why) =>
        new($"checkpoint {Folder} is damaged: {why}; remove the folder to begin again");

    private Progress? Read()
    {
        Saved? saved;
        try
        {
            saved = JsonSerializer.Deserialize<Saved>(File.ReadAllText(ProgressFile));
        }
        catch (JsonException)
        {
            throw Damaged($"{ProgressName} cannot be read");
        }

        if (saved is not { Format: Format })
            throw new CheckpointException($"checkpoint {Folder} has another format; remove the folder to begin again");
        if (_identity.DiffersFrom(saved.Of) is { } difference)
            throw new CheckpointException(
                $"checkpoint {Folder} is of {difference}; give another folder, or remove it to begin again"
            );
        return saved.Progress.States == 0 ? null : saved.Progress;
    }

    /// <summary>Closes a file with the checkpoint.</summary>
    internal void Owns(IDisposable file) => _open.Add(file);

    public void Dispose() => _open.ForEach(file => file.Dispose());
}

/// <summary>The place that keeps a search.</summary>
/// <param name="Folder">The folder of the checkpoint.</param>
/// <param name="MostInMemory">See <see cref="Checkpoint.MostInMemory"/>.</param>
public sealed record KeptIn(string Folder, long MostInMemory = long.MaxValue)
{
    /// <summary>Opens the checkpoint, or begins one.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="size">Its sizes and bounds.</param>
    /// <param name="parts">A type of each assembly that the result depends on.</param>
    internal Checkpoint Open(string model, string size, params Type[] parts) =>
        Checkpoint.Open(Folder, CheckpointIdentity.Of(model, size, parts), MostInMemory);
}

/// <summary>The search that a checkpoint belongs to.</summary>
/// <param name="Model">The name of the model.</param>
/// <param name="Size">Its sizes and bounds, and everything else that the caller can change.</param>
/// <param name="Build">The build of the program, which has the spec and the models.</param>
public sealed record CheckpointIdentity(string Model, string Size, string Build)
{
    /// <summary>The identity of a search by this build.</summary>
    /// <param name="model">The name of the model.</param>
    /// <param name="size">Its sizes and bounds.</param>
    /// <param name="parts">A type of each assembly that the result depends on.</param>
    public static CheckpointIdentity Of(string model, string size, params Type[] parts) =>
        new(model, size, string.Join(' ', parts.Select(part => part.Module.ModuleVersionId.ToString("N")[..8])));

    /// <summary>How a saved identity differs, in words; null if it does not.</summary>
    public string? DiffersFrom(CheckpointIdentity saved) =>
        saved.Model != Model ? $"model {saved.Model}, and this is model {Model}"
        : saved.Size != Size ? $"size {saved.Size}, and this is size {Size}"
        : saved.Build != Build ? $"another build of this program ({saved.Build}, and this is {Build})"
        : null;
}
