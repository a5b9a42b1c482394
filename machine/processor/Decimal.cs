namespace Verified.Machine.Processor;

/// <summary>
/// BCD and ASCII adjustments (SDM vol. 2, AAA, AAD, AAM, AAS, DAA, DAS). The undefined flags are usually those of the
/// byte addition or subtraction with which the adjustment is made, as on a 386.
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    private void DecimalAdjust(bool subtract)
    {
        Materialise();
        var old = R[Register.Eax] & 0xFF;
        var lowAdjust = (old & 15) > 9 | (_stored & Flag.Adjust) != 0;
        var highAdjust = old > 0x99 | (_stored & Flag.Carry) != 0;
        var amount = W.Select(lowAdjust, 6, 0) + W.Select(highAdjust, 0x60, 0);
        var (result, sum) = SumOfBytes(old, amount, subtract);
        // A DAS of a low digit that borrows also sets CF, because its subtraction of 6 went below 0.
        var carry = subtract ? highAdjust | (lowAdjust & old < 6) : highAdjust;
        WriteRegister(Register.Eax, 1, result);
        SetResultFlags(
            result,
            W.Select(carry, Flag.Carry, 0) | W.Select(lowAdjust, Flag.Adjust, 0) | W.Arbitrary(sum) & Flag.Overflow
        );
    }

    /// <summary>A sum or difference of bytes, and all of its status flags.</summary>
    private static (W Result, W Flags) SumOfBytes(W a, W b, bool subtract)
    {
        var result = (subtract ? a - b : a + b) & 0xFF;
        var carry = subtract ? a < b : result < a;
        var overflow = Negative((subtract ? a ^ b : ~(a ^ b)) & (a ^ result), 1);
        return (
            result,
            ResultFlags(result, 1)
                | W.Select(carry, Flag.Carry, 0)
                | W.Select(overflow, Flag.Overflow, 0)
                | (a ^ b ^ result) & Flag.Adjust
        );
    }

    private void AsciiAdjust(bool subtract)
    {
        Materialise();
        var ax = R[Register.Eax] & 0xFFFF;
        var adjust = (ax & 15) > 9 | (_stored & Flag.Adjust) != 0;
        var adjusted = W.Select(adjust, subtract ? ax - 0x106 : ax + 0x106, ax) & 0xFF0F;
        WriteRegister(Register.Eax, 2, adjusted);
        const uint undefined = Flag.Overflow | Flag.Sign | Flag.Zero | Flag.Parity;
        var (_, sum) = SumOfBytes(ax & 0xFF, W.Select(adjust, 6, 0), subtract);
        _stored = W.Select(adjust, Flag.Carry | Flag.Adjust, 0) | W.Arbitrary(sum) & undefined;
    }

    private void AsciiAdjustBeforeDivision(uint radix)
    {
        var (result, sum) = SumOfBytes(
            R[Register.Eax] & 0xFF,
            (R[Register.Eax] >> 8 & 0xFF) * radix & 0xFF,
            subtract: false
        );
        WriteRegister(Register.Eax, 2, result);
        SetResultFlags(result, W.Arbitrary(sum) & (Flag.Overflow | Flag.Adjust | Flag.Carry));
    }

    private void AsciiAdjustAfterMultiply(uint radix)
    {
        if (radix == 0)
        {
            // The flags that a 386 then pushes have sign, zero and parity of the value that its divider made of AL in
            // the first step (SingleStepTests/80386, D4).
            if (Model == ProcessorModel.I386)
                SetResultFlags(R[Register.Eax] >> 1 & 0x7F, Eflags & (Flag.Overflow | Flag.Adjust | Flag.Carry));
            throw Fault.DivideError();
        }
        var (quotient, remainder) = W.Divide(0, R[Register.Eax] & 0xFF, radix);
        WriteRegister(Register.Eax, 2, quotient << 8 | remainder);
        SetResultFlags(remainder, W.Arbitrary(0) & (Flag.Overflow | Flag.Adjust | Flag.Carry));
    }

    /// <summary>Sets sign, zero and parity of a byte, and the given other flags.</summary>
    private void SetResultFlags(W result, W others)
    {
        _stored = others | ResultFlags(result, 1);
        _rule = FlagRule.Stored;
    }

    /// <summary>Sign, zero and parity of a result.</summary>
    private static W ResultFlags(W result, int size) =>
        SignBit(result, size) << 7
        | W.Select(result == 0, Flag.Zero, 0)
        | W.Select(W.EvenParity(result), Flag.Parity, 0);
}
