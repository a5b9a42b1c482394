namespace Verified.Proofs.Certify;

/// <summary>
/// The operations of the value domain as gates, on words of any width: arrays of literals, the lowest bit first. The
/// tests compare each operation with the concrete domain.
/// </summary>
public static class WordCircuits
{
    public static int[] Constant(uint value, int width = 32) =>
        [.. Enumerable.Range(0, width).Select(bit => Circuit.Constant((value >> bit & 1) != 0))];

    /// <summary>
    /// A word of <paramref name="width"/> bits that may have any value of its lowest bits; the others are 0.
    /// </summary>
    public static int[] Input(Circuit gates, int bits, int width = 32) =>
        [.. Enumerable.Range(0, width).Select(bit => bit < bits ? gates.Input() : Circuit.False)];

    public static int[] Not(int[] a) => Array.ConvertAll(a, bit => -bit);

    public static int[] And(Circuit gates, int[] a, int[] b) => Bitwise(a, b, gates.And);

    public static int[] Or(Circuit gates, int[] a, int[] b) => Bitwise(a, b, gates.Or);

    public static int[] Xor(Circuit gates, int[] a, int[] b) => Bitwise(a, b, gates.Xor);

    public static int[] Select(Circuit gates, int condition, int[] a, int[] b) =>
        Bitwise(a, b, (x, y) => gates.Select(condition, x, y));

    public static int[] Add(Circuit gates, int[] a, int[] b) => Sum(gates, a, b, Circuit.False);

    public static int[] Subtract(Circuit gates, int[] a, int[] b) => Sum(gates, a, Not(b), Circuit.True);

    /// <summary>The low half of the product.</summary>
    public static int[] Multiply(Circuit gates, int[] a, int[] b)
    {
        var product = Constant(0, a.Length);
        for (var bit = 0; bit < b.Length; bit++)
        {
            if (b[bit] == Circuit.False)
                continue;
            var row = new int[a.Length];
            for (var i = 0; i < row.Length; i++)
                row[i] = i < bit ? Circuit.False : gates.And(a[i - bit], b[bit]);
            product = Add(gates, product, row);
        }

        return product;
    }

    /// <summary>The high half of the product.</summary>
    public static int[] MultiplyHigh(Circuit gates, int[] a, int[] b) =>
        Multiply(gates, [.. a, .. Constant(0, a.Length)], [.. b, .. Constant(0, b.Length)])[a.Length..];

    /// <summary>
    /// The low half of the quotient, and the remainder, of a word of twice the width. Division by 0 gives all ones, and
    /// the low half of the dividend.
    /// </summary>
    public static (int[] Quotient, int[] Remainder) Divide(Circuit gates, int[] high, int[] low, int[] divisor)
    {
        var dividend = (int[])[.. low, .. high];
        var quotient = new int[dividend.Length];

        // The remainder has one bit more than the divisor: it is less than the divisor, and then takes in the next bit
        // of the dividend.
        var (wide, rest) = ((int[])[.. divisor, Circuit.False], Constant(0, divisor.Length + 1));
        for (var bit = dividend.Length - 1; bit >= 0; bit--)
        {
            rest = [dividend[bit], .. rest[..^1]];
            quotient[bit] = -Less(gates, rest, wide);
            rest = Select(gates, quotient[bit], Subtract(gates, rest, wide), rest);
        }

        return (quotient[..low.Length], rest[..^1]);
    }

    public static int[] ShiftLeft(Circuit gates, int[] a, int[] count)
    {
        Array.Reverse(a = [.. a]);
        var shifted = ShiftRight(gates, a, count);
        Array.Reverse(shifted);
        return shifted;
    }

    public static int[] ShiftRight(Circuit gates, int[] a, int[] count) => Shift(gates, a, count, Circuit.False);

    public static int[] ShiftRightSigned(Circuit gates, int[] a, int[] count) => Shift(gates, a, count, a[^1]);

    /// <summary>The number of the lowest bit that is set; 0 if none is.</summary>
    public static int[] LowestBit(Circuit gates, int[] a) => First(gates, a, Enumerable.Range(0, a.Length));

    /// <summary>The number of the highest bit that is set; 0 if none is.</summary>
    public static int[] HighestBit(Circuit gates, int[] a) => First(gates, a, Enumerable.Range(0, a.Length).Reverse());

    public static int Equal(Circuit gates, int[] a, int[] b)
    {
        var equal = Circuit.True;
        for (var i = 0; i < a.Length; i++)
            equal = gates.And(equal, -gates.Xor(a[i], b[i]));
        return equal;
    }

    /// <summary>Whether a borrow comes out of a - b.</summary>
    public static int Less(Circuit gates, int[] a, int[] b)
    {
        var borrow = Circuit.False;
        for (var i = 0; i < a.Length; i++)
            borrow = gates.Majority(-a[i], b[i], borrow);
        return borrow;
    }

    public static int LessSigned(Circuit gates, int[] a, int[] b) =>
        Less(gates, [.. a[..^1], -a[^1]], [.. b[..^1], -b[^1]]);

    /// <summary>True if the lowest 8 bits contain an even number of ones.</summary>
    public static int EvenParity(Circuit gates, int[] a) => -a.Take(8).Aggregate(Circuit.False, gates.Xor);

    private static int[] Bitwise(int[] a, int[] b, Func<int, int, int> gate)
    {
        var result = new int[a.Length];
        for (var i = 0; i < result.Length; i++)
            result[i] = gate(a[i], b[i]);
        return result;
    }

    private static int[] Sum(Circuit gates, int[] a, int[] b, int carry)
    {
        var sum = new int[a.Length];
        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] = gates.Xor(gates.Xor(a[i], b[i]), carry);
            carry = gates.Majority(a[i], b[i], carry);
        }

        return sum;
    }

    /// <summary>
    /// Shifts by each bit of the count, one after the other. A count above the width leaves only the fill.
    /// </summary>
    private static int[] Shift(Circuit gates, int[] a, int[] count, int fill)
    {
        var (shifted, beyond) = (a, Circuit.False);
        for (var stage = 0; stage < count.Length; stage++)
        {
            if (stage >= 31 || 1 << stage >= a.Length)
            {
                beyond = gates.Or(beyond, count[stage]);
                continue;
            }

            var (from, distance) = (shifted, 1 << stage);
            shifted = new int[a.Length];
            for (var i = 0; i < shifted.Length; i++)
            {
                var moved = i + distance < from.Length ? from[i + distance] : fill;
                shifted[i] = gates.Select(count[stage], moved, from[i]);
            }
        }

        return Array.ConvertAll(shifted, bit => gates.Select(beyond, fill, bit));
    }

    private static int[] First(Circuit gates, int[] a, IEnumerable<int> order)
    {
        var number = Constant(0, a.Length);
        foreach (var bit in order.Reverse())
            number = Select(gates, a[bit], Constant((uint)bit, a.Length), number);
        return number;
    }
}
