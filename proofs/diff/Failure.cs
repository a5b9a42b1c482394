namespace Verified.Proofs.Diff;

/// <summary>The kernel does not end an event at a user instruction or idle.</summary>
/// <param name="What">The event in its place, in kernel words.</param>
/// <param name="Where">The place in the kernel's code, or the reason that the machine gives.</param>
public sealed record Failure(string What, string Where)
{
    /// <summary>Whether the machine cannot execute the instruction, so that the path ends there.</summary>
    public bool IsAtInstruction { get; init; }

    public override string ToString() => $"{What}: {Where}";
}
