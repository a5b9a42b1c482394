using Verified.Proofs.Checker;
using Verified.Proofs.Events;

namespace Verified.Proofs.Check;

/// <summary>The result of a check.</summary>
/// <param name="Model">The model.</param>
/// <param name="States">Reachable states, every stage counted.</param>
/// <param name="Transitions">
/// Steps made: one per path of the kernel, not one per combination of arguments that it never reads.
/// </param>
/// <param name="Levels">The largest distance of a state from boot, in steps.</param>
/// <param name="Beyond">
/// Steps that were not followed, because they lead to a longer time slice than the model's bound, or to a version
/// outside the model.
/// </param>
/// <param name="Seconds">Wall-clock time.</param>
/// <param name="BytesPerState">Memory of the tables of states, per state.</param>
/// <param name="Failure">A violated property with its shortest trace; null if all hold.</param>
/// <param name="Witnesses">
/// A shortest trace for each event that must happen sometimes; null if it never happened. Only the model's named
/// exceptions may never happen.
/// </param>
public sealed record CheckResult(
    Model Model,
    int States,
    long Transitions,
    int Levels,
    long Beyond,
    double Seconds,
    double BytesPerState,
    Violation? Failure,
    IReadOnlyList<(string Name, Trace? Trace)> Witnesses
)
{
    /// <summary>The counts that the check has seen.</summary>
    public ModelCounts Seen => new(States, Transitions, Levels);

    /// <summary>
    /// The difference between the counts and the expected ones; null if they agree or none are expected.
    /// </summary>
    public string? Miscount =>
        IsWhole && Model.Pinned is { } expected && expected != Seen ? $"expected {expected}; seen {Seen}" : null;

    /// <summary>Why not all states were visited; null if they were, or a violation was found.</summary>
    public Unfinished? Unfinished { get; init; }

    /// <summary>Whether every state was visited, so that an event that has not happened cannot happen.</summary>
    public bool IsWhole => Unfinished is null && Failure is null;

    /// <summary>
    /// The events that happen and should not be able to. If all states were visited, also the events that should happen
    /// and do not.
    /// </summary>
    public IEnumerable<(string Name, Trace? Trace)> Unexpected =>
        Witnesses.Where(witness =>
            (witness.Trace is not null || IsWhole) && (witness.Trace is null) != Model.Never.Contains(witness.Name)
        );

    /// <summary>Whether the check has found something wrong.</summary>
    public bool Fails => Failure is not null || Miscount is not null || Unexpected.Any();

    /// <summary>Whether every state was visited and nothing is wrong.</summary>
    public bool Holds => Unfinished is null && !Fails;
}

/// <summary>A property that a reachable state violates.</summary>
/// <param name="Property">Its name.</param>
/// <param name="Why">What it says.</param>
/// <param name="Trace">The shortest way there.</param>
public sealed record Violation(string Property, string Why, Trace Trace)
{
    /// <summary>Whether no event of the trace can be left out; null if it is not known.</summary>
    public bool? IsMinimal { get; init; }

    public override string ToString() => $"{Property}: {Why}";
}
