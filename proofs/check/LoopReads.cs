using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>A cell that a kernel step of a loop read.</summary>
/// <param name="Cell">The cell, with its values in the loop. If it has one value, the loop never changes it.</param>
/// <param name="Value">The value when it was read.</param>
public sealed record LoopCell(ReadCell Cell, uint Value)
{
    /// <summary>Whether the loop never changes it.</summary>
    public bool Stays => Cell.Values.Count == 1;

    /// <summary>The cell and its values in a line.</summary>
    public string Tell(State<Concrete> s) =>
        $"{Glossary.Cell(s, Cell.Column, Cell.Row)}: {Glossary.Value(s, Cell.Column, Value)}, "
        + (Stays ? "never changes in the loop" : $"in the loop {string.Join(" -> ", Cell.InWords(s))}");
}

/// <summary>The cells that make a run repeat itself for ever.</summary>
/// <param name="Method">The method of the spec that makes the step that passes over the one that waits.</param>
/// <param name="Event">The number of the step's event in the narration of the run, from 0 on.</param>
/// <param name="KernelStep">The number of the step in its event, from 1 on.</param>
/// <param name="Decides">The cells that the step read, and then those of the thread that waits.</param>
/// <param name="Returns">The other cells that change in the loop and return, except registers.</param>
/// <param name="Counts">
/// The columns, except registers, that change and do not return. The model leaves them out.
/// </param>
public sealed record LoopReads(
    string Method,
    int Event,
    int KernelStep,
    IReadOnlyList<LoopCell> Decides,
    IReadOnlyList<ReadCell> Returns,
    IReadOnlyList<string> Counts
)
{
    private static readonly string[] OfWait =
    [
        nameof(State<Concrete>.Status),
        nameof(State<Concrete>.Partner),
        nameof(State<Concrete>.Slice),
        nameof(State<Concrete>.Priority),
    ];

    /// <summary>
    /// Says that the state after the loop is the one before it, and what the model leaves out of its states.
    /// </summary>
    public string Apart =>
        Counts.Count == 0 ? "" : $"apart from what the model leaves out: {string.Join(", ", Counts)}, user registers";

    /// <summary>Runs once around the loop.</summary>
    /// <param name="trace">A run that returns to an earlier state.</param>
    /// <param name="decides">Index of the trace's event that passes over the thread that waits.</param>
    /// <param name="waits">Row of the thread that waits.</param>
    /// <param name="damage">Changes the state after each step, as in the search; null for nothing.</param>
    public static LoopReads Of(Trace trace, int decides, uint waits, Action<State<Concrete>, Entry>? damage = null)
    {
        var tables = new FlatTables(trace.Start.Limits);
        tables.Fill(trace.Start.ToState());
        var (s, values) = (tables.State, new CellValues(tables));
        var kernel = new Kernel<Concrete>(s);
        Dictionary<int, uint> read = [];
        var (number, step, isBegun) = (-1, 0, false);
        var (method, e, kernelStep) = ("", 0, 0);
        foreach (var (i, single) in Unfolding.Of(trace, s))
        {
            if (!isBegun)
                (number, step) = (number + 1, 0);
            isBegun = single is not null;
            if (single is null)
                continue;
            single.Load(s);
            tables.Commit();
            step++;
            if (i == decides)
            {
                (method, e, kernelStep) = (SpecSource.MethodOf(s, single.Entry), number, step);
                tables.LookOnlyAt(ThreadsInUse.Of(s));
                tables.Reads = Note;
            }

            kernel.Step(single.Entry, single.Argument, single.Code);
            tables.Reads = null;
            damage?.Invoke(s, single.Entry);
            if (i == decides)
                foreach (var column in OfWait)
                    Note(tables.Start(column) + (int)waits);
            if (i >= trace.Loop)
                values.Note();
            isBegun = !Narration.IsEnd(s, single.Entry);
        }

        var changed = values
            .Changed.Where(cell => !read.ContainsKey(cell) && !State<Concrete>.IsRegister(tables.Locate(cell).Column))
            .Order()
            .Select(values.Of)
            .ToLookup(cell => cell.Values[0] == cell.Values[^1]);
        return new(
            method,
            e,
            kernelStep,
            [.. read.Select(cell => new LoopCell(values.Of(cell.Key), cell.Value))],
            [.. changed[true]],
            [.. changed[false].Select(cell => cell.Column).Distinct()]
        );

        // A row that belongs to no thread is blank.
        void Note(int cell)
        {
            var (column, row) = tables.Locate(cell);
            if (column.Table != Table.Thread || row != State<Concrete>.Nobody)
                read.TryAdd(cell, tables.Cells[cell]);
        }
    }
}
