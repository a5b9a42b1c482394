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
    public static IReadOnlyDictionary<TermOp, Pattern> Bounds { get; } =
        new Dictionary<TermOp, Pattern>
        {
            [TermOp.And] = s_a & s_b,
            [TermOp.Or] = s_a | s_b,
            [TermOp.Xor] = s_a | s_b,
            [TermOp.Add] = s_a | s_b | (s_a + s_b),
            [TermOp.Subtract] = Above(s_a | s_b),
            [TermOp.Multiply] = Above(s_a) & Above(s_b),
            [TermOp.ShiftLeft] = Above(s_a),
            [TermOp.ShiftRight] = Below(s_a),
            [TermOp.Select] = s_b | s_c,
            [TermOp.LowestBit] = 31,
            [TermOp.HighestBit] = Below(Apply(TermOp.HighestBit, s_a)),
        };

    /// <summary>The bound of a shift whose count, b, is a constant.</summary>
    public static IReadOnlyDictionary<TermOp, Pattern> ShiftBounds { get; } =
        new Dictionary<TermOp, Pattern>
        {
            [TermOp.ShiftLeft] = s_a << s_b,
            [TermOp.ShiftRight] = s_a >> s_b,
            [TermOp.ShiftRightSigned] = Apply(TermOp.ShiftRightSigned, s_a, s_b),
        };

    /// <summary>The variables of the bounds, in the operands' order.</summary>
    public static IReadOnlyList<Pattern> Operands { get; } = [s_a, s_b, s_c];

    private static readonly Pattern?[] s_bounds = Table(Bounds),
        s_shiftBounds = Table(ShiftBounds);

    public static uint Of(TermOp op, ITerm? a, ITerm? b, ITerm? c)
    {
        var bound = b is Word { IsConstant: true } && s_shiftBounds[(int)op] is { } shift ? shift : s_bounds[(int)op];
        return bound is null ? uint.MaxValue : bound.Compute(BitsOf(a), BitsOf(b), BitsOf(c));
    }

    private static uint BitsOf(ITerm? operand) => operand is Word word ? word.Bits : 0;

    private static Pattern?[] Table(IReadOnlyDictionary<TermOp, Pattern> bounds)
    {
        var table = new Pattern?[OpMeaning.Operations];
        foreach (var (op, bound) in bounds)
            table[(int)op] = bound;
        return table;
    }

    /// <summary>All bits from the lowest of a mask up.</summary>
    private static Pattern Above(Pattern mask) => mask | (0 - mask);

    /// <summary>All bits from the highest of a mask down.</summary>
    private static Pattern Below(Pattern mask) => s_all >> (31 - Apply(TermOp.HighestBit, mask));
}
