using Verified.Proofs.Checker;
using Verified.Proofs.Paths;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Subjects;

/// <summary>Random events on the spec and on the machine code side by side; the whole state is compared.</summary>
public static class SubjectDiff
{
    /// <summary>Runs random events from the first state.</summary>
    /// <param name="subject">The kernel.</param>
    /// <param name="events">The number of events.</param>
    /// <param name="seed">The seed of the random choices.</param>
    /// <param name="registers">The columns that a user sets before each event, and to what.</param>
    /// <returns>The program up to the event that differs; null if none does.</returns>
    public static SubjectDifference? Run(
        Subject subject,
        int events,
        int seed,
        IReadOnlyDictionary<ColumnInfo, Func<Random, uint>> registers
    )
    {
        var random = new Random(seed);
        return Replay(subject, Enumerable.Range(0, events).Select(_ => Next()));

        SubjectEvent Next()
        {
            var values = registers.ToDictionary(register => register.Key.Name, register => register.Value(random));
            return new(subject.Ways[random.Next(subject.Ways.Count)].Step, values);
        }
    }

    /// <summary>Runs a program from the first state.</summary>
    /// <returns>The program up to the event that differs; null if none does.</returns>
    /// <exception cref="ModelException">An event names a step or a column that the subject does not have.</exception>
    public static SubjectDifference? Replay(Subject subject, IEnumerable<SubjectEvent> program)
    {
        var (machine, state) = (new SubjectMachine(subject), subject.Spec.First());
        List<SubjectEvent> made = [];
        foreach (var e in program)
        {
            made.Add(e);
            e.Prepare(subject, state);
            if (Compare(subject, machine, state, subject.Way(e.Step)) is { } what)
                return new(made, what);
        }

        return null;
    }

    /// <summary>
    /// Replays a refutation: its state, on spec and machine. How they differ; null if they do not.
    /// </summary>
    public static string? Replay(Subject subject, UserWay way, Refutation refutation) =>
        Compare(subject, new SubjectMachine(subject), StateOf(subject, refutation), way);

    /// <summary>The cells of a refutation's state that are not as in the first state.</summary>
    public static string Describe(Subject subject, Refutation refutation)
    {
        var (state, first) = (StateOf(subject, refutation), subject.Spec.First());
        var cells = subject
            .Spec.Cells.Where(cell => state[cell.Column, cell.Row].Value != first[cell.Column, cell.Row].Value)
            .Select(cell =>
                cell.Column.Table == Table.Processor
                    ? $"{cell.Column.Name} is {state[cell.Column, cell.Row]}"
                    : $"{cell.Column.Name} of {cell.Column.Table} {cell.Row} is {state[cell.Column, cell.Row]}"
            )
            .ToList();
        return cells.Count == 0 ? "the first state" : string.Join(", ", cells) + ", all else is as in the first state";
    }

    private static ColumnState<Concrete> StateOf(Subject subject, Refutation refutation)
    {
        var state = subject.Spec.First();
        foreach (var (name, row, value) in refutation.Fields)
            if (subject.Spec.Columns.FirstOrDefault(column => column.Name == name) is { } column)
                state[column, row] = value;

        // The processor has the registers of the row that runs; the saved ones in its row mean nothing.
        foreach (var column in subject.Spec.Columns)
            if (
                subject.Places[column].Register is { } register
                && refutation.Registers.TryGetValue(register, out var value)
            )
                state[column, state[subject.Current]] =
                    register == SubjectRegisters.Eflags
                        ? value & ProtectedMode.UserFlags | ProtectedMode.FixedFlags
                        : value;
        return state;
    }

    private static string? Compare(Subject subject, SubjectMachine machine, ColumnState<Concrete> state, UserWay way)
    {
        machine.Place(state);
        subject.Spec.Steps<Concrete>().Single(step => step.Name == way.Step).Does(state);
        return machine.Make(way, state)
            ?? (
                subject.Spec.Violated(state) is var (invariant, row)
                    ? $"invariant {invariant.Name} is violated at {row}: {invariant.Why}"
                    : null
            );
    }
}
