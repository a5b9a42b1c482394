using Microsoft.Z3;

namespace Verified.Proofs.Values;

/// <summary>Terms as the solver's: pure bit vectors of 32 bits and Booleans.</summary>
public static class Translation
{
    /// <summary>The solver's term, made once per term.</summary>
    public static Expr Of(ITerm root)
    {
        if (root.Translation is { } made) return made;
        var context = root.Terms.Context;
        foreach (var term in Graph.Pending(root, term => term.Translation is not null))
            term.Translation = term switch
            {
                Word { Op: Op.Constant } constant => context.MkBV(constant.Value, 32),
                Word { Op: Op.Variable } variable => Variable(context, variable.Name!, variable.Value),
                // No carries: the solver need not build an adder. Rules.DisjointSum is the lemma.
                { Op: Op.Add, A: Word a, B: Word b } when (a.Bits & b.Bits) == 0 =>
                    Apply(context, Op.Or, a.Translation!, b.Translation!),
                _ => Apply(context, term.Op, term.A?.Translation!, term.B?.Translation!, term.C?.Translation!),
            };
        return root.Translation!;
    }

    /// <summary>The value that a model gives to a word; what it leaves open is 0.</summary>
    public static uint ValueIn(this Word word, Model model) =>
        ((BitVecNum)model.Eval(word.Terms.Translate(word), true)).UInt;

    /// <summary>One operation on the solver's terms.</summary>
    public static Expr Apply(Context z3, Op op, Expr? a = null, Expr? b = null, Expr? c = null)
    {
        return op switch
        {
            Op.Add => z3.MkBVAdd(Word(a), Word(b)),
            Op.Subtract => z3.MkBVSub(Word(a), Word(b)),
            Op.Multiply => z3.MkBVMul(Word(a), Word(b)),
            Op.MultiplyHigh => z3.MkExtract(63, 32, z3.MkBVMul(z3.MkZeroExt(32, Word(a)), z3.MkZeroExt(32, Word(b)))),
            Op.Quotient => z3.MkExtract(31, 0, z3.MkBVUDiv(z3.MkConcat(Word(a), Word(b)), z3.MkZeroExt(32, Word(c)))),
            Op.Remainder => z3.MkExtract(31, 0, z3.MkBVURem(z3.MkConcat(Word(a), Word(b)), z3.MkZeroExt(32, Word(c)))),
            Op.And => z3.MkBVAND(Word(a), Word(b)),
            Op.Or => z3.MkBVOR(Word(a), Word(b)),
            Op.Xor => z3.MkBVXOR(Word(a), Word(b)),
            Op.ShiftLeft => z3.MkBVSHL(Word(a), Word(b)),
            Op.ShiftRight => z3.MkBVLSHR(Word(a), Word(b)),
            Op.ShiftRightSigned => z3.MkBVASHR(Word(a), Word(b)),
            Op.Select => z3.MkITE(Bool(a), b!, c!),
            Op.LowestBit => Number(z3, z3.MkBVAND(Word(a), z3.MkBVNeg(Word(a)))),
            Op.HighestBit => Number(z3, Highest(z3, Word(a))),
            Op.False => z3.MkFalse(),
            Op.True => z3.MkTrue(),
            Op.Equal => z3.MkEq(a!, b!),
            Op.Less => z3.MkBVULT(Word(a), Word(b)),
            Op.LessSigned => z3.MkBVSLT(Word(a), Word(b)),
            Op.Both => z3.MkAnd(Bool(a), Bool(b)),
            Op.Either => z3.MkOr(Bool(a), Bool(b)),
            Op.Not => z3.MkNot(Bool(a)),
            Op.EvenParity => EvenParity(z3, Word(a)),
            _ => throw new ArgumentOutOfRangeException(nameof(op), op, "a constant or variable is not applied"),
        };

        static BitVecExpr Word(Expr? expr) => (BitVecExpr)expr!;
        static BoolExpr Bool(Expr? expr) => (BoolExpr)expr!;
    }

    private static BitVecExpr Variable(Context z3, string name, uint width) =>
        width == 32 ? z3.MkBVConst(name, 32) : z3.MkZeroExt(32 - width, z3.MkBVConst(name, width));

    /// <summary>The number of the one set bit: bit i of the number is set where the bit is in an odd run of 2^i.</summary>
    private static BitVecExpr Number(Context z3, BitVecExpr oneBit)
    {
        BitVecExpr? number = null;
        foreach (var odd in (ReadOnlySpan<uint>)[0xFFFF0000, 0xFF00FF00, 0xF0F0F0F0, 0xCCCCCCCC, 0xAAAAAAAA])
        {
            var outside = z3.MkEq(z3.MkBVAND(oneBit, z3.MkBV(odd, 32)), z3.MkBV(0u, 32));
            var bit = (BitVecExpr)z3.MkITE(outside, z3.MkBV(0u, 1), z3.MkBV(1u, 1));
            number = number is null ? bit : z3.MkConcat(number, bit);
        }

        return z3.MkZeroExt(27, number!);
    }

    /// <summary>The word's highest set bit alone.</summary>
    private static BitVecExpr Highest(Context z3, BitVecExpr word)
    {
        foreach (var distance in (ReadOnlySpan<uint>)[1, 2, 4, 8, 16])
            word = z3.MkBVOR(word, z3.MkBVLSHR(word, z3.MkBV(distance, 32)));
        return z3.MkBVXOR(word, z3.MkBVLSHR(word, z3.MkBV(1u, 32)));
    }

    private static BoolExpr EvenParity(Context z3, BitVecExpr word)
    {
        var odd = z3.MkExtract(0, 0, word);
        for (var bit = 1u; bit < 8; bit++) odd = z3.MkBVXOR(odd, z3.MkExtract(bit, bit, word));
        return z3.MkEq(odd, z3.MkBV(0u, 1));
    }
}
