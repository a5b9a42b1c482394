using System.Globalization;

namespace Verified.Proofs.Commands.Shards;

/// <summary>
/// A part of a command's work: the parts of all shards are disjoint, and together they are the whole.
/// </summary>
/// <param name="Number">From 1 on.</param>
/// <param name="Of">The number of shards.</param>
public sealed record Shard(int Number, int Of)
{
    /// <summary>The most shards.</summary>
    public const int Most = 10_000;

    /// <summary>The whole work.</summary>
    public static readonly Shard Whole = new(1, 1);

    /// <summary>A shard written as <c>2/5</c>; null if the text is none.</summary>
    public static Shard? Parse(string text) =>
        text.Split('/') is [var number, var of]
        && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var i)
        && int.TryParse(of, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
        && i >= 1
        && i <= n
        && n <= Most
            ? new(i, n)
            : null;

    /// <summary>This shard's part of a number of equal things: its first one, and how many it has.</summary>
    public (int First, int Count) PartOf(int count)
    {
        var first = (int)((long)count * (Number - 1) / Of);
        return (first, (int)((long)count * Number / Of) - first);
    }

    /// <summary>This shard's part of a number of things that are made one after the other, rounded up.</summary>
    public long ShareOf(long count) => (count + Of - 1) / Of;

    /// <summary>
    /// This shard's part of unequal things, in their order. The heaviest is given first, each to the shard that has
    /// least so far.
    /// </summary>
    public IReadOnlyList<T> PartOf<T>(IReadOnlyList<T> all, Func<T, double> weight)
    {
        var (loads, mine) = (new double[Of], new List<int>());
        foreach (var n in Enumerable.Range(0, all.Count).OrderByDescending(n => weight(all[n])))
        {
            var shard = Array.IndexOf(loads, loads.Min());
            loads[shard] += weight(all[n]);
            if (shard == Number - 1)
                mine.Add(n);
        }

        return [.. mine.Order().Select(n => all[n])];
    }

    public override string ToString() => $"{Number}/{Of}";
}
