namespace Verified.Machine.Processor;

/// <summary>Bit tests, bit scans, exchanges and byte swaps (SDM vol. 2).</summary>
public sealed partial class Ia32<W, TBus>
{
    private enum BitChange
    {
        None,
        Set,
        Reset,
        Complement,
    }

    /// <summary>
    /// BT, BTS, BTR, BTC. A register offset can reach beyond a memory operand, in units of the operand's size.
    /// </summary>
    private void BitTest(in Operation op, BitChange change)
    {
        int size = op.Size;
        var offset = Source(op);
        var bit = offset & (uint)(size * 8 - 1);
        if (op.Target == OperandKind.Register)
        {
            var value = ReadRegister(op.TargetRegister, size);
            SetTestedBit(value, bit, size);
            if (change != BitChange.None)
                WriteRegister(op.TargetRegister, size, Changed(value, bit, change));
            return;
        }
        var address = EffectiveAddress(op);
        if (op.Source == OperandKind.Register)
            address +=
                size == 4 ? W.ShiftRightSigned(offset, 5) << 2 : W.ShiftRightSigned(SignExtend(offset, 2), 4) << 1;
        if ((op.Prefix & Prefix.Address16) != 0)
            address &= 0xFFFF;
        if (change == BitChange.None)
        {
            SetTestedBit(ReadMemory(op.Segment, address, size), bit, size);
            return;
        }
        var linear = LinearToWrite(op.Segment, address, size);
        var old = Bus.LoadForStore(linear, size, User);
        Bus.Store(linear, size, Changed(old, bit, change), User);
        SetTestedBit(old, bit, size);
    }

    private static W Changed(W value, W bit, BitChange change)
    {
        var mask = (W)1 << bit;
        return change switch
        {
            BitChange.Set => value | mask,
            BitChange.Reset => value & ~mask,
            _ => value ^ mask,
        };
    }

    /// <summary>Sets CF. The other flags are unchanged, or undefined and usually unchanged.</summary>
    private void SetCarryOnly(W carry)
    {
        Materialise();
        _stored = _stored & ~(W)Flag.Carry | carry;
    }

    /// <summary>
    /// Sets CF to the tested bit. The 386 rotates the bit to the end, so OF is the same as after ROR
    /// (SingleStepTests/80386, 0FA3, as emu88 and rex86 found).
    /// </summary>
    private void SetTestedBit(W value, W bit, int size)
    {
        SetCarryOnly(value >> bit & 1);
        if (Model != ProcessorModel.I386)
            return;
        var turned = Mask(value >> bit | value << ((uint)size * 8 - bit), size);
        _stored = _stored & ~(W)Flag.Overflow | W.Arbitrary(TopBitsDiffer(turned, size)) << 11 & Flag.Overflow;
    }

    /// <summary>
    /// BSF and BSR. If the source is 0, the destination is undefined (processors keep it), and only ZF is set.
    /// </summary>
    private void BitScan(in Operation op, bool reverse)
    {
        var value = Source(op);
        var found = reverse ? W.HighestBit(value) : W.LowestBit(value);
        var old = ReadRegister(op.TargetRegister, op.Size);
        WriteRegister(op.TargetRegister, op.Size, W.Select(value == 0, old, found));
        var others =
            Model == ProcessorModel.I386
                ? W.Select(value == 0, Flag.Parity, ScanFlags(value, found, reverse, op.Size))
                : 0;
        _stored = W.Select(value == 0, Flag.Zero, 0) | W.Arbitrary(others) & (Flag.Status & ~Flag.Zero);
        _rule = FlagRule.Stored;
    }

    /// <summary>
    /// The flags after a bit scan on a 386 (SingleStepTests/80386, 0FBC and 0FBD, following emu88). They are those of
    /// the value's negation and of the last shift. A forward scan past bit 0 also sets the parity of the bit number.
    /// </summary>
    private static W ScanFlags(W value, W found, bool reverse, int size)
    {
        var negation = ResultFlags(Mask(0 - value, size), size) | W.Select((value & 15) != 0, Flag.Adjust, 0);
        var (below, next) = (value << 1 >> found & 1, value << 2 >> found & 1);
        if (reverse)
            return negation | below | W.Select(found == 0, Flag.Overflow, (below ^ next) << 11);
        return W.Select(
            found == 0,
            negation | value >> 1 & 1 | SignBit(value, size) << 11,
            W.Select(W.EvenParity(found), Flag.Parity, 0)
        );
    }

    private void Exchange(in Operation op)
    {
        var other = ReadRegister(op.SourceRegister, op.Size);
        var value = ToModify(op);
        Modify(op, other);
        WriteRegister(op.SourceRegister, op.Size, value);
    }

    private void ExchangeAdd(in Operation op)
    {
        var other = ReadRegister(op.SourceRegister, op.Size);
        var value = ToModify(op);
        var sum = Mask(value + other, op.Size);
        // The sum is written last, so XADD of a register with itself doubles it.
        WriteRegister(op.SourceRegister, op.Size, value);
        Modify(op, sum);
        SetFlags(FlagRule.Add, value, other, sum, op.Size);
    }

    /// <summary>CMPXCHG writes its operand back even if the comparison fails.</summary>
    private void CompareExchange(in Operation op)
    {
        var expected = ReadRegister(Register.Eax, op.Size);
        var value = ToModify(op);
        var same = expected == value;
        var replacement = W.Select(same, ReadRegister(op.SourceRegister, op.Size), value);
        // The destination is written last. It may be the accumulator, which is then equal to itself.
        if (op.Size == 4)
            R[Register.Eax] = W.Select(same, R[Register.Eax], value);
        else
            WriteRegister(Register.Eax, op.Size, W.Select(same, expected, value));
        Modify(op, replacement);
        Subtract(expected, value, op.Size);
    }

    private void CompareExchange8(in Operation op)
    {
        var address = LinearToWrite(op.Segment, EffectiveAddress(op), 8);
        var low = Bus.LoadForStore(address, 4, User);
        var high = Bus.LoadForStore(address + 4, 4, User);
        var same = low == R[Register.Eax] & high == R[Register.Edx];
        Bus.Store(address, 4, W.Select(same, R[Register.Ebx], low), User);
        Bus.Store(address + 4, 4, W.Select(same, R[Register.Ecx], high), User);
        R[Register.Eax] = low;
        R[Register.Edx] = high;
        Materialise();
        _stored = _stored & ~(W)Flag.Zero | W.Select(same, Flag.Zero, 0);
    }

    /// <summary>With 16 bits the result is undefined (SDM vol. 2, BSWAP), and usually 0.</summary>
    private static W SwapBytes(W a, int size) =>
        size == 2 ? W.Arbitrary(0) & 0xFFFF : a << 24 | (a & 0xFF00) << 8 | a >> 8 & 0xFF00 | a >> 24;
}
