using Verified.Proofs.Check;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
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

/// <summary>An event as the page shows it.</summary>
/// <param name="Text">The event in a line.</param>
/// <param name="Actor">Row of the thread that had the processor; 0 for none.</param>
/// <param name="Mark">The event from outside: a tick or an interrupt; null for any other step.</param>
/// <param name="Messages">The arrows.</param>
/// <param name="Threads">
/// The state of each thread of the chart afterwards: its place in <see cref="PageData.Doings"/>.
/// </param>
/// <param name="Changes">The values that the kernel changed.</param>
/// <param name="Loaded">The registers that the event's own program had loaded before.</param>
/// <param name="Trees">The mappings of the frames that are involved.</param>
/// <param name="KernelSteps">
/// The kernel steps, for the event that fails, the last one and those of a loop; empty for others.
/// </param>
public sealed record ShownStep(
    string Text,
    uint Actor,
    string? Mark,
    IReadOnlyList<Message> Messages,
    IReadOnlyList<int> Threads,
    IReadOnlyList<ShownChange> Changes,
    IReadOnlyList<ShownChange> Loaded,
    IReadOnlyList<MappingTree> Trees,
    IReadOnlyList<ShownKernelSteps> KernelSteps
);

/// <summary>Everything that the page draws.</summary>
/// <param name="Title">The failure, in one line.</param>
/// <param name="Fails">True if there is a failure.</param>
/// <param name="Details">The values of spec and image, or the message of the property.</param>
/// <param name="Origin">The command, and how it found the trace.</param>
/// <param name="Lanes">The lifelines, from left to right.</param>
/// <param name="Steps">The events.</param>
/// <param name="Doings">What threads do after events. Most threads do the same over many events.</param>
/// <param name="Meanings">The meaning of each column that the page names.</param>
/// <param name="Path">The machine code of the last event; null if the spec alone fails.</param>
/// <param name="Loop">The events that repeat for ever; null if the run ends.</param>
/// <param name="Wrong">The event after which the failure shows; null if there is none, or if the loop is it.</param>
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
    ShownLoop? Loop,
    int? Wrong = null
)
{
    /// <summary>True if image and spec differ; false if the spec alone fails.</summary>
    public bool Differs { get; init; }

    /// <summary>The cells that the violated statement read.</summary>
    public IReadOnlyList<ShownCell> Read { get; init; } = [];

    /// <summary>Says whether events can be left out; empty if it is not known.</summary>
    public string Shortness { get; init; } = "";

    // The most changed values of an event that a page shows. An event on a whole space changes thousands.
    private const int MostChanges = 200;

    /// <summary>Runs a trace and collects the data to draw.</summary>
    /// <param name="title">The failure, or the content of the trace.</param>
    /// <param name="fails">True if there is a failure.</param>
    /// <param name="details">The lines below the title.</param>
    /// <param name="trace">The trace.</param>
    /// <param name="explained">The image's path of the event that fails.</param>
    /// <param name="wrong">Index of the event after which the failure shows; null for the last one.</param>
    /// <param name="reads">The cells that the violated statement read; null for none.</param>
    /// <param name="loop">The cells that make the run repeat itself; null if it ends, or if they are not known.</param>
    /// <param name="command">The command as the user typed it, without "verified"; null if it is not known.</param>
    /// <param name="differs">True if image and spec differ; false if the spec alone fails.</param>
    public static PageData Of(
        string title,
        bool fails,
        IReadOnlyList<string> details,
        Trace trace,
        Explained? explained = null,
        int? wrong = null,
        StatementReads? reads = null,
        LoopReads? loop = null,
        string? command = null,
        bool differs = false
    )
    {
        var narration = new Narration(trace) { NameOf = SpecStep.NameOf };
        var first = trace.Start.ToState();
        List<(
            NarratedStep Step,
            IReadOnlyList<Message> Messages,
            IReadOnlyList<MappingTree> Trees,
            int[] Threads,
            IReadOnlyList<ShownChange> Changes,
            IReadOnlyList<ShownChange> Loaded,
            IReadOnlyList<ShownKernelSteps> Kernel
        )> told = [];
        HashSet<uint> rows = [];
        Dictionary<Doing, int> doings = [];
        foreach (var step in narration.Steps())
        {
            var (before, after) = (narration.Before, narration.After);
            var messages = Message.Of(before, after, step);
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
                    Shown(before, after, step, isLoaded: false),
                    Shown(before, after, step, isLoaded: true),
                    ShownKernelSteps.Of(after, step.KernelSteps, told.Count == reads?.Event ? reads.KernelStep : null)
                )
            );
            rows.UnionWith(messages.SelectMany(message => new[] { message.From ?? 0, message.To }));
            rows.UnionWith(step.Changes.Where(change => change.Column == "Status").Select(change => change.Row));
            rows.UnionWith([step.Actor, after.Current.Value]);
        }

        var repeats = EventLoop.Of(trace, [.. told.Select(step => step.Step)]);
        var shownLoop = ShownLoop.Of(narration.After, repeats, loop);
        int? wrongEvent =
            !fails || told.Count == 0 || repeats is not null ? null
            : wrong is { } last ? Math.Max(0, told.FindLastIndex(step => step.Step.Event <= last))
            : reads?.Event is { } violating && violating < told.Count ? violating
            : told.Count - 1;
        var shownRead = ShownCell.Of(
            narration.After,
            reads?.Cells ?? [],
            MostChanges,
            [.. told.Take(reads?.Event ?? 0).Select(step => step.Step)]
        );
        rows.Remove(State<Concrete>.Nobody);
        Doing[] all = [.. doings.Keys];
        var hasInterrupts = told.Any(step =>
            Mark(step.Step) is not null || step.Messages.Any(message => message.From is null)
        );
        return new(
            title,
            fails,
            details,
            PageOrigin.Line(command, trace.Origin),
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
                .. told.Select(
                    (step, number) =>
                        new ShownStep(
                            step.Step.ToString(),
                            step.Step.Actor,
                            Mark(step.Step),
                            step.Messages,
                            [.. step.Threads.Where(place => rows.Contains(all[place].Row))],
                            step.Changes,
                            step.Loaded,
                            step.Trees,
                            number == wrongEvent || number >= (repeats?.First ?? told.Count - 1) ? step.Kernel : []
                        )
                ),
            ],
            all,
            told.SelectMany(step => step.Changes.Concat(step.Loaded))
                .Select(change => change.Column)
                .Concat(
                    shownRead
                        .Concat(shownLoop?.Returns ?? [])
                        .Select(cell => cell.Column)
                        .Concat((shownLoop?.Decides ?? []).Select(cell => cell.Column))
                )
                .Distinct()
                .ToDictionary(column => column, Glossary.Meaning),
            explained is null ? null : ShownPath.Of(explained),
            shownLoop,
            wrongEvent
        )
        {
            Differs = differs,
            Read = shownRead,
            Shortness = trace.Origin?.Shortness ?? "",
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

    // The changes that the kernel or the event's program made. Ids in the call's registers are named.
    private static IReadOnlyList<ShownChange> Shown(
        State<Concrete> before,
        State<Concrete> after,
        NarratedStep step,
        bool isLoaded
    ) =>
        [
            .. (isLoaded ? step.Loaded : step.Made)
                .Take(MostChanges)
                .Select(change =>
                {
                    var (old, present) = CallIds.Values(before, after, step, change, isLoaded);
                    return new ShownChange(change.Column, Glossary.Row(after, change.Column, change.Row), old, present);
                }),
        ];
}
