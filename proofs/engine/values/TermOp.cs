using Verified.Spec.Values;

namespace Verified.Proofs.Values;

/// <summary>The operations of the value domain, as data. A term is made by one of them.</summary>
public enum TermOp : byte
{
    Constant,
    Variable,
    Add,
    Subtract,
    Multiply,
    MultiplyHigh,
    Quotient,
    Remainder,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
    ShiftRightSigned,
    Select,
    LowestBit,
    HighestBit,

    // The conditions.
    False,
    True,
    Equal,
    Less,
    LessSigned,
    Both,
    Either,
    Not,
    EvenParity,
}

/// <summary>
/// The concrete meaning of an operation: the same as in <see cref="Concrete"/>, with truths as 0 and 1.
/// </summary>
public static class OpMeaning
{
    public static readonly int Operations = Enum.GetValues<TermOp>().Length;

    public static bool IsCondition(this TermOp op) => op >= TermOp.False;

    public static bool Commutes(this TermOp op) =>
        op
            is TermOp.Add
                or TermOp.Multiply
                or TermOp.MultiplyHigh
                or TermOp.And
                or TermOp.Or
                or TermOp.Xor
                or TermOp.Equal
                or TermOp.Both
                or TermOp.Either;

    /// <summary>
    /// The result for these operands. A quotient that does not fit is cut, and division by 0 has the result of SMT-LIB.
    /// </summary>
    public static uint Apply(TermOp op, uint a = 0, uint b = 0, uint c = 0)
    {
        Concrete x = a,
            y = b;
        return op switch
        {
            TermOp.Add => x + y,
            TermOp.Subtract => x - y,
            TermOp.Multiply => x * y,
            TermOp.MultiplyHigh => Concrete.MultiplyHigh(x, y),
            TermOp.Quotient => c == 0 ? uint.MaxValue : Concrete.Divide(x, y, c).Quotient,
            TermOp.Remainder => c == 0 ? b : Concrete.Divide(x, y, c).Remainder,
            TermOp.And => x & y,
            TermOp.Or => x | y,
            TermOp.Xor => x ^ y,
            TermOp.ShiftLeft => x << y,
            TermOp.ShiftRight => x >> y,
            TermOp.ShiftRightSigned => Concrete.ShiftRightSigned(x, y),
            TermOp.Select => a != 0 ? b : c,
            TermOp.LowestBit => Concrete.LowestBit(x),
            TermOp.HighestBit => Concrete.HighestBit(x),
            TermOp.False => 0,
            TermOp.True => 1,
            TermOp.Equal => Number(x == y),
            TermOp.Less => Number(x < y),
            TermOp.LessSigned => Number(Concrete.LessSigned(x, y)),
            TermOp.Both => a & b,
            TermOp.Either => a | b,
            TermOp.Not => a ^ 1,
            TermOp.EvenParity => Number(Concrete.EvenParity(x)),
            _ => throw new ArgumentOutOfRangeException(nameof(op), op, "a constant or variable is not applied"),
        };
    }

    private static uint Number(Truth truth) => truth.Known ? 1u : 0u;
}
