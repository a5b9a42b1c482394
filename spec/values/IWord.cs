namespace Verified.Spec.Values;

/// <summary>
/// A 32-bit machine word in one reading of the text: a number (<see cref="Concrete"/>) or a solver term. Every text of
/// the project (spec, invariants, instructions, view) is written once over this interface.
/// </summary>
/// <remarks>
/// Arithmetic is modulo 2^32. <c>&lt; &lt;= &gt; &gt;=</c> and <c>&gt;&gt;</c> are unsigned. Use <c>&amp;</c>, <c>|</c>
/// and <see cref="Select"/> for data; an <c>if</c> on an undecided condition forks the exploration.
/// </remarks>
#pragma warning disable CS0660, CS0661 // an interface has no Equals to override
public interface IWord<W>
    where W : struct, IWord<W>
{
    static abstract implicit operator W(uint value);

    static abstract W operator +(W a, W b);

    static abstract W operator -(W a, W b);

    static abstract W operator *(W a, W b);

    static abstract W operator &(W a, W b);

    static abstract W operator |(W a, W b);

    static abstract W operator ^(W a, W b);

    static abstract W operator ~(W a);

    /// <summary>Shift left; a count of 32 or more gives 0.</summary>
    static abstract W operator <<(W a, W count);

    /// <summary>Logical shift right; a count of 32 or more gives 0.</summary>
    static abstract W operator >>(W a, W count);

    static abstract Truth operator ==(W a, W b);

    static abstract Truth operator !=(W a, W b);

    static abstract Truth operator <(W a, W b);

    static abstract Truth operator >(W a, W b);

    static abstract Truth operator <=(W a, W b);

    static abstract Truth operator >=(W a, W b);

    /// <summary>Arithmetic shift right; a count of 32 or more gives the sign in every bit.</summary>
    static abstract W ShiftRightSigned(W a, W count);

    static abstract Truth LessSigned(W a, W b);

    /// <summary>
    /// </summary>
    /// <paramref name="a"/> if <paramref name="condition"/> holds, else <paramref name="b"/>. It never forks the
    /// exploration.
    static abstract W Select(Truth condition, W a, W b);

    /// <summary>The high 32 bits of the unsigned 64-bit product.</summary>
    static abstract W MultiplyHigh(W a, W b);

    /// <summary>
    /// Unsigned division of the 64-bit number <c>high:low</c> by 32 bits. Defined if <c>divisor &gt; high</c>, so that
    /// the quotient fits.
    /// </summary>
    static abstract (W Quotient, W Remainder) Divide(W high, W low, W divisor);

    /// <summary>The number of the lowest set bit; defined if <paramref name="a"/> is not 0.</summary>
    static abstract W LowestBit(W a);

    /// <summary>The number of the highest set bit; defined if <paramref name="a"/> is not 0.</summary>
    static abstract W HighestBit(W a);

    /// <summary>True if the low byte has an even number of set bits (the IA-32 parity flag).</summary>
    static abstract Truth EvenParity(W a);

    /// <summary>
    /// An unknown value, such as a flag that the manual leaves undefined. The concrete reading returns
    /// <paramref name="usual"/>: the value that processors are seen to leave there.
    /// </summary>
    static abstract W Arbitrary(W usual);

    /// <summary>True, with the number, if the word is a known constant in this reading.</summary>
    static abstract bool TryValue(W word, out uint value);
}
