using Verified.Proofs.Traces;

namespace Verified.Proofs.Events;

/// <summary>A step of a narration: one event, with everything that the kernel does at once because of it.</summary>
/// <param name="Event">Index of the trace's event that the step belongs to; -1 before the first event.</param>
/// <param name="Actor">Row of the thread that had the processor; 0 for the idle processor.</param>
/// <param name="Entry">The way into the kernel; null for an instruction that raises nothing.</param>
/// <param name="Subject">The actor, in words.</param>
/// <param name="Action">The request, in words.</param>
/// <param name="Outcome">The result, in words.</param>
/// <param name="Changes">
/// The values that differ afterwards, in the order of the state's columns, whether the program or the kernel changed
/// them.
/// </param>
public sealed record NarratedStep(
    int Event,
    uint Actor,
    Spec.Entry? Entry,
    string Subject,
    string Action,
    string Outcome,
    IReadOnlyList<Change> Changes
)
{
    /// <summary>
    /// The registers that the event's own program had loaded when the kernel was entered: the values before and then.
    /// </summary>
    public IReadOnlyList<Change> Loaded { get; init; } = [];

    /// <summary>The changes that the kernel made: from the values at its entry to those after the step.</summary>
    public IReadOnlyList<Change> Made { get; init; } = [];

    /// <summary>
    /// The kernel steps of the event, if <see cref="Narration.NameOf"/> is given; otherwise empty.
    /// </summary>
    public IReadOnlyList<KernelStep> KernelSteps { get; init; } = [];

    /// <summary>The messages whose words arrived in the event.</summary>
    public IReadOnlyList<Transfer> Transfers { get; init; } = [];

    public override string ToString() => $"{Subject} {Action} -> {Outcome}";
}
