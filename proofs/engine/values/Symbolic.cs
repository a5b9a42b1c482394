using Verified.Spec.Values;

namespace Verified.Proofs.Values;

/// <summary>The symbolic reading of a word: a number, or a term that no rule could fold to a number.</summary>
public readonly struct Symbolic : IWord<Symbolic>
{
    /// <summary>The term; null if the word is the number <see cref="Value"/>.</summary>
    public readonly Word? Term;

    public readonly uint Value;

    public Symbolic(uint value) => Value = value;

    public Symbolic(Word word)
    {
        if (word.IsConstant)
            Value = word.Value;
        else
            Term = word;
    }

    /// <summary>The bits that may be set.</summary>
    public uint Bits => Term?.Bits ?? Value;

    public static implicit operator Symbolic(uint value) => new(value);

    public static implicit operator Symbolic(Word word) => new(word);

    public static Symbolic operator +(Symbolic a, Symbolic b) => Word(TermOp.Add, a, b);

    public static Symbolic operator -(Symbolic a, Symbolic b) => Word(TermOp.Subtract, a, b);

    public static Symbolic operator *(Symbolic a, Symbolic b) => Word(TermOp.Multiply, a, b);

    public static Symbolic operator &(Symbolic a, Symbolic b) => Word(TermOp.And, a, b);

    public static Symbolic operator |(Symbolic a, Symbolic b) => Word(TermOp.Or, a, b);

    public static Symbolic operator ^(Symbolic a, Symbolic b) => Word(TermOp.Xor, a, b);

    public static Symbolic operator ~(Symbolic a) => Word(TermOp.Xor, a, uint.MaxValue);

    public static Symbolic operator <<(Symbolic a, Symbolic count) => Word(TermOp.ShiftLeft, a, count);

    public static Symbolic operator >>(Symbolic a, Symbolic count) => Word(TermOp.ShiftRight, a, count);

    public static Truth operator ==(Symbolic a, Symbolic b) => Condition(TermOp.Equal, a, b);

    public static Truth operator !=(Symbolic a, Symbolic b) => !(a == b);

    public static Truth operator <(Symbolic a, Symbolic b) => Condition(TermOp.Less, a, b);

    public static Truth operator >(Symbolic a, Symbolic b) => b < a;

    public static Truth operator <=(Symbolic a, Symbolic b) => !(b < a);

    public static Truth operator >=(Symbolic a, Symbolic b) => !(a < b);

    public static Symbolic ShiftRightSigned(Symbolic a, Symbolic count) => Word(TermOp.ShiftRightSigned, a, count);

    public static Truth LessSigned(Symbolic a, Symbolic b) => Condition(TermOp.LessSigned, a, b);

    public static Symbolic Select(Truth condition, Symbolic a, Symbolic b) =>
        condition.Undecided is not Bool undecided
            ? condition.Known
                ? a
                : b
            : undecided.Terms.Decider?.Known(undecided) is { } known
                ? known
                    ? a
                    : b
                : undecided.Terms.MakeWord(TermOp.Select, undecided, undecided.Terms.Of(a), undecided.Terms.Of(b));

    public static Symbolic MultiplyHigh(Symbolic a, Symbolic b) => Word(TermOp.MultiplyHigh, a, b);

    public static (Symbolic Quotient, Symbolic Remainder) Divide(Symbolic high, Symbolic low, Symbolic divisor) =>
        (Divide(TermOp.Quotient, high, low, divisor), Divide(TermOp.Remainder, high, low, divisor));

    public static Symbolic LowestBit(Symbolic a) =>
        a.Term is null ? OpMeaning.Apply(TermOp.LowestBit, a.Value) : a.Term.Terms.MakeWord(TermOp.LowestBit, a.Term);

    public static Symbolic HighestBit(Symbolic a) =>
        a.Term is null ? OpMeaning.Apply(TermOp.HighestBit, a.Value) : a.Term.Terms.MakeWord(TermOp.HighestBit, a.Term);

    public static Truth EvenParity(Symbolic a) =>
        a.Term is null
            ? OpMeaning.Apply(TermOp.EvenParity, a.Value) != 0
            : a.Term.Terms.Make(TermOp.EvenParity, a.Term).Truth;

    /// <summary>A fresh variable of <see cref="Terms.Current"/>.</summary>
    public static Symbolic Arbitrary(Symbolic usual) => Terms.Current.Fresh();

    public static bool TryValue(Symbolic word, out uint value)
    {
        value = word.Value;
        return word.Term is null;
    }

    /// <summary>True if both are the same number or the same term. No solver is asked.</summary>
    public override bool Equals(object? obj) =>
        obj is Symbolic other && other.Value == Value && ReferenceEquals(other.Term, Term);

    public override int GetHashCode() => HashCode.Combine(Value, Term?.Id);

    public override string ToString() => Term?.ToString() ?? Notation.Of(Value);

    private static Symbolic Word(TermOp op, Symbolic a, Symbolic b) =>
        (a.Term?.Terms ?? b.Term?.Terms) is { } terms
            ? terms.MakeWord(op, terms.Of(a), terms.Of(b))
            : OpMeaning.Apply(op, a.Value, b.Value);

    private static Truth Condition(TermOp op, Symbolic a, Symbolic b) =>
        (a.Term?.Terms ?? b.Term?.Terms) is { } terms
            ? terms.Make(op, terms.Of(a), terms.Of(b)).Truth
            : OpMeaning.Apply(op, a.Value, b.Value) != 0;

    private static Symbolic Divide(TermOp op, Symbolic high, Symbolic low, Symbolic divisor) =>
        (high.Term?.Terms ?? low.Term?.Terms ?? divisor.Term?.Terms) is { } terms
            ? terms.MakeDivision(op, terms.Of(high), terms.Of(low), terms.Of(divisor))
            : OpMeaning.Apply(op, high.Value, low.Value, divisor.Value);
}
