using Verified.Spec.Values;

namespace Verified.Proofs.Values;

/// <summary>The operations of the value domain, as data. A term is made by one of them.</summary>
public enum Op : byte
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
    public static readonly int Operations = Enum.GetValues<Op>().Length;

    public static bool IsCondition(this Op op) => op >= Op.False;

    public static bool Commutes(this Op op) =>
        op is Op.Add or Op.Multiply or Op.MultiplyHigh or Op.And or Op.Or or Op.Xor or Op.Equal or Op.Both or Op.Either;

    /// <summary>
    /// The result for these operands. A quotient that does not fit is cut, and division by 0 has the result of SMT-LIB.
    /// </summary>
    public static uint Apply(Op op, uint a = 0, uint b = 0, uint c = 0)
    {
        Concrete x = a,
            y = b;
        return op switch
        {
            Op.Add => x + y,
            Op.Subtract => x - y,
            Op.Multiply => x * y,
            Op.MultiplyHigh => Concrete.MultiplyHigh(x, y),
            Op.Quotient => c == 0 ? uint.MaxValue : Concrete.Divide(x, y, c).Quotient,
            Op.Remainder => c == 0 ? b : Concrete.Divide(x, y, c).Remainder,
            Op.And => x & y,
            Op.Or => x | y,
            Op.Xor => x ^ y,
            Op.ShiftLeft => x << y,
            Op.ShiftRight => x >> y,
            Op.ShiftRightSigned => Concrete.ShiftRightSigned(x, y),
            Op.Select => a != 0 ? b : c,
            Op.LowestBit => Concrete.LowestBit(x),
            Op.HighestBit => Concrete.HighestBit(x),
            Op.False => 0,
            Op.True => 1,
            Op.Equal => Number(x == y),
            Op.Less => Number(x < y),
            Op.LessSigned => Number(Concrete.LessSigned(x, y)),
            Op.Both => a & b,
            Op.Either => a | b,
            Op.Not => a ^ 1,
            Op.EvenParity => Number(Concrete.EvenParity(x)),
            _ => throw new ArgumentOutOfRangeException(nameof(op), op, "a constant or variable is not applied"),
        };
    }

    private static uint Number(Truth truth) => truth.Known ? 1u : 0u;
}
