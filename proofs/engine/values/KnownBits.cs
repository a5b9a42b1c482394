using static Verified.Proofs.Values.Pattern;

namespace Verified.Proofs.Values;

/// <summary>The bits that the result of an operation may have, computed from those of its operands.</summary>
public static class KnownBits
{
    private static readonly Pattern s_all = uint.MaxValue;

    private static readonly Pattern s_a = Constant("a", 0),
        s_b = Constant("b", 1),
        s_c = Constant("c", 2);

    /// <summary>The bound per operation; if there is none, every bit may be set. a, b, c: the operands' bits.</summary>
    public static IReadOnlyDictionary<Op, Pattern> Bounds { get; } =
        new Dictionary<Op, Pattern>
        {
            [Op.And] = s_a & s_b,
            [Op.Or] = s_a | s_b,
            [Op.Xor] = s_a | s_b,
            [Op.Add] = s_a | s_b | (s_a + s_b),
            [Op.Subtract] = Above(s_a | s_b),
            [Op.Multiply] = Above(s_a) & Above(s_b),
            [Op.ShiftLeft] = Above(s_a),
            [Op.ShiftRight] = Below(s_a),
            [Op.Select] = s_b | s_c,
            [Op.LowestBit] = 31,
            [Op.HighestBit] = Below(Apply(Op.HighestBit, s_a)),
        };

    /// <summary>The bound of a shift whose count, b, is a constant.</summary>
    public static IReadOnlyDictionary<Op, Pattern> ShiftBounds { get; } =
        new Dictionary<Op, Pattern>
        {
            [Op.ShiftLeft] = s_a << s_b,
            [Op.ShiftRight] = s_a >> s_b,
            [Op.ShiftRightSigned] = Apply(Op.ShiftRightSigned, s_a, s_b),
        };

    /// <summary>The variables of the bounds, in the operands' order.</summary>
    public static IReadOnlyList<Pattern> Operands { get; } = [s_a, s_b, s_c];

    private static readonly Pattern?[] s_bounds = Table(Bounds),
        s_shiftBounds = Table(ShiftBounds);

    public static uint Of(Op op, ITerm? a, ITerm? b, ITerm? c)
    {
        var bound = b is Word { IsConstant: true } && s_shiftBounds[(int)op] is { } shift ? shift : s_bounds[(int)op];
        return bound is null ? uint.MaxValue : bound.Compute(BitsOf(a), BitsOf(b), BitsOf(c));
    }

    private static uint BitsOf(ITerm? operand) => operand is Word word ? word.Bits : 0;

    private static Pattern?[] Table(IReadOnlyDictionary<Op, Pattern> bounds)
    {
        var table = new Pattern?[OpMeaning.Operations];
        foreach (var (op, bound) in bounds)
            table[(int)op] = bound;
        return table;
    }

    /// <summary>All bits from the lowest of a mask up.</summary>
    private static Pattern Above(Pattern mask) => mask | (0 - mask);

    /// <summary>All bits from the highest of a mask down.</summary>
    private static Pattern Below(Pattern mask) => s_all >> (31 - Apply(Op.HighestBit, mask));
}
