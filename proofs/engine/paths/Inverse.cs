using System.Numerics;
using Verified.Proofs.Values;

namespace Verified.Proofs.Paths;

/// <summary>
/// Computes against the direction of a term: a variable and the value that would give the term another value, if
/// nothing else changed.
/// </summary>
/// <param name="values">The present values.</param>
internal sealed class Inverse(Evaluation values)
{
    // A term may be deep; a change far below seldom has the wanted effect.
    private const int Depth = 400;

    // A linear congruential generator: the same choices in every run.
    private uint _random = 1;

    /// <summary>A change that may give a term a value; null if none was found.</summary>
    public (Word Variable, uint Value)? Of(ITerm term, uint wanted)
    {
        for (var depth = 0; depth < Depth; depth++)
        {
            if (term is Word { Op: TermOp.Variable } variable)
                return (wanted & ~variable.Bits) == 0 && wanted != values.Of(term) ? (variable, wanted) : null;
            if (Next(term, wanted) is not var (operand, value))
                return null;
            (term, wanted) = (operand, value);
        }

        return null;
    }

    private (ITerm Operand, uint Wanted)? Next(ITerm term, uint wanted)
    {
        if (term.A is not { } a)
            return null;
        if (term.B is not { } b)
            return OfOne(term.Op, a, wanted);
        if (term.Op == TermOp.Select)
            return OfSelect(a, b, term.C!, wanted);
        var (x, y) = (values.Of(a), values.Of(b));
        switch (term.Op)
        {
            case TermOp.Both:
            case TermOp.Either:
                return (Differing(a, x, b, y, wanted), wanted);
            case TermOp.Equal when wanted == 1:
                return IsFirst(a, b) ? (a, y) : (b, x);
            case TermOp.Equal:
                return IsFirst(a, b) ? (a, Other(a, y)) : (b, Other(b, x));
            case TermOp.Less when wanted == 1:
                return IsFirst(a, b) ? AtMost(a, y - 1, y != 0) : AtLeast(b, x + 1, x != uint.MaxValue);
            case TermOp.Less:
                return IsFirst(a, b) ? AtLeast(a, y, true) : AtMost(b, x, true);
            case TermOp.LessSigned when wanted == 1:
                return IsFirst(a, b) ? (a, y - 1) : (b, x + 1);
            case TermOp.LessSigned:
                return IsFirst(a, b) ? (a, y) : (b, x);
            case TermOp.Add:
                return IsFirst(a, b) ? (a, wanted - y) : (b, wanted - x);
            case TermOp.Subtract:
                return IsFirst(a, b) ? (a, wanted + y) : (b, x - wanted);
            case TermOp.Xor:
                return IsFirst(a, b) ? (a, wanted ^ y) : (b, wanted ^ x);
            case TermOp.And:
                return IsFirst(a, b) ? OfAnd(a, x, y, wanted) : OfAnd(b, y, x, wanted);
            case TermOp.Or:
                return IsFirst(a, b) ? OfOr(a, x, y, wanted) : OfOr(b, y, x, wanted);
            case TermOp.ShiftLeft when y < 32:
                return (wanted & ((1u << (int)y) - 1)) != 0
                    ? null
                    : (a, wanted >> (int)y | x & ~(uint.MaxValue >> (int)y));
            case TermOp.ShiftRight when y < 32:
                return (wanted & ~(uint.MaxValue >> (int)y)) != 0
                    ? null
                    : (a, wanted << (int)y | x & ((1u << (int)y) - 1));
            case TermOp.Multiply:
                return b is Word { IsConstant: true } ? OfProduct(a, y, wanted) : OfProduct(b, x, wanted);
            default:
                return null;
        }
    }

    private static (ITerm, uint)? OfOne(TermOp op, ITerm a, uint wanted) =>
        op switch
        {
            TermOp.Not => (a, wanted ^ 1),
            TermOp.LowestBit or TermOp.HighestBit when wanted < 32 => (a, 1u << (int)wanted),
            _ => null,
        };

    private (ITerm, uint)? OfSelect(ITerm condition, ITerm first, ITerm second, uint wanted)
    {
        var isFirst = values.Of(condition) != 0;
        var (taken, other) = isFirst ? (first, second) : (second, first);
        if (values.Of(other) == wanted && !IsConstant(condition) && (IsConstant(taken) || Coin()))
            return (condition, isFirst ? 0u : 1u);
        return (taken, wanted);
    }

    // An operand that has not the wanted value. If one of a conjunction must be false, any may be it.
    private ITerm Differing(ITerm a, uint x, ITerm b, uint y, uint wanted) =>
        x == wanted ? b
        : y == wanted ? a
        : Coin() ? a
        : b;

    private static (ITerm, uint)? OfAnd(ITerm operand, uint value, uint mask, uint wanted) =>
        (wanted & ~mask) != 0 ? null : (operand, value & ~mask | wanted);

    private static (ITerm, uint)? OfOr(ITerm operand, uint value, uint mask, uint wanted) =>
        (mask & ~wanted) != 0 ? null : (operand, value & mask | wanted & ~mask);

    private static (ITerm, uint)? OfProduct(ITerm operand, uint factor, uint wanted)
    {
        if (factor == 0)
            return null;
        var zeros = BitOperations.TrailingZeroCount(factor);
        if ((wanted & ((1u << zeros) - 1)) != 0)
            return null;

        // The inverse of an odd number, by Newton's iteration: each step doubles the number of right bits.
        var (odd, inverse) = (factor >> zeros, factor >> zeros);
        for (var bits = 3; bits < 32; bits *= 2)
            inverse *= 2 - odd * inverse;
        return (operand, (wanted >> zeros) * inverse);
    }

    // Seldom a small change, mostly any number of the bits that the word may have. Rows with small numbers are often
    // the same row, and then their values must be equal.
    private uint Other(ITerm operand, uint value)
    {
        var bits = operand is Word word ? word.Bits : 1;
        var other = Below(5) == 0 ? value + 1 & bits : Random() & bits;
        return other != value ? other : value ^ (bits & (0 - bits));
    }

    // The limit itself, or any number on its right side.
    private (ITerm, uint)? AtMost(ITerm operand, uint limit, bool exists) =>
        !exists ? null : (operand, Coin() ? limit : (uint)((ulong)Random() * (limit + 1UL) >> 32));

    private (ITerm, uint)? AtLeast(ITerm operand, uint limit, bool exists)
    {
        var most = operand is Word word ? word.Bits : 1;
        if (!exists || limit > most)
            return null;
        return (operand, Coin() ? limit : limit + (uint)((ulong)Random() * (most - limit + 1UL) >> 32));
    }

    private bool IsFirst(ITerm a, ITerm b) => !IsConstant(a) && (IsConstant(b) || Coin());

    private static bool IsConstant(ITerm term) => term is Word { IsConstant: true };

    /// <summary>Any number from 0 that is less than <paramref name="count"/>.</summary>
    public int Below(int count) => (int)((ulong)Random() * (ulong)count >> 32);

    private bool Coin() => Random() >> 31 != 0;

    private uint Random()
    {
        _random = _random * 1_664_525 + 1_013_904_223;
        return _random ^ _random >> 16;
    }
}
