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

    // The kind of a random program depends on the remainders of its seed by 4 and by 10. So the programs with the same
    // remainder by this number go to the shards in turn.
    private const int Kinds = 20;

    /// <summary>
    /// The place of this shard's <paramref name="n"/>th thing among all things, both counted from 0. Every shard has as
    /// many things of each kind.
    /// </summary>
    public int PlaceOf(int n) => checked(n / Kinds * (Kinds * Of) + Places().ElementAt(n % Kinds));

    /// <summary>The number of things that this shard has, of a number of things.</summary>
    public int CountOf(int all)
    {
        var rest = all % (Kinds * Of);
        return all / (Kinds * Of) * Kinds + Places().Count(place => place < rest);
    }

    // This shard's places up to the first at which all begins again: one of each kind.
    private IEnumerable<int> Places() =>
        Enumerable.Range(0, Kinds).Select(kind => (Number - 1 + kind * (Of - 1)) % Of * Kinds + kind).Order();

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
