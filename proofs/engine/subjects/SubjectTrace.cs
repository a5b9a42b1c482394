using Verified.Proofs.Traces;
using Verified.Spec.Values;

namespace Verified.Proofs.Subjects;

/// <summary>A program of a subject as a file in the Informal Trace Format, with the states of the spec.</summary>
public static class SubjectTrace
{
    /// <summary>Raised with every change that older readers would misread.</summary>
    public const int Version = 1;

    private static readonly TraceFormat<Stored> Format = new(Version);

    // The program. The kernel's name shows which subject it belongs to.
    private sealed record Stored(int Version, string Kernel, string Verdict, IReadOnlyList<SubjectEvent> Events);

    /// <summary>The file's text.</summary>
    /// <param name="kernel">The subject's name.</param>
    /// <param name="subject">The subject.</param>
    /// <param name="difference">A program and its verdict.</param>
    public static string Write(string kernel, Subject subject, SubjectDifference difference) =>
        Format.Write(
            new(Version, kernel, difference.What, difference.Program),
            $"{kernel}: {difference.What}",
            new StateTable(
                CellsOf(subject.Spec, subject.Spec.First()),
                Steps(subject, difference.Program),
                subject.Spec.Columns.Select(column => column.Name)
            )
        );

    /// <summary>Reads the program in a file's text.</summary>
    /// <exception cref="TraceFileException">It is not a trace of a subject.</exception>
    public static IReadOnlyList<SubjectEvent> Read(string text) => Format.Read(text, (stored, _, _) => stored.Events);

    /// <summary>The name of the kernel that a file's text belongs to; null if it is not a trace of a subject.</summary>
    public static string? KernelOf(string text)
    {
        try
        {
            return Format.Read(text, (stored, _, _) => stored.Kernel);
        }
        catch (TraceFileException)
        {
            return null;
        }
    }

    private static IEnumerable<TracedStep> Steps(Subject subject, IReadOnlyList<SubjectEvent> program)
    {
        var state = subject.Spec.First();
        var steps = subject.Spec.Steps<Concrete>().ToDictionary(step => step.Name);
        for (var number = 0; number < program.Count; number++)
        {
            var before = CellsOf(subject.Spec, state).ToList();
            program[number].Prepare(subject, state);
            steps[program[number].Step].Does(state);
            yield return new(
                number,
                program[number].ToString(),
                [
                    .. before
                        .Zip(CellsOf(subject.Spec, state))
                        .Where(pair => pair.First != pair.Second)
                        .Select(pair => new Change(
                            pair.First.Column,
                            pair.First.Row,
                            pair.First.Value,
                            pair.Second.Value
                        )),
                ]
            );
        }
    }

    private static IEnumerable<Cell> CellsOf(Specification spec, ColumnState<Concrete> state) =>
        spec.Cells.Select(cell => new Cell(cell.Column.Name, cell.Row, state[cell.Column, cell.Row].Value));
}
