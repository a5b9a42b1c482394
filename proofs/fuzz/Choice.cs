namespace Verified.Proofs.Fuzz;

/// <summary>A random choice among named alternatives.</summary>
/// <param name="rows">
/// The alternatives with their weights, which are percentages as long as their sum is 100. To make one of them ten
/// times as common, multiply its weight by ten.
/// </param>
public sealed class Choice<T>(params (double Weight, T What)[] rows)
    where T : struct, Enum
{
    private readonly double _total = rows.Sum(row => row.Weight);

    /// <summary>The alternatives with their shares in percent.</summary>
    public IEnumerable<(T What, double Percent)> Shares => rows.Select(row => (row.What, 100 * row.Weight / _total));

    public T Draw(Random random)
    {
        var at = random.NextDouble() * _total;
        foreach (var (weight, what) in rows)
            if ((at -= weight) < 0)
                return what;
        return rows[^1].What;
    }
}
