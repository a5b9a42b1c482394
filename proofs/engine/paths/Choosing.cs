using Verified.Proofs.Values;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Paths;

/// <summary>
/// Choices among rows, symbolically: a fresh row with its defining property. If spec or code has made a choice before,
/// the same choice is used again, because its property determines it.
/// </summary>
public sealed class Choosing(Terms terms, Instances instances, Exploration path)
{
    private sealed record Choice(
        Table Table,
        Symbolic? After,
        Func<Symbolic, Truth> At,
        Func<Symbolic, Symbolic>? Key,
        Truth Found,
        Symbolic Result
    );

    private readonly List<Choice> _choices = [];

    /// <summary>The results of the choices so far.</summary>
    public IReadOnlyList<Symbolic> Results => _choices.ConvertAll(choice => choice.Result);

    /// <summary>
    /// The first row after a given row at which a predicate holds. The order is cyclic, and the given row comes last.
    /// </summary>
    /// <param name="table">The table of the rows.</param>
    /// <param name="rows">The number of rows: a power of two.</param>
    /// <param name="after">The row before the first candidate.</param>
    /// <param name="at">The predicate; it may be evaluated at any later time.</param>
    public (Truth Found, Symbolic Row) First(Table table, uint rows, Symbolic after, Func<Symbolic, Truth> at) =>
        Earlier(table, rows, after, at, null) ?? Add(table, after, at, null, "first", rows, (found, first) =>
        {
            Symbolic Distance(Symbolic row) => (row - after - 1) & (rows - 1);
            instances.Touch(table, first);
            path.Assume(!found | instances.Quietly(() => at(first)));
            instances.ForAllHere(table, row => !(row < rows) | !at(row) | (found & (Distance(first) <= Distance(row))));
        });

    /// <summary>The greatest key of the rows at which a predicate holds; 0 if it holds at no row.</summary>
    /// <param name="table">The table of the rows.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="keys">The number of keys.</param>
    /// <param name="at">The predicate; it may be evaluated at any later time.</param>
    /// <param name="key">The key of a row, also evaluated at any later time.</param>
    public (Truth Found, Symbolic Key) Greatest(
        Table table,
        uint rows,
        uint keys,
        Func<Symbolic, Truth> at,
        Func<Symbolic, Symbolic> key
    ) => Earlier(table, rows, null, at, key) ?? Add(table, null, at, key, "greatest", keys, (found, greatest) =>
        {
            var witness = terms.Variable($"witness!{_choices.Count}", Bits(rows));
            instances.Touch(table, witness);
            path.Assume(found | greatest == 0);
            path.Assume(!found | instances.Quietly(() => at(witness) & key(witness) == greatest));
            instances.ForAllHere(table, row => !(row < rows) | !at(row) | (found & (key(row) <= greatest)));
        });

    private (Truth, Symbolic)? Earlier(
        Table table,
        uint rows,
        Symbolic? after,
        Func<Symbolic, Truth> at,
        Func<Symbolic, Symbolic>? key
    )
    {
        Symbolic any = terms.Variable($"any-{table}", Bits(rows));
        foreach (var choice in _choices)
        {
            if (choice.Table != table || !Equals(choice.After, after) || choice.Key is null != key is null)
                continue;
            var same = instances.Quietly(() =>
            {
                var (here, there) = (at(any), choice.At(any));
                return here == there & (key is null ? true : !here | key(any) == choice.Key!(any));
            });
            if (path.Shows(same))
                return (choice.Found, choice.Result);
        }

        return null;
    }

    private (Truth, Symbolic) Add(
        Table table,
        Symbolic? after,
        Func<Symbolic, Truth> at,
        Func<Symbolic, Symbolic>? key,
        string name,
        uint values,
        Action<Truth, Symbolic> define
    )
    {
        Symbolic found = terms.Variable($"found!{_choices.Count}", 1),
            result = terms.Variable($"{name}!{_choices.Count}", Bits(values));
        define(found == 1, result);
        _choices.Add(new(table, after, at, key, found == 1, result));
        return (found == 1, result);
    }

    private static int Bits(uint rows) => Math.Max(1, System.Numerics.BitOperations.Log2(rows));
}
