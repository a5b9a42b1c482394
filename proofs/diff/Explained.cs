using Verified.Kernel;

namespace Verified.Proofs.Diff;

/// <summary>An executed instruction.</summary>
/// <param name="Address">EIP before it.</param>
/// <param name="Place">Symbol and distance.</param>
/// <param name="Text">Its disassembly.</param>
/// <param name="Deviates">True for the instruction that <see cref="Explained.Reason"/> is about.</param>
/// <param name="Source">The line of the kernel's source that emits it; null if unknown.</param>
/// <param name="Jumps">True if a conditional jump was taken; null for any other instruction.</param>
/// <param name="IsNear">True if it changed another dword of the row that differs.</param>
/// <param name="IsOrigin">
/// True if it computed the value that the deviating instruction wrote, or the address that it used.
/// </param>
public sealed record Executed(
    uint Address,
    string Place,
    string Text,
    bool Deviates,
    SourceLine? Source = null,
    bool? Jumps = null,
    bool IsNear = false,
    bool IsOrigin = false
)
{
    // The sources of instructions that many steps share. A step's own code is elsewhere.
    private static readonly string[] Shared = ["/KernelProgram.cs", "/sets/Sets.cs"];

    /// <summary>The values that it read or wrote, in words; empty if there is none to tell.</summary>
    public string Values { get; init; } = "";

    /// <summary>What decided a conditional jump, with values; null if it is not known.</summary>
    public string? Compared { get; init; }

    /// <summary>
    /// True for a conditional jump of which a run has shown that image and spec agree if it goes the other way.
    /// </summary>
    public bool Mends { get; init; }

    /// <summary>True for a jump on "less", "greater" or the like that compared equal values.</summary>
    public bool IsBoundary { get; init; }

    /// <summary>Whether it is of the code of a step, and not of a routine that many steps use.</summary>
    public bool IsOwn => Source is { } line && !Shared.Any(file => line.File.EndsWith(file, StringComparison.Ordinal));

    /// <summary>A conditional jump's decision in words; empty for any other instruction.</summary>
    public string Decision =>
        Jumps is not { } jumps ? "" : (jumps ? "taken" : "not taken") + (Compared is null ? "" : $": {Compared}");
}

/// <summary>The reason why image and spec differ after an event, as far as the path shows it.</summary>
public enum Reason
{
    /// <summary>The marked instruction was the last to change the dword or the register that differs.</summary>
    Writes,

    /// <summary>No instruction changed the dword or the register that differs.</summary>
    NothingWritten,

    /// <summary>The difference is not in one dword of the tables or one register.</summary>
    NoPlace,

    /// <summary>The processor took an interrupt within a step, after the marked instruction.</summary>
    Interrupted,

    /// <summary>The kernel's own code raised an exception, at the marked instruction.</summary>
    Raised,

    /// <summary>The machine cannot execute the marked instruction.</summary>
    Stopped,
}

/// <summary>A register that the marked instruction read.</summary>
/// <param name="Text">The register and its value.</param>
/// <param name="Writer">
/// The last instruction of the path that wrote it; null if it had the value at the start of what is kept of the path.
/// </param>
public sealed record ReadRegister(string Text, Executed? Writer)
{
    /// <summary>The register, its value and the place that wrote it.</summary>
    public string Sentence =>
        Writer is { } writer
            ? $"{Text}, last written at {writer.Source?.ToString() ?? writer.Place}"
            : $"{Text}, as it was at the start of the path";
}

/// <summary>
/// The image's path in the first step of an event that differs, and the instruction that went wrong. If the difference
/// shows only after the whole event, the path is that of the event.
/// </summary>
/// <param name="Last">The end of the path, with the deviating instruction marked.</param>
/// <param name="Length">The length of the path in instructions.</param>
/// <param name="Reason">The meaning of the mark.</param>
public sealed record Explained(IReadOnlyList<Executed> Last, long Length, Reason Reason)
{
    /// <summary>The step; null if the path is that of the whole event.</summary>
    public SpecStep? Step { get; init; }

    /// <summary>The exception that the kernel's code raised; null if it raised none.</summary>
    public KernelException? Exception { get; init; }

    /// <summary>The registers that the marked instruction read, if it raised an exception.</summary>
    public IReadOnlyList<ReadRegister> Registers { get; init; } = [];

    /// <summary>The number of conditional jumps that were tried the other way.</summary>
    public int Turned { get; init; }

    /// <summary>The conditional jumps before the end, in order.</summary>
    public IEnumerable<Executed> Decisions => Last.Where(executed => executed.Jumps is not null);

    /// <summary>The instructions that computed the wrong value, in order.</summary>
    public IEnumerable<Executed> Origins => Last.Where(executed => executed.IsOrigin);

    /// <summary>The marked instruction; null if it is not among the last ones, or nothing was executed.</summary>
    public Executed? Deviating => Last.FirstOrDefault(executed => executed.Deviates);

    /// <summary>Whether a conditional jump was found that, the other way, makes image and spec agree.</summary>
    public bool IsMended => Last.Any(executed => executed.Mends);

    /// <summary>The last conditional jumps to show, in order; each instruction once.</summary>
    /// <remarks>
    /// The marked jump and jumps that mend come first in the choice. Then a step's own jumps come before those of
    /// routines for sets of threads. All steps run these routines, so a wrong jump in one of them fails in every step.
    /// An edit that is wrong in one step only is in the step's own code.
    /// </remarks>
    public IReadOnlyList<Executed> LastDecisions(int most)
    {
        var newest = Decisions.Reverse().DistinctBy(jump => jump.Address).ToList();
        var chosen = newest
            .OrderByDescending(jump => jump.Deviates)
            .ThenByDescending(jump => jump.Mends)
            .ThenByDescending(jump => jump.IsOwn)
            .Take(most)
            .ToHashSet(ReferenceEqualityComparer.Instance);
        newest.Reverse();
        return [.. newest.Where(chosen.Contains)];
    }
}
