using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>A single step of the kernel in a run.</summary>
/// <param name="Event">Index of the trace's event that the step belongs to; -1 before the first event.</param>
/// <param name="Step">The step; null if an instruction just completes.</param>
public readonly record struct SingleStep(int Event, Event? Step);

/// <summary>
/// The single steps of a trace on the spec. Each is computed from the state that the steps before it have left, so the
/// caller makes each step before it takes the next.
/// </summary>
public static class Unfolding
{
    private static readonly Entry[] Owns =
    [
        Entry.Pick,
        Entry.Receive,
        Entry.Accept,
        Entry.Leave,
        Entry.Wake,
        Entry.Map,
    ];

    /// <summary>True if an event is one of the kernel's own steps.</summary>
    public static bool IsOwn(Event e) => Owns.Contains(e.Entry);

    /// <summary>The steps of a trace.</summary>
    /// <param name="trace">
    /// The trace. A trace of a model has all steps. If another trace leaves out the kernel's own steps, they are made
    /// before its first event and after each event.
    /// </param>
    /// <param name="s">The state that the caller makes the steps on: at first, the trace's start.</param>
    /// <exception cref="TraceFileException">
    /// The trace has the kernel's own steps, and an event cannot come in its state.
    /// </exception>
    public static IEnumerable<SingleStep> Of(Trace trace, State<Concrete> s) =>
        trace.Origin is { IsOfModel: true } ? trace.Events.Select((e, i) => Told(i, e, s))
        : trace.Events.Any(IsOwn) ? OfMixed(trace, s)
        : OfEvents(trace, s);

    // The most steps that are added to a trace, because those of a wrong kernel may never end.
    private const int MostAdded = 1_000;

    /// <summary>
    /// A trace of a model with all kernel steps of its last event. The model checker looks ahead, so a step after the
    /// trace's end may be the one that fails.
    /// </summary>
    /// <param name="trace">The trace.</param>
    /// <param name="settles">True to go on until a user thread runs or the processor idles.</param>
    public static Trace Finished(Trace trace, bool settles = false)
    {
        if (trace.Origin is not { IsOfModel: true } || trace.Loop is not null)
            return trace;
        var s = trace.Start.ToState();
        var kernel = new Kernel<Concrete>(s);
        foreach (var (_, step) in Of(trace, s))
            step?.Apply(kernel, s);
        List<Event> added = [];
        foreach (var (own, argument) in Event.OwnSteps(s).TakeWhile(_ => added.Count < MostAdded))
        {
            // The scheduler's choice is an event of its own.
            if (own == Entry.Pick && !settles)
                break;
            added.Add(new(own, null, argument));
            kernel.Step(own, argument);
        }

        return trace with
        {
            Events = [.. trace.Events, .. added],
        };
    }

    /// <summary>
    /// The steps of one event, and the kernel's own steps after it. There are none if the event does not fit the state,
    /// or if its instruction does not raise it there.
    /// </summary>
    /// <param name="e">The event.</param>
    /// <param name="s">A user or idle state.</param>
    public static IEnumerable<Event?> Of(Event e, State<Concrete> s)
    {
        if (!e.Fits(s))
            yield break;
        if (e.By is null || s.Stage.Value != Stages.User)
            yield return e;
        else
        {
            var arises = false;
            foreach (var arisen in Judge.Arisen(s, e))
            {
                arises = true;
                foreach (var (own, argument) in Event.OwnSteps(s))
                    yield return new(own, null, argument);
                yield return arisen;
            }

            if (!arises)
                yield break;
        }

        foreach (var (own, argument) in Event.OwnSteps(s, e.Between))
            yield return new(own, null, argument);
    }

    private static IEnumerable<SingleStep> OfEvents(Trace trace, State<Concrete> s)
    {
        foreach (var (own, argument) in Event.OwnSteps(s))
            yield return new(-1, new(own, null, argument));
        for (var i = 0; i < trace.Events.Count; i++)
            foreach (var step in Of(trace.Events[i], s))
                yield return new(i, step);
    }

    // The trace has some of the kernel's own steps. An interrupt may come between steps on mappings.
    private static IEnumerable<SingleStep> OfMixed(Trace trace, State<Concrete> s)
    {
        var tellsMaps = trace.Events.Any(e => e.Entry == Entry.Map);
        for (var i = 0; i < trace.Events.Count; i++)
        {
            var e = trace.Events[i];
            if (!tellsMaps || !e.ComesBetween(s))
                foreach (var (own, argument) in Event.OwnSteps(s).TakeWhile(own => own.Entry != e.Entry))
                    yield return new(i - 1, new(own, null, argument));
            yield return Told(i, e, s);
        }
    }

    private static SingleStep Told(int number, Event e, State<Concrete> s) =>
        e.Fits(s) || e.ComesBetween(s)
            ? new(number, e)
            : throw new TraceFileException(
                $"event {number + 1} ({e.Entry}) cannot come in the state before it; the file is of another kernel"
            );
}
