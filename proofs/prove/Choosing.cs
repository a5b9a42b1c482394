using Verified.Kernel;
using Verified.Proofs.Values;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>Choices among rows, symbolically: a fresh row with its defining property.</summary>
public sealed class Choosing(Terms terms, Universe universe, Exploration path)
{
    private readonly List<Symbolic> _choices = [];

    /// <summary>What the choices so far gave.</summary>
    public IReadOnlyList<Symbolic> Choices => _choices;

    /// <summary>The first row after a row, cyclically and the row itself last, that a predicate holds at.</summary>
    /// <param name="sort">What the rows are.</param>
    /// <param name="rows">How many: a power of two.</param>
    /// <param name="after">The row before the first candidate.</param>
    /// <param name="at">The predicate; it may be evaluated at any later time.</param>
    public (Truth Found, Symbolic Row) First(Sort sort, uint rows, Symbolic after, Func<Symbolic, Truth> at)
    {
        var (found, first) = Fresh("first", Bits(rows));
        Symbolic Distance(Symbolic row) => (row - after - 1) & (rows - 1);
        universe.Touch(sort, first);
        path.Assume(!found | universe.Quietly(() => at(first)));
        universe.ForAllHere(sort, row => !(row < rows) | !at(row) | (found & (Distance(first) <= Distance(row))));
        _choices.Add(first);
        return (found, first);
    }

    /// <summary>The greatest key of the rows that a predicate holds at; 0 if it holds at none.</summary>
    /// <param name="sort">What the rows are.</param>
    /// <param name="rows">How many.</param>
    /// <param name="keys">How many keys there are.</param>
    /// <param name="at">The predicate; it may be evaluated at any later time.</param>
    /// <param name="key">The key of a row; likewise.</param>
    public (Truth Found, Symbolic Key) Greatest(
        Sort sort, uint rows, uint keys, Func<Symbolic, Truth> at, Func<Symbolic, Symbolic> key)
    {
        var (found, greatest) = Fresh("greatest", Bits(keys));
        var witness = terms.Variable($"witness!{_choices.Count}", Bits(rows));
        universe.Touch(sort, witness);
        path.Assume(found | greatest == 0);
        path.Assume(!found | universe.Quietly(() => at(witness) & key(witness) == greatest));
        universe.ForAllHere(sort, row => !(row < rows) | !at(row) | (found & (key(row) <= greatest)));
        _choices.Add(greatest);
        return (found, greatest);
    }

    private (Truth Found, Symbolic Choice) Fresh(string name, int bits)
    {
        Symbolic found = terms.Variable($"found!{_choices.Count}", 1), choice = terms.Variable($"{name}!{_choices.Count}", bits);
        return (found == 1, choice);
    }

    private static int Bits(uint rows) => Math.Max(1, System.Numerics.BitOperations.Log2(rows));
}
