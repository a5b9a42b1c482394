using Verified.Kernel;
using Verified.Proofs.Mutation;

namespace Verified.Proofs.Commands;

/// <summary>How flipped bits are told: each that random programs let pass, and how many were found by which check.</summary>
public static class FlipReport
{
    private static readonly Fate[] Fates = Enum.GetValues<Fate>();

    /// <summary>One result in a line.</summary>
    public static string Line(KernelImage image, FlipResult result)
    {
        var by = result.By.Length > 0 ? $"{result.By}: " : "";
        var fate = result.Fate == Fate.Unknown ? "NO ANSWER" : Name(result.Fate);
        return $"{Name(image, result)}: {fate}, {by}{result.Why}, {result.Seconds:F1} s";
    }

    /// <summary>How many became what, in a line.</summary>
    public static string Counts(IReadOnlyCollection<FlipResult> results) =>
        string.Join(", ", Fates.Select(fate => $"{results.Count(result => result.Fate == fate)} {Name(fate)}"));

    /// <summary>The same a line each, with the theorems, and the slowest of each; the last of all.</summary>
    public static IEnumerable<string> Summary(KernelImage image, IReadOnlyCollection<FlipResult> results)
    {
        foreach (var fate in Fates)
        {
            var those = results.Where(result => result.Fate == fate).ToList();
            var theorems = those.Where(result => result.By.Length > 0).GroupBy(result => result.By)
                .OrderByDescending(group => group.Count()).ThenBy(group => group.Key).Select(group => $"{group.Count()} by {group.Key}").ToList();
            var slowest = those.MaxBy(result => result.Seconds);
            yield return $"{those.Count} {Name(fate)}" + (theorems.Count > 0 ? $", {string.Join(", ", theorems)}" : "")
                + (slowest is not null ? $"; the slowest, {Name(image, slowest)}, in {slowest.Seconds:F1} s" : "");
        }
    }

    private static string Name(KernelImage image, FlipResult result) => $"{image.Name(result.Flip.Address)} bit {result.Flip.Bit}";

    private static string Name(Fate fate) => fate switch
    {
        Fate.Unbootable => "not booting",
        Fate.Differs => "differ in random events",
        Fate.Refuted => "refuted",
        Fate.Equivalent => "proved to do the same",
        _ => "without an answer",
    };
}
