namespace Verified.Proofs.Paths;

/// <summary>
/// The cost of the longest path in a set of paths, from one cut point to the next. Each figure is the maximum over all
/// paths, so two figures may belong to different paths.
/// </summary>
/// <param name="Instructions">Instructions, without the INT or the interrupt that it begins with.</param>
/// <param name="Cycles">
/// Cycles of the first Pentium's model if all accesses hit and all branches go as expected. INT, exception or interrupt
/// included.
/// </param>
/// <param name="Missing">The same if every access misses and no branch goes as expected.</param>
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
