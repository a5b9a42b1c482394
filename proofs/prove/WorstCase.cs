namespace Verified.Proofs.Prove;

/// <summary>
/// What the longest path of some takes, from one cut point to the next. Each figure is the largest of all paths, not of
/// one.
/// </summary>
/// <param name="Instructions">Instructions, without the INT or the interrupt that it begins with.</param>
/// <param name="Cycles">
/// Cycles of the first Pentium's model, all accesses hit, all branches as expected; INT, exception or interrupt
/// included.
/// </param>
/// <param name="Missing">The same where every access misses and no branch is expected.</param>
public readonly record struct WorstCase(int Instructions, long Cycles, long Missing)
{
    public WorstCase Or(WorstCase other) =>
        new(
            Math.Max(Instructions, other.Instructions),
            Math.Max(Cycles, other.Cycles),
            Math.Max(Missing, other.Missing)
        );

    public override string ToString() =>
        $"{Instructions:N0} instructions" + (Cycles > 0 ? $", {Cycles:N0} cycles, {Missing:N0} if all misses" : "");
}
