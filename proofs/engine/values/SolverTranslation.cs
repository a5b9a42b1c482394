using Verified.Proofs.Z3;

namespace Verified.Proofs.Values;

/// <summary>Translates terms into the solver's terms: pure bit vectors of 32 bits and Booleans.</summary>
public static class SolverTranslation
{
    /// <summary>The solver's term, made once per term.</summary>
    public static Expr Of(ITerm root)
    {
        if (root.Translation is { } made)
            return made;
        var z3 = root.Terms.Context;
        foreach (var term in Graph.Pending(root, term => term.Translation is not null))
            term.Translation = term switch
            {
                Word { Op: TermOp.Constant } constant => z3.Number(constant.Value),
                Word { Op: TermOp.Variable } variable => Variable(z3, variable.Name!, variable.Value),
                // There are no carries, so the solver need not build an adder. Rules.DisjointSum is the lemma.
                { Op: TermOp.Add, A: Word a, B: Word b } when (a.Bits & b.Bits) == 0 => Apply(
                    z3,
                    TermOp.Or,
                    Made(a),
                    Made(b)
                ),
                _ => Apply(z3, term.Op, Made(term.A), Made(term.B), Made(term.C)),
            };
        return Made(root);

        static Expr Made(ITerm? term) => term?.Translation ?? default;
    }

    /// <summary>The value that a model gives to a word; 0 if the model leaves it open.</summary>
    public static uint ValueIn(this Word word, Model model) => model.ValueOf(word.Terms.Translate(word));

    /// <summary>One operation on the solver's terms.</summary>
    public static Expr Apply(Context z3, TermOp op, Expr a = default, Expr b = default, Expr c = default) =>
        op switch
        {
            TermOp.Add => z3.Add(a, b),
            TermOp.Subtract => z3.Subtract(a, b),
            TermOp.Multiply => z3.Multiply(a, b),
            TermOp.MultiplyHigh => z3.Extract(63, 32, z3.Multiply(z3.Widen(32, a), z3.Widen(32, b))),
            TermOp.Quotient => z3.Extract(31, 0, z3.Divide(z3.Concat(a, b), z3.Widen(32, c))),
            TermOp.Remainder => z3.Extract(31, 0, z3.Remainder(z3.Concat(a, b), z3.Widen(32, c))),
            TermOp.And => z3.BitAnd(a, b),
            TermOp.Or => z3.BitOr(a, b),
            TermOp.Xor => z3.BitXor(a, b),
            TermOp.ShiftLeft => z3.ShiftLeft(a, b),
            TermOp.ShiftRight => z3.ShiftRight(a, b),
            TermOp.ShiftRightSigned => z3.ShiftRightSigned(a, b),
            TermOp.Select => z3.Select(a, b, c),
            TermOp.LowestBit => Number(z3, z3.BitAnd(a, z3.Negate(a))),
            TermOp.HighestBit => Number(z3, Highest(z3, a)),
            TermOp.False => z3.Truth(false),
            TermOp.True => z3.Truth(true),
            TermOp.Equal => z3.Equal(a, b),
            TermOp.Less => z3.Less(a, b),
            TermOp.LessSigned => z3.LessSigned(a, b),
            TermOp.Both => z3.And(a, b),
            TermOp.Either => z3.Or(a, b),
            TermOp.Not => z3.Not(a),
            TermOp.EvenParity => EvenParity(z3, a),
            _ => throw new ArgumentOutOfRangeException(nameof(op), op, "a constant or variable is not applied"),
        };

    private static Expr Variable(Context z3, string name, uint width) =>
        width == 32 ? z3.Word(name, 32) : z3.Widen(32 - width, z3.Word(name, width));

    /// <summary>
    /// The number of the one set bit. Bit i of the number is set if the set bit is in an odd run of 2^i positions.
    /// </summary>
    private static Expr Number(Context z3, Expr oneBit)
    {
        Expr? number = null;
        foreach (var odd in (ReadOnlySpan<uint>)[0xFFFF0000, 0xFF00FF00, 0xF0F0F0F0, 0xCCCCCCCC, 0xAAAAAAAA])
        {
            var outside = z3.Equal(z3.BitAnd(oneBit, z3.Number(odd)), z3.Number(0));
            var bit = z3.Select(outside, z3.Number(0, 1), z3.Number(1, 1));
            number = number is { } above ? z3.Concat(above, bit) : bit;
        }

        return z3.Widen(27, number!.Value);
    }

    /// <summary>The word's highest set bit alone.</summary>
    private static Expr Highest(Context z3, Expr word)
    {
        foreach (var distance in (ReadOnlySpan<uint>)[1, 2, 4, 8, 16])
            word = z3.BitOr(word, z3.ShiftRight(word, z3.Number(distance)));
        return z3.BitXor(word, z3.ShiftRight(word, z3.Number(1)));
    }

    private static Expr EvenParity(Context z3, Expr word)
    {
        var odd = z3.Extract(0, 0, word);
        for (var bit = 1u; bit < 8; bit++)
            odd = z3.BitXor(odd, z3.Extract(bit, bit, word));
        return z3.Equal(odd, z3.Number(0, 1));
    }
}
