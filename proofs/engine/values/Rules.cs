using static Verified.Proofs.Values.Pattern;

namespace Verified.Proofs.Values;

/// <summary>
/// Every simplification that terms undergo, besides the folding of constants and the order of commutative operands.
/// Each is an equation between patterns that the tests prove for all words. The tests refuse a rule that can never
/// apply.
/// </summary>
/// <remarks>
/// The rules lead to these forms. Constants are last and outermost in sums, and masks are outside shifts. A sum
/// replaces an OR or XOR without carries. A difference has only two terms. In each group the first
/// rule that applies is used.
/// </remarks>
public static class Rules
{
    private const uint Top = 0x80000000;

    private static readonly Pattern zero = 0,
        one = 1,
        all = uint.MaxValue;
    private static readonly Pattern x = Word("x", 0),
        y = Word("y", 1),
        z = Word("z", 2);
    private static readonly Pattern c = Constant("c", 3),
        d = Constant("d", 4),
        k = Constant("k", 5);
    private static readonly Pattern p = Condition("p", 6),
        q = Condition("q", 7),
        r = Condition("r", 8);
    private static readonly Pattern yes = Apply(TermOp.True),
        no = Apply(TermOp.False);

    /// <summary>
    /// A sum that makes no carry is the OR: the lemma by which <see cref="SolverTranslation"/> avoids an adder.
    /// </summary>
    public static Rule DisjointSum { get; } = new(x + y, x | y, Disjoint(x, y));

    // CS1718: x == x is a pattern.
#pragma warning disable CS1718
    public static IReadOnlyList<Rule> Table { get; } =
    [
        // Sums.
        new(x + 0, x),
        new((x + c) + d, x + (c + d)),
        new((c - x) + d, (c + d) - x),
        new((c - x) + y, (y - x) + c),
        new((x + c) + y, (x + y) + c),
        new((x - y) + y, x),
        new(x + x, x << 1),
        new((x & c) + (x & d), x & (c | d), (c & d) == 0),
        new((y + (x & c)) + (x & d), y + (x & (c | d)), (c & d) == 0),
        new(Select(p, c, d) + k, Select(p, c + k, d + k)),
        new(Select(p, x - y, 0) + y, Select(p, x, y)),
        new(Select(p, x + c, 0) + d, Select(p, x, d), (c + d) == 0),
        new((Select(p, x - (c - y), 0) - y) + c, Select(p, x, c - y)),
        // Differences.
        new(x - c, x + (0 - c)),
        new(x - x, 0),
        new((x + y) - x, y),
        new(x - (x + y), 0 - y),
        new((x + y) - (x + z), y - z),
        new(c - (x + d), (c - d) - x),
        new(c - (d - x), x + (c - d)),
        new(0 - (x - y), y - x),
        new((x + c) - y, (x - y) + c),
        new(x - (y + c), (x - y) + (0 - c)),
        new((x - y) - x, 0 - y),
        new(x - (x - y), y),
        new(c - Select(p, d, k), Select(p, c - d, c - k)),
        // Products, quotients.
        new(x * 0, 0),
        new(x * 1, x),
        new(x * c, x << Lowest(c), IsPowerOf2(c)),
        new((x * c) * d, x * (c * d)),
        new((x + c) * d, (x * d) + (c * d)),
        new(Select(p, c, d) * k, Select(p, c * k, d * k)),
        new(Apply(TermOp.MultiplyHigh, x, 0), 0),
        new(Apply(TermOp.MultiplyHigh, x, 1), 0),
        new(Apply(TermOp.MultiplyHigh, x, c), x >> (32 - Lowest(c)), IsPowerOf2(c)),
        new(Apply(TermOp.Quotient, 0, x, c), x >> Lowest(c), IsPowerOf2(c)),
        new(Apply(TermOp.Remainder, 0, x, c), x & (c - 1), IsPowerOf2(c)),
        // Masks.
        new(x & c, 0, (Bits(x) & c) == 0),
        new(x & c, x, (Bits(x) & ~c) == 0),
        new((x & c) & d, x & (c & d)),
        new((x & c) & y, (x & y) & c),
        new(x & x, x),
        new(x & (x & y), x & y),
        new(x & (x | y), x),
        new(x & ~x, 0),
        new(x & y, 0, Disjoint(x, y)),
        new((x + y) & c, y & c, c < (Bits(x) & (0 - Bits(x)))),
        new((x + y) & c, y & c, Disjoint(x, y) & ((Bits(x) & c) == 0)),
        new((x + c) & d, (x & d) + (c & d), (Bits(x) & c) == 0),
        new((x | y) & c, y & c, (Bits(x) & c) == 0),
        new((x ^ y) & c, y & c, (Bits(x) & c) == 0),
        new((x ^ c) & d, (x & d) ^ (c & d), (c & ~d) != 0),
        new(Select(p, c, d) & k, Select(p, c & k, d & k)),
        new(x & Select(p, all, 0), Select(p, x, 0)),
        new(x & Select(p, 0, all), Select(p, 0, x)),
        new(x & c, x & (c & Bits(x)), (c & ~Bits(x)) != 0),
        // OR.
        new(x | 0, x),
        new(x | c, (x & ~c) + c),
        new(x | x, x),
        new(x | (x & y), x),
        new(x | (x | y), x | y),
        new(x | ~x, all),
        new(x | y, x + y, Disjoint(x, y)),
        new((x & c) | (x & d), x & (c | d)),
        new(Select(p, c, 0) | Select(q, c, 0), Select(p | q, c, 0)),
        // Exclusive OR.
        new(x ^ 0, x),
        new(x ^ x, 0),
        new((x ^ c) ^ d, x ^ (c ^ d)),
        new((x ^ c) ^ y, (x ^ y) ^ c),
        new((x ^ y) ^ x, y),
        new(x ^ y, x + y, Disjoint(x, y)),
        new(Select(p, c, d) ^ k, Select(p, c ^ k, d ^ k)),
        new(Select(p, x ^ y, 0) ^ y, Select(p, x, y)),
        // Shifts to the left.
        new(x << c, 0, c >= 32),
        new(x << 0, x),
        new(zero << x, 0),
        new(x << c, 0, (Bits(x) << c) == 0),
        new((x << c) << d, x << (c + d), (c < 32) & (d < 32)),
        new((x >> c) << c, x & (all << c)),
        new((x >> c) << d, (x >> (c - d)) & (all << d), (d < c) & (c < 32)),
        new((x >> c) << d, (x << (d - c)) & (all << d), (c < d) & (d < 32)),
        new((x & c) << k, (x << k) & (c << k)),
        new((x + c) << k, (x << k) + (c << k)),
        new(Select(p, c, d) << k, Select(p, c << k, d << k)),
        // Shifts to the right.
        new(x >> c, 0, (Bits(x) >> c) == 0),
        new(x >> 0, x),
        new(zero >> x, 0),
        new((x >> c) >> d, x >> (c + d), (c < 32) & (d < 32)),
        new((x << c) >> c, x & (all >> c)),
        new((x << c) >> d, (x << (c - d)) & (all >> d), (d < c) & (c < 32)),
        new((x << c) >> d, (x >> (d - c)) & (all >> d), (c < d) & (d < 32)),
        new((x & c) >> k, (x >> k) & (c >> k)),
        new((x + y) >> k, (x >> k) + (y >> k), NoCarryAt(k, x, y)),
        new(Select(p, c, d) >> k, Select(p, c >> k, d >> k)),
        new(c >> Select(p, d, k), Select(p, c >> d, c >> k)),
        new(Signed(x, 0), x),
        new(Signed(x, c), x >> c, Bits(x) < Top),
        new(Signed(x, c), Signed(x, 31), c > 31),
        new(Signed(Select(p, c, d), k), Select(p, Signed(c, k), Signed(d, k))),
        // Bit scans.
        new(Lowest(one << x), x, Bits(x) <= 31),
        new(Apply(TermOp.HighestBit, one << x), x, Bits(x) <= 31),
        // Selections.
        new(Select(yes, x, y), x),
        new(Select(no, x, y), y),
        new(Select(!p, x, y), Select(p, y, x)),
        new(Select(p, x, x), x),
        new(Select(p, Select(p, x, y), z), Select(p, x, z)),
        new(Select(p, x, Select(p, y, z)), Select(p, x, z)),
        new(Select(y == 0, x, x << y), x << y),
        new(Select(y == 0, x, x >> y), x >> y),
        new(Select(y == c, x, x << (y ^ c)), x << (y ^ c)),
        new(Select(y == c, x, x >> (y ^ c)), x >> (y ^ c)),
        // Equality.
        new(x == x, yes),
        new(x == c, no, (c & ~Bits(x)) != 0),
        new((x + c) == d, x == (d - c)),
        new((c - x) == d, x == (c - d)),
        new((x + y) == (x + z), y == z),
        new((x + y) == x, y == 0),
        new((x - y) == 0, x == y),
        new((x ^ c) == d, x == (c ^ d)),
        new((x ^ y) == 0, x == y),
        new((x << k) == c, x == (c >> k), Fits(x, k) & (((c >> k) << k) == c)),
        new((x << k) == (y << k), x == y, Fits(x, k) & Fits(y, k)),
        new(x == c, !(x == 0), (Bits(x) == c) & IsPowerOf2(c)),
        new(Select(p, c, d) == k, p, (c == k) & (d != k)),
        new(Select(p, c, d) == k, !p, (c != k) & (d == k)),
        new(Select(p, c, d) == k, no, (c != k) & (d != k)),
        new(Select(p, x, c) == d, p & (x == d), c != d),
        new(Select(p, c, x) == d, !p & (x == d), c != d),
        new(Select(p, x, c) == c, !p | (x == c)),
        new(Select(p, c, x) == c, p | (x == c)),
        // Order.
        new(x < x, no),
        new(x < 0, no),
        new(x < c, yes, Bits(x) < c),
        new(c < x, no, c >= Bits(x)),
        new(x < 1, x == 0),
        new(0 < x, x != 0),
        new(Select(p, c, d) < k, p, (c < k) & (d >= k)),
        new(Select(p, c, d) < k, !p, (c >= k) & (d < k)),
        new(Select(p, c, d) < k, no, (c >= k) & (d >= k)),
        new(k < Select(p, c, d), p, (k < c) & (k >= d)),
        new(k < Select(p, c, d), !p, (k >= c) & (k < d)),
        new(k < Select(p, c, d), yes, (k < c) & (k < d)),
        new(Apply(TermOp.LessSigned, x, x), no),
        new(Apply(TermOp.LessSigned, x, y), x < y, (Bits(x) < Top) & (Bits(y) < Top)),
        // Parity.
        new(Apply(TermOp.EvenParity, x & c), Apply(TermOp.EvenParity, x), (c & 0xFF) == 0xFF),
        // Conjunction.
        new(p & p, p),
        new(p & yes, p),
        new(p & no, no),
        new(p & !p, no),
        new(p & (p & q), p & q),
        new(p & (!p & q), no),
        new(p & (p | q), p),
        new(p & (!p | q), p & q),
        new(!p & (p | q), !p & q),
        new(!p & (p & q), no),
        new((x == c) & (x == d), no, c != d),
        new((x == c) & (x != d), x == c, c != d),
        // Disjunction.
        new(p | p, p),
        new(p | no, p),
        new(p | yes, yes),
        new(p | !p, yes),
        new(p | (p | q), p | q),
        new(p | (!p | q), yes),
        new(p | (p & q), p),
        new(p | (!p & q), p | q),
        new(!p | (p & q), !p | q),
        new(!p | (p | q), yes),
        new((p & q) | (!p & q), q),
        new((x != c) | (x != d), yes, c != d),
        new((x != c) | (x == d), x != c, c != d),
        // Negation.
        new(!!p, p),
    ];
#pragma warning restore CS1718

    /// <summary>
    /// The rules for an operation, in the table's order, each in every order of commutative operands.
    /// </summary>
    private static readonly Rule[][] s_byOp =
    [
        .. Enum.GetValues<TermOp>().Select(op => Table.Where(rule => rule.Left.Op == op).SelectMany(Orders).ToArray()),
    ];

    /// <summary>The result of the first rule that applies to an operation, or null.</summary>
    public static ITerm? Rewrite(Terms terms, TermOp op, ITerm a, ITerm? b, ITerm? c)
    {
        foreach (var rule in s_byOp[(int)op])
        {
            var match = default(Match);
            if (!rule.Left.MatchesOperands(a, b, c, ref match))
                continue;
            if (rule.When is { } condition && condition.Compute(match) == 0)
                continue;
            return rule.Right.Build(terms, match);
        }

        return null;
    }

    private static IEnumerable<Rule> Orders(Rule rule) => rule.Left.Orders().Select(left => rule with { Left = left });

    private static Pattern Select(Pattern condition, Pattern a, Pattern b) => Apply(TermOp.Select, condition, a, b);

    private static Pattern Signed(Pattern word, Pattern count) => Apply(TermOp.ShiftRightSigned, word, count);

    private static Pattern Lowest(Pattern word) => Apply(TermOp.LowestBit, word);

    private static Pattern IsPowerOf2(Pattern number) => (number != 0) & ((number & (number - 1)) == 0);

    private static Pattern Disjoint(Pattern a, Pattern b) => (Bits(a) & Bits(b)) == 0;

    /// <summary>No bit is lost in a shift to the left.</summary>
    private static Pattern Fits(Pattern word, Pattern count) => ((Bits(word) << count) >> count) == Bits(word);

    /// <summary>
    /// The low <paramref name="count"/> bits of two words add up without a carry, and so do the words.
    /// </summary>
    private static Pattern NoCarryAt(Pattern count, Pattern a, Pattern b)
    {
        var low = ~(all << count);
        return ((Bits(a) & low) + (Bits(b) & low) <= low) & (Bits(a) + Bits(b) >= Bits(a));
    }
}
