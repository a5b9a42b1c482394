using Verified.Proofs.Page;
using Verified.Spec;

namespace Verified.Proofs.Explore;

/// <summary>An event that may come next.</summary>
/// <param name="Text">The event in a line.</param>
/// <param name="Group">Its way into the kernel, by which the page groups events.</param>
/// <param name="Beyond">True if it leads beyond the model's bounds, where the explorer cannot continue.</param>
public sealed record Choice(string Text, string Group, bool Beyond);

/// <summary>The data that the page shows of a session.</summary>
/// <param name="Page">The run so far.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Stage">The thread or interrupt that acts next.</param>
/// <param name="Choices">The possible next events.</param>
/// <param name="Ended">The reason why no event is possible, in one line; empty if one is.</param>
/// <param name="Invariants">The verdicts on the present state.</param>
/// <param name="Properties">The verdicts on the last step.</param>
/// <param name="Names">The named conditions that a search can use.</param>
/// <param name="Unsaved">True if some steps are not saved in a file.</param>
/// <param name="Said">The answer to the last request, in a line.</param>
/// <param name="Failed">True if the last request was refused.</param>
/// <param name="Events">The number of events in the run.</param>
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
    /// <summary>The data that the page shows.</summary>
    /// <param name="said">The answer to the last request, in a line.</param>
    /// <param name="failed">True if the last request was refused.</param>
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
