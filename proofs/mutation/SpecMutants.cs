namespace Verified.Proofs.Mutation;

/// <summary>Every mutant of the spec: changes of the kernel's steps and of the invariants.</summary>
public static class SpecMutants
{
    // A test finds a file of the spec that is in neither list.
    private static readonly string[] Invariants =
    [
        "properties/Invariants.cs",
        "properties/InterruptInvariants.cs",
        "properties/MappingInvariants.cs",
        "properties/MappingInvariants.Operation.cs",
        "properties/TaskInvariants.cs",
    ];

    private static readonly string[] Transitions =
    [
        "steps/Ipc.cs",
        "steps/Mapping.cs",
        "steps/MappingEdits.cs",
        "steps/Faults.cs",
        "steps/InterruptMessages.cs",
        "steps/Tasks.cs",
        "interface/PortAccess.cs",
        "steps/Threads.cs",
        "steps/Scheduling.cs",
        "steps/Clock.cs",
        "steps/Kernel.cs",
        "state/State.Queries.cs",
    ];

    /// <summary>The files that are changed, below the folder spec/.</summary>
    public static IReadOnlyList<string> Files => [.. Transitions, .. Invariants];

    /// <summary>Mutants of the steps and of the predicates on states, in order of place.</summary>
    /// <param name="spec">The folder spec/.</param>
    /// <exception cref="IOException">A file is missing.</exception>
    /// <exception cref="FormatException">A parenthesis in a file is never closed.</exception>
    public static IReadOnlyList<Mutant> OfSteps(string spec) =>
        Distinct(Transitions.SelectMany(file => SourceMutations.Of(Read(spec, file), file)));

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
