namespace Verified.Machine.Processor;

/// <summary>
/// Shifts and rotates (SDM vol. 2, SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD). The count is modulo 32, and a count
/// of 0 changes no flag. Overflow is defined only for a count of 1. For larger counts it usually follows the same rule,
/// applied to the result.
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    private W ShiftCount(in Operation op) => Source(op, 1) & 31;

    /// <summary>SHLD and SHRD: the third operand is an immediate, or CL.</summary>
    private W DoubleCount(in Operation op) => (op.Extra == Register.Ecx ? R[Register.Ecx] : op.Immediate) & 31;

    private W ShiftLeft(W a, W count, int size)
    {
        var bits = (uint)size * 8;
        var result = Mask(a << count, size);
        var carry = W.Select(
            count <= bits,
            a << (count - 1) >> (bits - 1) & 1,
            W.Arbitrary(CarryBeyond(a, count, size)) & 1
        );
        return ShiftFlags(a, count, result, carry, SignBit(result, size) ^ carry, 1, size);
    }

    private W ShiftRight(W a, W count, int size)
    {
        var carry = W.Select(
            count <= (uint)size * 8,
            a >> (count - 1) & 1,
            W.Arbitrary(CarryBeyond(SignBit(a, size), count, size)) & 1
        );
        return ShiftFlags(a, count, a >> count, carry, SignBit(a, size), 0, size);
    }

    /// <summary>
    /// The carry of a shift by more than the operand's width. It is 0, but the 386 repeats the last bit of a byte every
    /// eight places.
    /// </summary>
    private W CarryBeyond(W last, W count, int size) =>
        Model == ProcessorModel.I386 && size == 1 ? W.Select((count & 7) == 0, last & 1, 0) : 0;

    private W ShiftRightSigned(W a, W count, int size)
    {
        var value = SignExtend(a, size);
        var carry = W.ShiftRightSigned(value, count - 1) & 1;
        return ShiftFlags(a, count, Mask(W.ShiftRightSigned(value, count), size), carry, 0, 0, size);
    }

    /// <summary>
    /// SHLD: the shifted-in bits come from <paramref name="fill"/>. With more than 16 bits of a 16-bit operand
    /// everything is undefined. Usually the operand itself then follows the fill; on a 386, the fill follows once more
    /// (SingleStepTests/80386, 0FA4..0FAD).
    /// </summary>
    private W ShiftLeftDouble(W a, W fill, W count, int size)
    {
        var bits = (uint)size * 8;
        var beyond = size == 4 ? a : fill << (count - bits) | Following(a, fill) >> (2 * bits - count);
        var result = Defined(count, bits, a << count | fill >> (bits - count), beyond, size);
        var carry = W.Select(count <= bits, a >> (bits - count) & 1, W.Arbitrary(fill >> (2 * bits - count)) & 1);
        return ShiftFlags(a, count, result, carry, SignBit(result, size) ^ carry, 1, size);
    }

    /// <summary>SHRD, by the same rules.</summary>
    private W ShiftRightDouble(W a, W fill, W count, int size)
    {
        var bits = (uint)size * 8;
        var beyond = size == 4 ? a : fill >> (count - bits) | Following(a, fill) << (2 * bits - count);
        var result = Defined(count, bits, a >> count | fill << (bits - count), beyond, size);
        var carry = W.Select(count <= bits, a >> (count - 1) & 1, W.Arbitrary(fill >> (count - bits - 1)) & 1);
        return ShiftFlags(a, count, result, carry, TopBitsDiffer(result, size), 1, size);
    }

    private W Following(W a, W fill) => Model == ProcessorModel.I386 ? fill : a;

    private static W Defined(W count, uint bits, W result, W beyond, int size) =>
        W.Select(count <= bits, Mask(result, size), Mask(W.Arbitrary(beyond), size));

    private static W TopBitsDiffer(W result, int size) => SignBit(result ^ result << 1, size);

    /// <param name="a">The operand.</param>
    /// <param name="count">The count, modulo 32.</param>
    /// <param name="result">The result, if the count is not 0.</param>
    /// <param name="carry">The last bit shifted out.</param>
    /// <param name="overflow">The overflow flag for a count of 1.</param>
    /// <param name="usual">
    /// For larger counts: 1 if overflow usually follows the same rule, 0 if it is usually clear.
    /// </param>
    /// <param name="size">The operand size in bytes.</param>
    private W ShiftFlags(W a, W count, W result, W carry, W overflow, uint usual, int size)
    {
        if (W.TryValue(count, out var known))
        {
            if (known == 0)
                return a;
            SetShiftFlags(count, result, carry, overflow, usual, size);
            return result;
        }
        Materialise();
        var before = _stored;
        SetShiftFlags(count, result, carry, overflow, usual, size);
        Materialise();
        _stored = W.Select(count == 0, before, _stored);
        return W.Select(count == 0, a, result);
    }

    private void SetShiftFlags(W count, W result, W carry, W overflow, uint usual, int size)
    {
        _carry = carry;
        _overflow = W.Select(count == 1, overflow, W.Arbitrary(usual == 0 ? 0 : overflow) & 1);
        SetFlags(FlagRule.Shift, result, result, result, size);
    }

    private W RotateLeft(W a, W count, int size)
    {
        var bits = (uint)size * 8;
        var turn = count & (bits - 1);
        var result = Mask(a << turn | a >> (bits - turn), size);
        return RotateFlags(a, count, result, result & 1, SignBit(result, size) ^ result & 1, size);
    }

    private W RotateRight(W a, W count, int size)
    {
        var bits = (uint)size * 8;
        var turn = count & (bits - 1);
        var result = Mask(a >> turn | a << (bits - turn), size);
        var top = SignBit(result, size);
        return RotateFlags(a, count, result, top, top ^ result >> (bits - 2) & 1, size);
    }

    private W RotateLeftThroughCarry(W a, W count, int size)
    {
        var bits = (uint)size * 8;
        var turn = ModuloWidth(count, bits);
        var carryIn = CarryIn();
        var result = W.Select(turn == 0, a, Mask(a << turn | carryIn << (turn - 1) | a >> (bits + 1 - turn), size));
        var carry = W.Select(turn == 0, carryIn, a >> (bits - turn) & 1);
        return RotateFlags(a, count, result, carry, SignBit(result, size) ^ carry, size);
    }

    private W RotateRightThroughCarry(W a, W count, int size)
    {
        var bits = (uint)size * 8;
        var turn = ModuloWidth(count, bits);
        var carryIn = CarryIn();
        var result = W.Select(turn == 0, a, Mask(a >> turn | carryIn << (bits - turn) | a << (bits + 1 - turn), size));
        var carry = W.Select(turn == 0, carryIn, a >> (turn - 1) & 1);
        return RotateFlags(a, count, result, carry, SignBit(result, size) ^ result >> (bits - 2) & 1, size);
    }

    /// <summary>A rotation through carry has a period of bits + 1: 9, 17 or 33.</summary>
    private static W ModuloWidth(W count, uint bits)
    {
        if (bits == 32)
            return count;
        var width = bits + 1;
        return count - (Bit(count >= width) + Bit(count >= 2 * width) + Bit(count >= 3 * width)) * width;
    }

    /// <summary>Rotates change only carry and overflow.</summary>
    private W RotateFlags(W a, W count, W result, W carry, W overflow, int size)
    {
        if (W.TryValue(count, out var known) && known == 0)
            return a;
        Materialise();
        var defined = W.Select(count == 1, overflow & 1, W.Arbitrary(overflow) & 1);
        var after = _stored & ~(W)(Flag.Carry | Flag.Overflow) | carry & 1 | defined << 11;
        _stored = W.Select(count == 0, _stored, after);
        return result;
    }
}
