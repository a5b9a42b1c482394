using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Page;

/// <summary>A lifeline of the sequence chart.</summary>
/// <param name="Row">The thread's row; null for the interrupts.</param>
/// <param name="Name">Its name in the chart.</param>
/// <param name="Status">Its status before the first step; null for the interrupts.</param>
/// <param name="Runs">True if it has the processor before the first step.</param>
public sealed record Lane(uint? Row, string Name, string? Status = null, bool Runs = false);

/// <summary>The state of a thread after a step.</summary>
/// <param name="Row">The thread's row.</param>
/// <param name="Status">Its status, in a word.</param>
/// <param name="Text">The status with partner and deadline.</param>
/// <param name="Runs">True if it has the processor.</param>
/// <param name="Waits">True if it waits.</param>
public sealed record Doing(uint Row, string Status, string Text, bool Runs, bool Waits);

/// <summary>A change as the page shows it.</summary>
/// <param name="Column">The column's name.</param>
/// <param name="Row">The row's name.</param>
/// <param name="Old">The value before the step.</param>
/// <param name="New">The value after the step.</param>
public sealed record ShownChange(string Column, string Row, string Old, string New);

/// <summary>A step as the page shows it.</summary>
/// <param name="Text">The step in a line.</param>
/// <param name="Actor">Row of the thread that had the processor; 0 for none.</param>
/// <param name="Mark">The event from outside: a tick or an interrupt; null for any other step.</param>
/// <param name="Messages">The arrows.</param>
/// <param name="Threads">
/// The state of each thread of the chart afterwards: its place in <see cref="PageData.Doings"/>.
/// </param>
/// <param name="Changes">The values that the kernel changed.</param>
/// <param name="Loaded">The registers that the event's own program had loaded before.</param>
/// <param name="Trees">The mappings of the frames that are involved.</param>
public sealed record ShownStep(
    string Text,
    uint Actor,
    string? Mark,
    IReadOnlyList<Message> Messages,
    IReadOnlyList<int> Threads,
    IReadOnlyList<ShownChange> Changes,
    IReadOnlyList<ShownChange> Loaded,
    IReadOnlyList<MappingTree> Trees
);

/// <summary>Everything that the page draws.</summary>
/// <param name="Title">The failure, in one line.</param>
/// <param name="Fails">True if there is a failure.</param>
/// <param name="Details">The values of spec and image, or the message of the property.</param>
/// <param name="Origin">The check that found it.</param>
/// <param name="Lanes">The lifelines, from left to right.</param>
/// <param name="Steps">The steps.</param>
/// <param name="Doings">What threads do after steps. Most threads do the same over many steps.</param>
/// <param name="Meanings">The meaning of each column that a step changes.</param>
/// <param name="Path">The machine code of the last event; null if the spec alone fails.</param>
/// <param name="Loop">The step from which the run repeats itself; null if it ends.</param>
/// <param name="Wrong">The step after which the failure shows; null if there is none.</param>
public sealed record PageData(
    string Title,
    bool Fails,
    IReadOnlyList<string> Details,
    string Origin,
    IReadOnlyList<Lane> Lanes,
    IReadOnlyList<ShownStep> Steps,
    IReadOnlyList<Doing> Doings,
    IReadOnlyDictionary<string, string> Meanings,
    ShownPath? Path,
    int? Loop,
    int? Wrong = null
)
{
    /// <summary>The cells that the violated statement read, before and after the wrong step.</summary>
    public IReadOnlyList<ShownChange> Read { get; init; } = [];

    // The most changed values of a step that a page shows. A step on a whole space changes thousands.
    private const int MostChanges = 200;

    /// <summary>Runs a trace and collects the data to draw.</summary>
    /// <param name="title">The failure, or the content of the trace.</param>
    /// <param name="fails">True if there is a failure.</param>
    /// <param name="details">The lines below the title.</param>
    /// <param name="trace">The trace.</param>
    /// <param name="explained">The image's path of the event that fails.</param>
    /// <param name="wrong">Index of the event after which the failure shows; null for the last one.</param>
    /// <param name="read">The cells that the violated statement read; null for none.</param>
    public static PageData Of(
        string title,
        bool fails,
        IReadOnlyList<string> details,
        Trace trace,
        Explained? explained = null,
        int? wrong = null,
        IReadOnlyList<Change>? read = null
    )
    {
        var narration = new Narration(trace);
        var first = trace.Start.ToState();
        List<(
            NarratedStep Step,
            IReadOnlyList<Message> Messages,
            IReadOnlyList<MappingTree> Trees,
            int[] Threads,
            IReadOnlyList<ShownChange> Changes,
            IReadOnlyList<ShownChange> Loaded
        )> told = [];
        HashSet<uint> rows = [];
        Dictionary<Doing, int> doings = [];
        foreach (var step in narration.Steps())
        {
            var (before, after) = (narration.Before, narration.After);
            var messages = Message.Of(before, after, step.Actor);
            int[] threads =
            [
                .. DoingOf(after)
                    .Select(doing => doings.TryGetValue(doing, out var place) ? place : doings[doing] = doings.Count),
            ];
            told.Add(
                (
                    step,
                    messages,
                    MappingTree.Of(before, after, step),
                    threads,
                    Shown(after, step.Made),
                    Shown(after, step.Loaded)
                )
            );
            rows.UnionWith(messages.SelectMany(message => new[] { message.From ?? 0, message.To }));
            rows.UnionWith(step.Changes.Where(change => change.Column == "Status").Select(change => change.Row));
            rows.UnionWith([step.Actor, after.Current.Value]);
        }

        var shownRead = Shown(narration.After, read ?? []);
        rows.Remove(State<Concrete>.Nobody);
        Doing[] all = [.. doings.Keys];
        var hasInterrupts = told.Any(step =>
            Mark(step.Step) is not null || step.Messages.Any(message => message.From is null)
        );
        return new(
            title,
            fails,
            details,
            trace.Origin?.ToString() ?? "",
            [
                .. hasInterrupts ? [new Lane(null, "interrupts")] : (Lane[])[],
                .. rows.Order()
                    .Select(row => new Lane(
                        row,
                        Words.Thread(first, row),
                        ThreadStatus.Names[first.Status[row].Value],
                        first.Current.Value == row
                    )),
            ],
            [
                .. told.Select(step => new ShownStep(
                    step.Step.ToString(),
                    step.Step.Actor,
                    Mark(step.Step),
                    step.Messages,
                    [.. step.Threads.Where(place => rows.Contains(all[place].Row))],
                    step.Changes,
                    step.Loaded,
                    step.Trees
                )),
            ],
            all,
            told.SelectMany(step => step.Changes.Concat(step.Loaded))
                .Concat(shownRead)
                .Select(change => change.Column)
                .Distinct()
                .ToDictionary(column => column, Glossary.Meaning),
            explained is null ? null : ShownPath.Of(explained),
            trace.Loop is { } loop ? told.FindIndex(step => step.Step.Event >= loop) : null,
            !fails || told.Count == 0 ? null
                : wrong is { } last ? Math.Max(0, told.FindLastIndex(step => step.Step.Event <= last))
                : told.Count - 1
        )
        {
            Read = shownRead,
        };
    }

    private static string? Mark(NarratedStep step) =>
        step.Entry switch
        {
            Entry.Tick => "tick",
            Entry.Interrupt => step.Action,
            _ => null,
        };

    private static IEnumerable<Doing> DoingOf(State<Concrete> s) =>
        Enumerable
            .Range(1, (int)s.Limits.Threads - 1)
            .Select(row => (uint)row)
            .Where(row => s.Status[row].Value != ThreadStatus.Inactive)
            .Select(row => DoingOf(s, row));

    private static Doing DoingOf(State<Concrete> s, uint row)
    {
        var status = s.Status[row].Value;
        var runs = s.Current.Value == row && s.Stage.Value != Stages.Idle;
        var partner = s.Partner[row].Value is > 0 and var other ? Words.Thread(s, other) : "";
        var text = status switch
        {
            ThreadStatus.Ready => runs ? "runs" : "ready, waits for the processor",
            ThreadStatus.Sending => $"waits until {partner} receives",
            ThreadStatus.ReceivingFrom => $"waits for a message from {partner}",
            ThreadStatus.ReceivingAny => "waits for a message from anyone",
            ThreadStatus.Sleeping => $"waits for {Words.Name(s, s.Esi[row])}",
            ThreadStatus.Giving => $"waits until {partner} has mapped its item",
            _ => Glossary.Value(s, "Status", status) + (partner.Length > 0 ? $", partner {partner}" : ""),
        };
        if (s.Faulting[row] == 1)
            text += ", for a fault";
        if (s.Timed[row] == 1)
            text += $", until tick {s.Deadline[row].Value} (now {s.Clock.Value})";
        return new(
            row,
            ThreadStatus.Names[status],
            text,
            runs,
            status
                is ThreadStatus.Sending
                    or ThreadStatus.ReceivingFrom
                    or ThreadStatus.ReceivingAny
                    or ThreadStatus.Sleeping
                    or ThreadStatus.Giving
        );
    }

    private static IReadOnlyList<ShownChange> Shown(State<Concrete> s, IReadOnlyList<Change> changes) =>
        [
            .. changes
                .Take(MostChanges)
                .Select(change => new ShownChange(
                    change.Column,
                    Glossary.Row(s, change.Column, change.Row),
                    Glossary.Value(s, change.Column, change.Old),
                    Glossary.Value(s, change.Column, change.New)
                )),
        ];
}
