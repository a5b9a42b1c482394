using Verified.Proofs.Page;
using Verified.Spec;

namespace Verified.Proofs.Explore;

/// <summary>An event that may come next.</summary>
/// <param name="Text">The event in a line.</param>
/// <param name="Group">Its way into the kernel, by which the page groups events.</param>
/// <param name="Beyond">Whether it leads beyond the model's bounds, where the explorer cannot go on.</param>
public sealed record Choice(string Text, string Group, bool Beyond);

/// <summary>What the page shows of a session.</summary>
/// <param name="Page">The run so far.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Stage">Who acts next.</param>
/// <param name="Choices">The events that may come next.</param>
/// <param name="Ended">Why nothing may come next, in a line; empty if something may.</param>
/// <param name="Invariants">Those of the present state.</param>
/// <param name="Properties">Those of the last step.</param>
/// <param name="Names">The named conditions that a run can be searched for.</param>
/// <param name="Unsaved">Whether there are steps that are in no file.</param>
/// <param name="Said">The answer to the last request, in a line.</param>
/// <param name="Failed">Whether the last request was refused.</param>
/// <param name="Events">How many events the run has.</param>
public sealed record SessionView(
    PageData Page,
    string Model,
    string Stage,
    IReadOnlyList<Choice> Choices,
    string Ended,
    IReadOnlyList<Verdict> Invariants,
    IReadOnlyList<Verdict> Properties,
    IReadOnlyList<string> Names,
    bool Unsaved,
    string Said,
    bool Failed,
    int Events
);

public sealed partial class Session
{
    /// <summary>What the page shows.</summary>
    /// <param name="said">The answer to the last request, in a line.</param>
    /// <param name="failed">Whether the last request was refused.</param>
    public SessionView View(string said = "", bool failed = false)
    {
        var (invariants, properties) = (_present.Invariants, _present.Properties);
        var bad = invariants.Concat(properties).Where(each => each.Violated is not null).ToList();
        if (_present.History is var (name, why))
            bad.Add(new(name, why, "violated by this run"));
        var title = bad.Count == 0 ? $"Model {Model.Name}: everything holds" : $"{bad[0].Name}: {bad[0].Says}";
        return new(
            PageData.Of(title, bad.Count > 0, [.. bad.Select(each => $"{each.Name}: {each.Violated}")], Trace),
            Model.Name,
            Stages.Names[State.Stage.Value],
            [.. _choices.Select(choice => new Choice(choice.Text, $"{choice.Event.Entry}", choice.Beyond))],
            _key is null ? "This state is beyond the model's bounds: go back."
                : _choices.Count == 0 ? $"Nothing can come in this state of model {Model.Name}: go back or restart."
                : "",
            invariants,
            properties,
            [.. Condition.Names(Model), .. _invariants.Select(invariant => $"not {invariant.Name}")],
            IsUnsaved,
            said,
            failed,
            Count
        );
    }
}
