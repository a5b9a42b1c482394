using Verified.Proofs.Page;
using Verified.Spec;

namespace Verified.Proofs.Explore;

/// <summary>An event that may come next.</summary>
/// <param name="Text">The event in a line.</param>
/// <param name="Group">Its way into the kernel, by which the page groups events.</param>
/// <param name="Beyond">True if it leads beyond the model's bounds, where the explorer cannot continue.</param>
/// <param name="IsOfTrace">True if it is the next event of the trace that is explored.</param>
public sealed record Choice(string Text, string Group, bool Beyond, bool IsOfTrace = false);

/// <summary>The data that the page shows of a session.</summary>
/// <param name="Page">The run so far.</param>
/// <param name="World">The name of what is explored.</param>
/// <param name="Says">Its description in a line.</param>
/// <param name="Compared">The result of all checks of the verb that saved the trace; empty for a model.</param>
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
/// <param name="Rest">The number of events of the explored trace that are not in the run.</param>
public sealed record SessionView(
    PageData Page,
    string World,
    string Says,
    string Compared,
    string Stage,
    IReadOnlyList<Choice> Choices,
    string Ended,
    IReadOnlyList<Verdict> Invariants,
    IReadOnlyList<Verdict> Properties,
    IReadOnlyList<string> Names,
    bool Unsaved,
    string Said,
    bool Failed,
    int Events,
    int Rest
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
        var compared = _world.Compare(Trace);
        return new(
            Drawn(bad, compared),
            _world.Name,
            _world.Says,
            compared?.Says ?? "",
            Stages.Names[State.Stage.Value],
            [.. _next.Events.Select(next => new Choice(next.Text, next.Group, next.Beyond, next.IsOfTrace))],
            _next.Ended,
            invariants,
            properties,
            [.. _world.Conditions, .. _world.Invariants.Select(invariant => $"not {invariant.Name}")],
            IsUnsaved,
            said,
            failed,
            Count,
            _world.Rest(_events).Count
        );
    }

    // The run, with what is wrong. A failure that the comparison names is not repeated.
    private PageData Drawn(List<Verdict> bad, Comparison? compared)
    {
        var title =
            compared?.Failure is { } failure ? failure
            : bad.Count > 0 ? $"{bad[0].Name}: {bad[0].Says}"
            : $"{char.ToUpperInvariant(_world.Says[0])}{_world.Says[1..]}: everything holds";
        return PageData.Of(
            title,
            bad.Count > 0 || compared?.Failure is not null,
            [.. compared?.Details ?? [], .. bad.Select(each => $"{each.Name}: {each.Violated}")],
            Trace,
            compared?.Explained,
            compared?.Event,
            differs: compared?.Failure is not null
        );
    }
}
