using Verified.Proofs.Events;
using Verified.Proofs.Mutation;

namespace Verified.Proofs.Commands;

/// <summary>
/// Reports flipped bits: each bit that passed every check, and the number that each check found, by region.
/// </summary>
public static class FlipReport
{
    private static readonly Fate[] Fates = Enum.GetValues<Fate>();

    /// <summary>One result in one line.</summary>
    /// <param name="result">The result.</param>
    /// <param name="place">The place of the bit.</param>
    public static string Line(FlipResult result, string place)
    {
        var by = result.By.Length > 0 ? $"{result.By}: " : "";
        var fate = result.Fate == Fate.Unknown ? "NO ANSWER" : Name(result.Fate);
        return $"{place} bit {result.Flip.Bit}: {fate}, {by}{result.Why}, {result.Seconds:F1} s";
    }

    /// <summary>The place of a bit: the symbol before its address, or its offset in the file.</summary>
    public static string Place(Kernel.KernelImage image, uint? linear, Flip flip) =>
        linear is { } address ? image.Name(address) : $"file+{flip.Offset:X}h";

    /// <summary>The number of bits with each outcome, in one line.</summary>
    public static string Counts(IReadOnlyCollection<FlipResult> results) =>
        string.Join(
            ", ",
            Fates
                .Where(fate => fate == Fate.Unknown || results.Any(result => result.Fate == fate))
                .Select(fate => $"{results.Count(result => result.Fate == fate)} {Name(fate)}")
        );

    /// <summary>One line per region: its score, and the number of bits with each outcome.</summary>
    public static IEnumerable<string> ByRegion(IReadOnlyCollection<FlipResult> results) =>
        results
            .GroupBy(result => result.Region)
            .Select(group => $"{group.Key}: {Score([.. group])}: {Counts([.. group])}");

    /// <summary>The number of noticed flips, of those that may have an effect.</summary>
    public static string Score(IReadOnlyCollection<FlipResult> results)
    {
        var effective = results.Where(result => result.Fate is not (Fate.Equivalent or Fate.NoEffect)).ToList();
        return $"{effective.Count(result => result.Fate != Fate.Unknown)} of {effective.Count} noticed";
    }

    /// <summary>A line for each fate, with the theorems, and the slowest of each; the last of all.</summary>
    public static IEnumerable<string> Summary(IReadOnlyCollection<FlipResult> results, Func<Flip, string> place)
    {
        foreach (var fate in Fates)
        {
            var those = results.Where(result => result.Fate == fate).ToList();
            if (those.Count == 0 && fate != Fate.Unknown)
                continue;
            var theorems = those
                .Where(result => result.By.Length > 0)
                .GroupBy(result => result.By)
                .OrderByDescending(group => group.Count())
                .ThenBy(group => group.Key)
                .Select(group => $"{group.Count()} by {group.Key}")
                .ToList();
            var slowest = those.MaxBy(result => result.Seconds);
            yield return $"{those.Count} {Name(fate)}"
                + (theorems.Count > 0 ? $", {string.Join(", ", theorems)}" : "")
                + (
                    slowest is not null
                        ? $"; the slowest, {place(slowest.Flip)} bit {slowest.Flip.Bit}, in {slowest.Seconds:F1} s"
                        : ""
                );
        }
    }

    private static string Name(Fate fate) =>
        fate switch
        {
            Fate.Unreadable => "refused as a file",
            Fate.Unbootable => "not booting",
            Fate.Misbooted => "refused by the boot checks",
            Fate.Differs => "differ in random events",
            Fate.Discontent => "end the run otherwise",
            Fate.Refuted => "refuted",
            Fate.Equivalent => "proved to do the same",
            Fate.NoEffect => "without effect",
            _ => "without an answer",
        };
}
