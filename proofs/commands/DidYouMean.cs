namespace Verified.Proofs.Commands;

/// <summary>Messages about unknown names, with the known name that was probably meant.</summary>
internal static class DidYouMean
{
    /// <summary>One line: the unknown name, the nearest known name, and where the known names are listed.</summary>
    /// <param name="what">The kind of the name, such as <c>theorem</c>.</param>
    /// <param name="name">The unknown name.</param>
    /// <param name="names">The known names.</param>
    /// <param name="how">How to find a known name.</param>
    public static string Line(string what, string name, IEnumerable<string> names, string how) =>
        $"there is no {what} '{name}'{(Nearest(name, names) is { } near ? $"; did you mean '{near}'? " : ": ")}{how}";

    /// <summary>
    /// The known name with the fewest differences; null if none is similar. A difference is a letter that is missing,
    /// added or wrong, or two letters in the wrong order.
    /// </summary>
    /// <param name="name">The unknown name.</param>
    /// <param name="names">The known names. The first of equally near ones is returned.</param>
    public static string? Nearest(string name, IEnumerable<string> names)
    {
        var (nearest, least) = ((string?)null, Math.Max(1, name.Length / 3) + 1);
        foreach (var known in names)
            if (Differences(name.ToLowerInvariant(), known.ToLowerInvariant()) is var count && count < least)
                (nearest, least) = (known, count);
        return nearest;
    }

    private static int Differences(string a, string b)
    {
        var counts = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        for (var j = 0; j <= b.Length; j++)
            counts[i, j] =
                i == 0 || j == 0
                    ? i + j
                    : Math.Min(
                        Math.Min(counts[i - 1, j], counts[i, j - 1]) + 1,
                        Math.Min(
                            counts[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1),
                            i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]
                                ? counts[i - 2, j - 2] + 1
                                : int.MaxValue
                        )
                    );
        return counts[a.Length, b.Length];
    }
}
