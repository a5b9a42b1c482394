using Verified.Proofs.Events;
using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Explore;

/// <summary>An event that may come next.</summary>
/// <param name="Event">The event.</param>
/// <param name="Text">The event in a line.</param>
/// <param name="Group">The page shows the events of a group together.</param>
/// <param name="Beyond">True if it leads beyond the world's bounds, where the explorer cannot continue.</param>
/// <param name="IsOfTrace">True if it is the next event of the trace that is explored.</param>
public sealed record NextEvent(Event Event, string Text, string Group, bool Beyond = false, bool IsOfTrace = false);

/// <summary>The events that may come next.</summary>
/// <param name="Events">The events.</param>
/// <param name="Ended">The reason why there is none, in one line; empty if there is one.</param>
/// <param name="IsOutside">True if the state is outside the world, so that the run must go back.</param>
public sealed record NextEvents(IReadOnlyList<NextEvent> Events, string Ended = "", bool IsOutside = false);

/// <summary>A run to a condition.</summary>
/// <param name="Events">Its events.</param>
/// <param name="Says">How it was found, in one line.</param>
public sealed record FoundRun(IReadOnlyList<Event> Events, string Says);

/// <summary>
/// A world that a session explores: its first state, and the events that may come in each state. A world does not
/// change; to open a trace makes another world.
/// </summary>
public interface IWorld
{
    /// <summary>A short name, for files.</summary>
    string Name { get; }

    /// <summary>Its description in a line.</summary>
    string Says { get; }

    /// <summary>The run without events. Its origin is that of saved traces.</summary>
    Trace Start { get; }

    /// <summary>The events that a session begins with.</summary>
    IReadOnlyList<Event> First { get; }

    /// <summary>The events of the explored trace that are not yet in a run.</summary>
    /// <param name="run">The run's events.</param>
    IReadOnlyList<Event> Rest(IReadOnlyList<Event> run);

    /// <summary>Rows of the threads in use at the start, and row 0, which belongs to no thread.</summary>
    uint[] Threads { get; }

    /// <summary>The invariants of its states.</summary>
    IReadOnlyList<Invariant<State<Concrete>, Concrete>> Invariants { get; }

    /// <summary>The properties of its steps.</summary>
    IReadOnlyList<Property<Concrete>> Properties { get; }

    /// <summary>Names of events that a condition may have.</summary>
    IReadOnlyList<string> Conditions { get; }

    /// <summary>The events that may come after a run.</summary>
    NextEvents Next(Judged present, IReadOnlyList<Event> run);

    /// <summary>A run from the present state to a condition.</summary>
    /// <exception cref="ExploreException">The text is not a condition, or no run was found.</exception>
    FoundRun RunUntil(string condition, Judged present, IReadOnlyList<Event> run, CancellationToken cancel);

    /// <summary>Runs a trace with all checks of the verb that saved it; null if there are none.</summary>
    Comparison? Compare(Trace run);

    /// <summary>The world of another trace of the same kind.</summary>
    /// <exception cref="TraceFileException">The trace does not belong here.</exception>
    IWorld Open(Trace trace);
}
