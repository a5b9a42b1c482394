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

/// <summary>A change as the page shows it.</summary>
/// <param name="Column">The column's name.</param>
/// <param name="Row">The row's name.</param>
/// <param name="Old">The value before the step.</param>
/// <param name="New">The value after the step.</param>
/// <param name="Meaning">The meaning of the column.</param>
public sealed record ShownChange(string Column, string Row, string Old, string New, string Meaning);

/// <summary>A step as the page shows it.</summary>
/// <param name="Text">The step in a line.</param>
/// <param name="Actor">Row of the thread that had the processor; 0 for none.</param>
/// <param name="Mark">The event from outside: a tick or an interrupt; null for any other step.</param>
/// <param name="Messages">The arrows.</param>
/// <param name="Threads">The state of each thread of the chart afterwards.</param>
/// <param name="Changes">The values that differ afterwards.</param>
/// <param name="Trees">The mappings of the frames that are involved.</param>
public sealed record ShownStep(
    string Text,
    uint Actor,
    string? Mark,
    IReadOnlyList<Message> Messages,
    IReadOnlyList<Doing> Threads,
    IReadOnlyList<ShownChange> Changes,
    IReadOnlyList<MappingTree> Trees
);

/// <summary>An instruction of the last event's path.</summary>
/// <param name="Address">Linear address, in hexadecimal digits.</param>
/// <param name="Place">Symbol and distance.</param>
/// <param name="Text">Its disassembly; for a conditional jump, also whether it is taken.</param>
/// <param name="Source">Its source line; empty if it is not known.</param>
/// <param name="Deviates">Whether it made the difference.</param>
/// <param name="IsNear">Whether it wrote to the same row.</param>
public sealed record ShownInstruction(
    string Address,
    string Place,
    string Text,
    string Source,
    bool Deviates,
    bool IsNear
);

/// <summary>A line of the kernel's source.</summary>
public sealed record SourceText(int Number, string Text, bool Deviates);

/// <summary>The image's path to the deviating instruction.</summary>
/// <param name="Reason">The role of the marked instruction.</param>
/// <param name="Place">Its source line.</param>
/// <param name="Source">The lines around it; none if the source is missing.</param>
/// <param name="Length">The length of the whole path.</param>
/// <param name="Instructions">The end of the path.</param>
public sealed record ShownPath(
    string Reason,
    string Place,
    IReadOnlyList<SourceText> Source,
    long Length,
    IReadOnlyList<ShownInstruction> Instructions
);

/// <summary>Everything that the page draws.</summary>
/// <param name="Title">The failure, in one line.</param>
/// <param name="Fails">True if there is a failure.</param>
/// <param name="Details">The values of spec and image, or the message of the property.</param>
/// <param name="Origin">The check that found it.</param>
/// <param name="Lanes">The lifelines, from left to right.</param>
/// <param name="Steps">The steps.</param>
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
    ShownPath? Path,
    int? Loop,
    int? Wrong = null
)
{
    // The most changed values of a step that a page shows. A step on a whole space changes thousands.
    private const int MostChanges = 200;

    /// <summary>Runs a trace and collects the data to draw.</summary>
    /// <param name="title">The failure, or the content of the trace.</param>
    /// <param name="fails">True if there is a failure.</param>
    /// <param name="details">The lines below the title.</param>
    /// <param name="trace">The trace.</param>
    /// <param name="explained">The image's path of the event that fails.</param>
    /// <param name="wrong">Index of the event after which the failure shows; null for the last one.</param>
    public static PageData Of(
        string title,
        bool fails,
        IReadOnlyList<string> details,
        Trace trace,
        Explained? explained = null,
        int? wrong = null
    )
    {
        var narration = new Narration(trace);
        var first = trace.Start.ToState();
        List<(
            NarratedStep Step,
            IReadOnlyList<Message> Messages,
            IReadOnlyList<MappingTree> Trees,
            Doing[] Threads,
            IReadOnlyList<ShownChange> Changes
        )> told = [];
        HashSet<uint> rows = [];
        foreach (var step in narration.Steps())
        {
            var (before, after) = (narration.Before, narration.After);
            var messages = Message.Of(before, after, step.Actor);
            told.Add((step, messages, MappingTree.Of(before, after, step), DoingOf(after), Shown(after, step)));
            rows.UnionWith(messages.SelectMany(message => new[] { message.From ?? 0, message.To }));
            rows.UnionWith(step.Changes.Where(change => change.Column == "Status").Select(change => change.Row));
            rows.UnionWith([step.Actor, after.Current.Value]);
        }

        rows.Remove(State<Concrete>.Nobody);
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
                    [.. step.Threads.Where(doing => rows.Contains(doing.Row))],
                    step.Changes,
                    step.Trees
                )),
            ],
            explained is null ? null : Shown(explained),
            trace.Loop is { } loop ? told.FindIndex(step => step.Step.Event >= loop) : null,
            !fails || told.Count == 0 ? null
                : wrong is { } last ? Math.Max(0, told.FindLastIndex(step => step.Step.Event <= last))
                : told.Count - 1
        );
    }

    private static string? Mark(NarratedStep step) =>
        step.Entry switch
        {
            Entry.Tick => "tick",
            Entry.Interrupt => step.Action,
            _ => null,
        };

    private static Doing[] DoingOf(State<Concrete> s) =>
        [
            .. Enumerable
                .Range(1, (int)s.Limits.Threads - 1)
                .Select(row => (uint)row)
                .Where(row => s.Status[row].Value != ThreadStatus.Inactive)
                .Select(row => DoingOf(s, row)),
        ];

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

    private static IReadOnlyList<ShownChange> Shown(State<Concrete> s, NarratedStep step) =>
        [
            .. step
                .Changes.Take(MostChanges)
                .Select(change => new ShownChange(
                    change.Column,
                    Glossary.Row(s, change.Column, change.Row),
                    Glossary.Value(s, change.Column, change.Old),
                    Glossary.Value(s, change.Column, change.New),
                    Glossary.Meaning(change.Column)
                )),
        ];

    private static ShownPath Shown(Explained explained) =>
        new(
            explained.Reason switch
            {
                Reason.Writes => "This instruction made the difference.",
                Reason.NothingWritten => "A write is missing: no instruction of the path changed the value. Green "
                    + "instructions wrote to the same row, so it may belong near them. The path ends at the marked "
                    + "instruction.",
                _ => "The path went the wrong way; look at its conditional jumps. It ends at the marked instruction.",
            },
            $"{explained.Deviating?.Source}",
            SourceTextOf(explained),
            explained.Length,
            [
                .. explained.Last.Select(executed => new ShownInstruction(
                    $"{executed.Address:X8}",
                    executed.Place,
                    executed.Text
                        + (
                            executed.Jumps is { } jumps
                                ? jumps
                                    ? "  (taken)"
                                    : "  (not taken)"
                                : ""
                        ),
                    $"{executed.Source}",
                    executed.Deviates,
                    executed.IsNear
                )),
            ]
        );

    private const int LinesAround = 5;

    private static IReadOnlyList<SourceText> SourceTextOf(Explained explained)
    {
        if (explained.Deviating?.Source is not var (file, line) || !File.Exists(file))
            return [];
        var first = Math.Max(1, line - LinesAround);
        return
        [
            .. File.ReadLines(file)
                .Skip(first - 1)
                .Take(line + LinesAround - first + 1)
                .Select((text, i) => new SourceText(first + i, text, first + i == line)),
        ];
    }
}
