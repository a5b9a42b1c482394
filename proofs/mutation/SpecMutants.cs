namespace Verified.Proofs.Mutation;

/// <summary>Every mutant of the spec: changes of the kernel's steps and of the invariants.</summary>
public static class SpecMutants
{
    private static readonly string[] Invariants =
    [
        "properties/Invariants.cs",
        "properties/InterruptInvariants.cs",
        "properties/MappingInvariants.cs",
        "properties/TaskInvariants.cs",
    ];

    // The first line of the text of transitions. The lines before it hold declarations and public constants.
    private static readonly (string File, string From)[] Transitions =
    [
        ("steps/Ipc.cs", ""),
        ("steps/Mapping.cs", ""),
        ("steps/Faults.cs", ""),
        ("steps/InterruptMessages.cs", ""),
        ("steps/Tasks.cs", ""),
        ("interface/PortAccess.cs", ""),
        ("steps/Threads.cs", ""),
        ("steps/Scheduling.cs", ""),
        ("steps/Kernel.cs", ""),
        ("state/State.cs", "public W Row(W id)"),
    ];

    /// <summary>Mutants of the steps and of the predicates on states, in order of place.</summary>
    /// <param name="spec">The folder spec/.</param>
    /// <exception cref="IOException">A file is missing.</exception>
    /// <exception cref="FormatException">A file does not contain the expected text.</exception>
    public static IReadOnlyList<Mutant> OfSteps(string spec) =>
        Distinct(
            Transitions.SelectMany(transition =>
            {
                var source = Read(spec, transition.File);
                var from = source.Text.IndexOf(transition.From, StringComparison.Ordinal);
                return from >= 0
                    ? SourceMutations.Of(source, transition.File, from)
                    : throw new FormatException($"{transition.File} has no '{transition.From}'");
            })
        );

    /// <summary>Mutants of the invariants: each dropped, each negated, then the changes within.</summary>
    /// <inheritdoc cref="OfSteps" path="//param|//exception"/>
    public static IReadOnlyList<Mutant> OfInvariants(string spec)
    {
        var sources = Invariants.Select(file => (Text: Read(spec, file), File: file)).ToArray();
        return Distinct(
            sources
                .SelectMany(source => InvariantMutations.Of(source.Text, source.File))
                .Concat(sources.SelectMany(source => SourceMutations.Of(source.Text, source.File)))
        );
    }

    private static SourceText Read(string spec, string file) => new(File.ReadAllText(Path.Combine(spec, file)));

    private static IReadOnlyList<Mutant> Distinct(IEnumerable<Mutant> mutants) =>
        [.. mutants.DistinctBy(mutant => mutant.Text)];
}
