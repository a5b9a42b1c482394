using System.Diagnostics;

namespace Verified.Proofs.Checker;

/// <summary>Why a search has ended before it visited every state.</summary>
/// <param name="Why">The limit, in words.</param>
/// <param name="IsLimit">
/// True for a limit of resources; false for a bound of the search that the user asked for.
/// </param>
public sealed record Unfinished(string Why, bool IsLimit = true)
{
    /// <summary>The words by which every report says that the result is not one about all states.</summary>
    public override string ToString() => $"not complete: {Why}";
}

/// <summary>The limits at which a search stops, and the clock of the time limit, which starts at once.</summary>
public sealed class SearchLimits
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>The most states that a search holds unless a limit is given.</summary>
    public const long DefaultStates = 100_000_000;

    /// <summary>The most states.</summary>
    public long States { get; init; } = DefaultStates;

    /// <summary>The most wall-clock time; null for no limit. Searches with the same object share it.</summary>
    public TimeSpan? Time { get; init; }

    /// <summary>The most physical memory of the whole process, in bytes; null for no limit.</summary>
    public long? Memory { get; init; }

    /// <summary>The most steps from the first state; null for no bound.</summary>
    public int? Depth { get; init; }

    /// <summary>Cancelled if the user asks the search to stop.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>Whether the time is over.</summary>
    public bool IsOver => Time is { } time && _clock.Elapsed >= time;

    /// <summary>The limit that a search has reached; null if it may go on.</summary>
    /// <param name="states">The states that it has found.</param>
    /// <param name="depth">The distance from the first state of those that it expands next.</param>
    public Unfinished? Reached(long states, int depth)
    {
        if (depth >= Depth)
            return new($"only states within {Depth} steps were visited", IsLimit: false);
        if (Stop.IsCancellationRequested)
            return new("interrupted");
        if (states > States)
            return new($"the limit of {States:N0} states was reached");
        if (IsOver)
            return new($"the time limit of {Time!.Value.TotalSeconds:0.###} s was reached");
        return IsFull() ? new($"the memory limit of {Memory / (double)(1L << 30):0.###} GB was reached") : null;
    }

    /// <summary>Whether the process has more memory than the limit, also after the collection of garbage.</summary>
    public bool IsFull()
    {
        if (Environment.WorkingSet <= Memory)
            return false;
        if (Memory is null)
            return false;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return Environment.WorkingSet > Memory;
    }
}
