namespace Verified.Proofs.Mutation;

/// <summary>Some of many, chosen at random.</summary>
public static class Sample
{
    /// <summary>
    /// The given number of them, all different, chosen by a seed, in their order; all if there are fewer.
    /// </summary>
    public static IReadOnlyList<T> Of<T>(IReadOnlyList<T> all, int count, int seed)
    {
        var indices = Enumerable.Range(0, all.Count).ToArray();
        new Random(seed).Shuffle(indices);
        return [.. indices.Take(count).Order().Select(i => all[i])];
    }
}
