namespace Verified.Proofs.Diff;

/// <summary>The kernel does not end an event at a user instruction or idle.</summary>
/// <param name="What">The event in its place, in kernel words.</param>
/// <param name="Where">The place in the kernel's code, or the reason that the machine gives.</param>
public sealed record Failure(string What, string Where)
{
    public override string ToString() => $"{What}: {Where}";
}
