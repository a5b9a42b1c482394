using Verified.Kernel;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>The first step of an event, between two cut points, after which image and spec differ.</summary>
/// <param name="Name">The step's name, as in the names of theorems: "task_new", "map-flush", "exit".</param>
/// <param name="Number">Its number in the event, from 1 on. The way into the kernel is step 1.</param>
/// <param name="Start">The number of instructions of the event before it.</param>
/// <param name="End">The number of instructions of the event up to its end.</param>
/// <param name="Difference">The difference at the cut point after it.</param>
public sealed record SpecStep(string Name, long Number, long Start, long End, Difference Difference)
{
    /// <summary>The spec's method that makes the step; null for a way out, or for a start at a cut point.</summary>
    public string? SpecMethod { get; init; }

    /// <summary>The name of a way out of the kernel, which is no step of the spec.</summary>
    public const string Exit = "exit";

    /// <summary>The name of a step that the spec makes next.</summary>
    /// <param name="state">The state before it.</param>
    /// <param name="entry">The step.</param>
    public static string NameOf(State<Concrete> state, Entry entry) =>
        entry == Entry.Map ? MapCase<Concrete>.Of(state) : WaysIn.Call(entry)?.Symbol ?? Way.Hyphenated(entry);

    /// <summary>The name of the place where the kernel continues in a stage.</summary>
    public static string PlaceOf(uint stage) => stage == Stages.User ? Exit : CodePoints.OfStage(stage).Name;
}
