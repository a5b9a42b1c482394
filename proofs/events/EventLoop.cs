namespace Verified.Proofs.Events;

/// <summary>The events of a run that repeat for ever, as the narration of the run numbers them.</summary>
/// <param name="First">The first one, from 0 on.</param>
/// <param name="Last">The last one, which is the last one of the run.</param>
public sealed record EventLoop(int First, int Last)
{
    /// <summary>The loop of a run; null if the run ends.</summary>
    public static EventLoop? Of(Trace trace) => Of(trace, [.. new Narration(trace).Steps()]);

    /// <summary>The loop of a run that has been narrated; null if the run ends.</summary>
    public static EventLoop? Of(Trace trace, IReadOnlyList<NarratedStep> steps)
    {
        if (trace.Loop is not { } loop || steps.Count == 0)
            return null;
        var first = steps.TakeWhile(step => step.Event < loop).Count();
        return new(Math.Min(first, steps.Count - 1), steps.Count - 1);
    }

    /// <summary>The loop's events by their numbers, from 1 on.</summary>
    public string Says =>
        First == Last ? $"event {Last + 1} repeats for ever" : $"events {First + 1} to {Last + 1} repeat for ever";

    /// <summary>The reason why they repeat.</summary>
    public string Why =>
        $"after event {Last + 1} the state is as "
        + (First == 0 ? "at the start" : $"after event {First}")
        + $"; then {(First == Last ? "it repeats" : $"events {First + 1} to {Last + 1} repeat")} for ever";
}
