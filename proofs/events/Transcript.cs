namespace Verified.Proofs.Events;

/// <summary>A trace in the words of the interface's manual.</summary>
public static class Transcript
{
    /// <summary>One line per step, run on the spec: <c>2.0 call 1.0 words 1 2 3 timeouts never -> waits</c>.</summary>
    public static IReadOnlyList<string> Of(Trace trace) =>
        [.. new Narration(trace).Steps().Select(step => step.ToString())];
}
