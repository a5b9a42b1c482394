using Verified.Proofs.Programs;
using Verified.Spec.Values;

namespace Verified.Proofs.Subjects;

/// <summary>One event of a program: the thread that runs sets registers, and then goes into the kernel.</summary>
/// <param name="Step">The step of the spec; a way of the subject makes it.</param>
/// <param name="Registers">The columns that the thread sets, by name; others keep their values.</param>
public sealed record SubjectEvent(string Step, IReadOnlyDictionary<string, uint> Registers)
{
    public override string ToString() =>
        Registers.Count == 0
            ? Step
            : $"{Step} with {string.Join(", ", Registers.Select(pair => $"{pair.Key} {pair.Value:X}h"))}";

    /// <summary>Makes the thread that runs set its registers.</summary>
    public void Prepare(Subject subject, ColumnState<Concrete> state)
    {
        foreach (var (name, value) in Registers)
            state[subject.Spec.Column(name), state[subject.Current]] = value;
    }
}

/// <summary>A program on which spec and code differ.</summary>
/// <param name="Program">The events from the first state, up to the one that differs.</param>
/// <param name="What">How they differ after the last event.</param>
public sealed record SubjectDifference(IReadOnlyList<SubjectEvent> Program, string What)
{
    private const int MostTries = 1_000;

    /// <summary>The simplest program that is found on which they still differ.</summary>
    public SubjectDifference Smallest(Subject subject) =>
        Shrinking.Smallest(this, Simpler, program => SubjectDiff.Replay(subject, program), MostTries);

    private static IEnumerable<IReadOnlyList<SubjectEvent>> Simpler(SubjectDifference difference) =>
        Shrinking.Shorter(difference.Program).Concat(Shrinking.Plainer(difference.Program, Plainer));

    private static IEnumerable<SubjectEvent> Plainer(SubjectEvent e) =>
        e.Registers.Keys.Select(name =>
            e with
            {
                Registers = e.Registers.Where(pair => pair.Key != name).ToDictionary(),
            }
        );
}
