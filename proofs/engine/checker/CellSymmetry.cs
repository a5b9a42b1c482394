namespace Verified.Proofs.Checker;

/// <summary>
/// Permutations of ids that change no behaviour of a system. A search that knows them visits one state for all those
/// that differ only in the names of ids: the one whose packed value is the smallest.
/// </summary>
/// <param name="Permutations">All permutations but the identity. They form a group with it.</param>
/// <param name="Row">The row of a column to which a row goes.</param>
/// <param name="Value">The value of a column to which a value goes.</param>
public sealed record CellSymmetry(
    IReadOnlyList<int[]> Permutations,
    Func<int, int, int[], int> Row,
    Func<int, int, int[], int> Value
)
{
    /// <summary>All permutations of the numbers from 0 on that keep number 0, but the identity.</summary>
    public static IReadOnlyList<int[]> OfAllButFirst(int count)
    {
        List<int[]> all =
        [
            [0],
        ];
        for (var n = 1; n < count; n++)
            all =
            [
                .. all.SelectMany(shorter =>
                    Enumerable.Range(1, shorter.Length).Select(at => (int[])[.. shorter[..at], n, .. shorter[at..]])
                ),
            ];
        return [.. all.Where(permutation => permutation.Where((to, from) => to != from).Any())];
    }
}

/// <summary>A symmetry as a function on the packed states of a system.</summary>
internal sealed class PackedSymmetry
{
    // For each permutation: each cell with its place, its new place, and the new values of its values.
    private readonly (int At, ulong Mask, int To, ulong[] Values)[][] _moves;

    public PackedSymmetry(CellSymmetry symmetry, IReadOnlyList<CellColumn> columns)
    {
        var cells = new Cells(columns);
        _moves =
        [
            .. symmetry.Permutations.Select(permutation =>
                columns
                    .SelectMany(
                        (column, number) =>
                            Enumerable
                                .Range(0, column.Rows)
                                .Select(row =>
                                {
                                    var (at, bits) = cells.Place(number, row);
                                    return (
                                        at,
                                        (1UL << bits) - 1,
                                        cells.Place(number, symmetry.Row(number, row, permutation)).At,
                                        Enumerable
                                            .Range(0, column.Values)
                                            .Select(value => (ulong)symmetry.Value(number, value, permutation))
                                            .ToArray()
                                    );
                                })
                    )
                    .ToArray()
            ),
        ];
    }

    /// <summary>How many permutations there are, without the identity.</summary>
    public int Count => _moves.Length;

    /// <summary>A state with permuted ids.</summary>
    public ulong Permuted(ulong state, int permutation)
    {
        var result = 0UL;
        foreach (var (at, mask, to, values) in _moves[permutation])
            result |= values[state >> at & mask] << to;
        return result;
    }

    /// <summary>The state that stands for all those with the same behaviour.</summary>
    public ulong Representative(ulong state)
    {
        var least = state;
        for (var n = 0; n < _moves.Length; n++)
            least = Math.Min(least, Permuted(state, n));
        return least;
    }

    /// <summary>How many states a representative stands for.</summary>
    public int StatesOf(ulong state)
    {
        var all = new HashSet<ulong> { state };
        for (var n = 0; n < _moves.Length; n++)
            all.Add(Permuted(state, n));
        return all.Count;
    }
}
