using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Page;

/// <summary>A change as the page shows it.</summary>
/// <param name="Column">The column's name.</param>
/// <param name="Row">The row's name.</param>
/// <param name="Old">The value before the event or kernel step.</param>
/// <param name="New">The value after it.</param>
public sealed record ShownChange(string Column, string Row, string Old, string New)
{
    /// <summary>A change in the words of a state.</summary>
    public static ShownChange Of(State<Concrete> s, Change change) =>
        new(
            change.Column,
            Glossary.Row(s, change.Column, change.Row),
            Glossary.Value(s, change.Column, change.Old),
            Glossary.Value(s, change.Column, change.New)
        );
}

/// <summary>A cell that decides a verdict, as the page shows it.</summary>
/// <param name="Column">The column's name.</param>
/// <param name="Row">The row's name.</param>
/// <param name="Values">Its values in order; one if it stays as it is.</param>
/// <param name="Writer">The last step before the event that changed it, from 0; null if none did.</param>
public sealed record ShownCell(string Column, string Row, IReadOnlyList<string> Values, int? Writer = null)
{
    /// <summary>Cells in the words of a state.</summary>
    /// <param name="s">The state.</param>
    /// <param name="cells">The cells.</param>
    /// <param name="most">The most cells that are shown.</param>
    /// <param name="earlier">The steps before the event.</param>
    public static IReadOnlyList<ShownCell> Of(
        State<Concrete> s,
        IEnumerable<ReadCell> cells,
        int most,
        IReadOnlyList<NarratedStep> earlier
    )
    {
        Dictionary<(string, uint), int> writers = [];
        for (var step = 0; step < earlier.Count; step++)
            foreach (var change in earlier[step].Loaded.Concat(earlier[step].Made))
                writers[(change.Column, change.Row)] = step;
        return
        [
            .. cells
                .Take(most)
                .Select(cell => new ShownCell(
                    cell.Column,
                    Glossary.Row(s, cell.Column, cell.Row),
                    cell.InWords(s),
                    writers.TryGetValue((cell.Column, cell.Row), out var writer) ? writer : null
                )),
        ];
    }
}

/// <summary>A cell that decides in a loop, as the page shows it.</summary>
/// <param name="Column">The column's name.</param>
/// <param name="Row">The row's name.</param>
/// <param name="Value">The value when it was read.</param>
/// <param name="Values">Its values in the loop; one if the loop never changes it.</param>
public sealed record ShownLoopCell(string Column, string Row, string Value, IReadOnlyList<string> Values)
{
    /// <summary>A cell in the words of a state.</summary>
    public static ShownLoopCell Of(State<Concrete> s, LoopCell loop) =>
        new(
            loop.Cell.Column,
            Glossary.Row(s, loop.Cell.Column, loop.Cell.Row),
            Glossary.Value(s, loop.Cell.Column, loop.Value),
            loop.Cell.InWords(s)
        );
}

/// <summary>Kernel steps of one kind in a row, as the page shows them.</summary>
/// <param name="First">The number of the first one in the event.</param>
/// <param name="Last">The number of the last one.</param>
/// <param name="Name">Their name.</param>
/// <param name="Method">The method of the spec that makes them.</param>
/// <param name="Source">The source line of the method; empty if it is not known.</param>
/// <param name="Changes">What they change together.</param>
/// <param name="More">The number of changes that are not shown.</param>
/// <param name="Fails">True if the statement is violated after it.</param>
public sealed record ShownKernelSteps(
    int First,
    int Last,
    string Name,
    string Method,
    string Source,
    IReadOnlyList<ShownChange> Changes,
    int More,
    bool Fails
)
{
    // The most lines of an event, and the most changes of a line.
    private const int MostLines = 80,
        MostChanges = 12;

    /// <summary>The kernel steps of an event, folded.</summary>
    /// <param name="s">A state, for the names of its rows.</param>
    /// <param name="steps">The steps.</param>
    /// <param name="fails">The number of the one after which the statement is violated; null for none.</param>
    public static IReadOnlyList<ShownKernelSteps> Of(State<Concrete> s, IReadOnlyList<KernelStep> steps, int? fails) =>
        [
            .. FoldedSteps
                .Of(steps, fails)
                .Take(MostLines)
                .Select(folded => new ShownKernelSteps(
                    folded.First,
                    folded.Last,
                    folded.Name,
                    folded.Method,
                    SpecSource.LineOf(folded.Method) ?? "",
                    [.. folded.Changes.Take(MostChanges).Select(change => ShownChange.Of(s, change))],
                    Math.Max(0, folded.Changes.Count - MostChanges),
                    folded.Last == fails
                )),
        ];
}

/// <summary>The events that repeat for ever, as the page shows them.</summary>
/// <param name="First">The first one, from 0 on. The last one is the last event of the page.</param>
/// <param name="Says">The reason why they repeat.</param>
/// <param name="Event">The event with the kernel step that passes over the one that waits; null if not known.</param>
/// <param name="Step">This kernel step, with its source line.</param>
/// <param name="Decides">The cells that it read, and those of the thread that waits.</param>
/// <param name="Returns">The other cells that change and return.</param>
public sealed record ShownLoop(
    int First,
    string Says,
    int? Event,
    string Step,
    IReadOnlyList<ShownLoopCell> Decides,
    IReadOnlyList<ShownCell> Returns
)
{
    private const int MostCells = 40;

    /// <summary>The loop of a run; null if the run ends.</summary>
    public static ShownLoop? Of(State<Concrete> s, EventLoop? loop, LoopReads? reads)
    {
        if (loop is null)
            return null;
        var line = reads is not null && SpecSource.LineOf(reads.Method) is { } source ? $", {source}" : "";
        return new(
            loop.First,
            loop.Why,
            reads?.Event,
            reads is null ? "" : $"kernel step {reads.KernelStep} ({reads.Method}{line})",
            [.. (reads?.Decides ?? []).Take(MostCells).Select(cell => ShownLoopCell.Of(s, cell))],
            ShownCell.Of(s, reads?.Returns ?? [], MostCells, [])
        );
    }
}
