using Verified.Spec.Values;

namespace Verified.Machine.Processor;

/// <summary>Multiplication and division (SDM vol. 2, MUL, IMUL, DIV, IDIV).</summary>
public sealed partial class Ia32<W, TBus>
{
    private void Multiply(W b, int size)
    {
        var a = ReadRegister(Register.Eax, size);
        var (low, high) = size == 4 ? (a * b, W.MultiplyHigh(a, b)) : Split(a * b, size);
        WriteProduct(low, high, size);
        MultiplyFlags(high != 0, low, size);
    }

    private void MultiplySigned(W b, int size)
    {
        var (low, high) = SignedProduct(ReadRegister(Register.Eax, size), b, size);
        WriteProduct(low, high, size);
        MultiplyFlags(!Fits(low, high, size), low, size);
    }

    /// <summary>The two- and three-operand forms: only the low half of the product is stored.</summary>
    private W MultiplySigned(W a, W b, int size)
    {
        var (low, high) = SignedProduct(a, b, size);
        MultiplyFlags(!Fits(low, high, size), low, size);
        return low;
    }

    private static (W Low, W High) SignedProduct(W a, W b, int size)
    {
        if (size != 4)
            return Split(SignExtend(a, size) * SignExtend(b, size), size);
        // In the unsigned product, a negative factor adds 2^32 times the other factor too much.
        var high = W.MultiplyHigh(a, b) - W.Select(Negative(a, 4), b, 0) - W.Select(Negative(b, 4), a, 0);
        return (a * b, high);
    }

    private static (W Low, W High) Split(W product, int size) =>
        (Mask(product, size), Mask(product >> (uint)(size * 8), size));

    private static Truth Fits(W low, W high, int size) =>
        high == W.Select(Negative(low, size), Mask(uint.MaxValue, size), 0);

    private void WriteProduct(W low, W high, int size)
    {
        if (size == 1)
        {
            WriteRegister(Register.Eax, 2, low | high << 8);
            return;
        }
        WriteRegister(Register.Eax, size, low);
        WriteRegister(Register.Edx, size, high);
    }

    /// <summary>
    /// Carry and overflow are set if the upper half is significant. The other flags are undefined; they are usually
    /// those of the lower half.
    /// </summary>
    private void MultiplyFlags(Truth overflow, W low, int size)
    {
        const uint undefined = Flag.Sign | Flag.Zero | Flag.Adjust | Flag.Parity;
        _stored = W.Select(overflow, Flag.Carry | Flag.Overflow, 0) | W.Arbitrary(ResultFlags(low, size)) & undefined;
        _rule = FlagRule.Stored;
    }

    private void Divide(W divisor, int size)
    {
        if (divisor == 0)
            throw Fault.DivideError();
        var (quotient, remainder) = size == 4 ? DivideLong(divisor) : W.Divide(0, Dividend(size), divisor);
        if (size != 4 && quotient > (size == 1 ? 0xFFu : 0xFFFFu))
            throw Fault.DivideError();
        WriteQuotient(quotient, remainder, size);
        if (Model <= ProcessorModel.I486)
            OldDivisionFlags(quotient);
    }

    /// <summary>
    /// The flags after DIV on a 386 or 486, as known from programs that identify processors. ZF is set for a zero
    /// quotient; this distinguishes a 386 from a Nx586 by 5555h / 2. After 5 / 2 some flag is set that was clear; this
    /// distinguishes an Intel 486 from a Cyrix. No source says which flag. Here it is AF, as after these models'
    /// shifts.
    /// </summary>
    private void OldDivisionFlags(W quotient) =>
        _stored =
            W.Arbitrary(_stored & ~(W)Flag.Zero | Flag.Adjust | W.Select(quotient == 0, Flag.Zero, 0)) & Flag.Status;

    private (W Quotient, W Remainder) DivideLong(W divisor)
    {
        if (R[Register.Edx] >= divisor)
            throw Fault.DivideError();
        return W.Divide(R[Register.Edx], R[Register.Eax], divisor);
    }

    /// <summary>AX, or DX:AX.</summary>
    private W Dividend(int size) =>
        size == 1 ? R[Register.Eax] & 0xFFFF : R[Register.Edx] << 16 | R[Register.Eax] & 0xFFFF;

    /// <summary>
    /// Divides the magnitudes. The quotient is rounded towards zero, and the remainder has the dividend's sign.
    /// </summary>
    private void DivideSigned(W divisor, int size)
    {
        if (divisor == 0)
            throw Fault.DivideError();
        var (high, low) = size == 4 ? (R[Register.Edx], R[Register.Eax]) : SignedDividend(size);
        var negativeDividend = Negative(high, 4);
        var negativeDivisor = Negative(divisor, size);
        var carry = Bit(low == 0);
        var dividendHigh = W.Select(negativeDividend, ~high + carry, high);
        var dividendLow = W.Select(negativeDividend, 0 - low, low);
        var magnitude = W.Select(negativeDivisor, 0 - SignExtend(divisor, size), divisor);
        if (dividendHigh >= magnitude)
            throw Fault.DivideError();
        var (quotient, remainder) = W.Divide(dividendHigh, dividendLow, magnitude);
        var negative = negativeDividend != negativeDivisor;
        if (quotient > W.Select(negative, 1u << size * 8 - 1, (1u << size * 8 - 1) - 1))
        {
            // The 386 misses one overflow of a byte division. The quotient is negative, and the dividend is 80h *
            // (divisor + 80h) plus a remainder. The quotient becomes -80h with that remainder (SingleStepTests/80386,
            // F6.7, as emu88 found).
            remainder = dividendLow - (magnitude << 7) - 0x4000;
            if (Model != ProcessorModel.I386 || size != 1 || !negative | remainder >= magnitude)
                throw Fault.DivideError();
            quotient = 0x80;
        }
        WriteQuotient(
            W.Select(negative, 0 - quotient, quotient),
            W.Select(negativeDividend, 0 - remainder, remainder),
            size
        );
    }

    private (W High, W Low) SignedDividend(int size)
    {
        var value = SignExtend(Dividend(size), size * 2);
        return (W.ShiftRightSigned(value, 31), value);
    }

    private void WriteQuotient(W quotient, W remainder, int size)
    {
        if (size == 1)
        {
            WriteRegister(Register.Eax, 2, quotient & 0xFF | (remainder & 0xFF) << 8);
        }
        else
        {
            WriteRegister(Register.Eax, size, quotient);
            WriteRegister(Register.Edx, size, remainder);
        }
        // Every status flag is undefined, and usually unchanged.
        Materialise();
        _stored = W.Arbitrary(_stored) & Flag.Status;
    }
}
