using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>A kernel step of an event.</summary>
/// <param name="Number">Its number in the event, from 1 on.</param>
/// <param name="Name">Its name, as in the names of theorems.</param>
/// <param name="Method">The method of the spec that makes it.</param>
/// <param name="Changes">The values that it changed.</param>
public sealed record KernelStep(int Number, string Name, string Method, IReadOnlyList<Change> Changes);

/// <summary>Kernel steps in a row that have one name and change the same cells.</summary>
/// <param name="First">The number of the first one in the event.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Name">Their name.</param>
/// <param name="Method">The method of the spec that makes them.</param>
/// <param name="Changes">What they changed together, from the value before the first one.</param>
public sealed record FoldedSteps(int First, int Count, string Name, string Method, IReadOnlyList<Change> Changes)
{
    /// <summary>The number of the last one in the event.</summary>
    public int Last => First + Count - 1;

    /// <summary>Folds the kernel steps of an event.</summary>
    /// <param name="steps">The steps, in order.</param>
    /// <param name="alone">The number of a step that is shown alone; null for none.</param>
    public static IReadOnlyList<FoldedSteps> Of(IReadOnlyList<KernelStep> steps, int? alone = null)
    {
        List<FoldedSteps> folded = [];
        foreach (var step in steps)
            if (
                folded is [.., var last]
                && last.Last != alone
                && step.Number != alone
                && (last.Name, last.Method) == (step.Name, step.Method)
                && ChangesSame(last.Changes, step.Changes)
            )
                folded[^1] = last with
                {
                    Count = last.Count + 1,
                    Changes = [.. last.Changes.Zip(step.Changes, (first, next) => first with { New = next.New })],
                };
            else
                folded.Add(new(step.Number, 1, step.Name, step.Method, step.Changes));
        return folded;
    }

    /// <summary>The steps in a line.</summary>
    /// <param name="s">A state, for the names of its rows.</param>
    /// <param name="most">The most changes to name.</param>
    public string Tell(State<Concrete> s, int most)
    {
        var numbers = Count == 1 ? $"{First}" : $"{First} to {Last}";
        var changes = Changes.Take(most).Select(change => Glossary.Tell(s, change));
        var more = Changes.Count > most ? $", and {Changes.Count - most} more" : "";
        var place = SpecSource.LineOf(Method) is { } line ? $", {line}" : "";
        return $"{numbers} {Name} ({Method}{place}): "
            + (Changes.Count == 0 ? "changes nothing" : $"{string.Join(", ", changes)}{more}");
    }

    private static bool ChangesSame(IReadOnlyList<Change> some, IReadOnlyList<Change> others) =>
        some.Count == others.Count
        && some.Zip(others).All(pair => (pair.First.Column, pair.First.Row) == (pair.Second.Column, pair.Second.Row));
}
