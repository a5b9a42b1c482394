using Iced.Intel;
using R = Iced.Intel.Register;

namespace Verified.Machine.Processor;

/// <summary>
/// Decodes bytes into an <see cref="Operation"/>. Iced reads the encoding; this class maps Iced's instruction to the
/// operation that executes.
/// </summary>
public static class Decode
{
    /// <summary>The largest number of bytes of an instruction. A longer one raises #GP (SDM vol. 2, 2.3.11).</summary>
    public const int LongestInstruction = 15;

    // Only the 386 and 486 have moves of test registers and UMOV. REP before BSF and BSR (later TZCNT and LZCNT) has no
    // meaning on a Pentium. 0F 0D and 0F 18 to 0F 1F are hints: a processor that does not know them does nothing,
    // whatever their operand and prefix.
    private const DecoderOptions OfOldModels =
        DecoderOptions.MovTr
        | DecoderOptions.Umov
        | DecoderOptions.NoMPFX_0FBC
        | DecoderOptions.NoMPFX_0FBD
        | DecoderOptions.ForceReservedNop;

    /// <summary>
    /// Decodes the instruction at the start of <paramref name="code"/>, an array that Iced reads from
    /// <paramref name="start"/>. The result does not depend on the address.
    /// </summary>
    /// <returns>
    /// False if the bytes end before the instruction does. With 15 bytes, the instruction is too long.
    /// </returns>
    /// <exception cref="UnimplementedInstruction">
    /// An instruction that a Pentium may have, but this text does not.
    /// </exception>
    public static bool TryDecode(byte[] code, int start, int length, bool big, out Operation operation)
    {
        operation = default;
        var decoder = Decoder.Create(big ? 32 : 16, new ByteArrayCodeReader(code, start, length), 0UL, OfOldModels);
        decoder.Decode(out var instruction);
        if (
            decoder.LastError == DecoderError.NoMoreBytes
            || (instruction.Code == Code.INVALID && IsTooLong(code, start, length, big))
        )
            return false;
        operation = Map(instruction, code.AsSpan(start, instruction.Length));
        return true;
    }

    // Iced treats an instruction that does not end within 15 bytes as invalid. Without its first prefix, Iced reports
    // that it needs more bytes.
    private static bool IsTooLong(byte[] code, int start, int length, bool big)
    {
        if (length < LongestInstruction)
            return false;
        for (var skipped = 1; skipped < LongestInstruction && IsPrefix(code[start + skipped - 1]); skipped++)
        {
            var decoder = Decoder.Create(
                big ? 32 : 16,
                new ByteArrayCodeReader(code, start + skipped, LongestInstruction - skipped),
                0UL
            );
            decoder.Decode(out _);
            if (decoder.LastError == DecoderError.NoMoreBytes)
                return true;
        }
        return false;
    }

    private static bool IsPrefix(byte value) =>
        value is 0x26 or 0x2E or 0x36 or 0x3E or 0x64 or 0x65 or 0x66 or 0x67 or 0xF0 or 0xF2 or 0xF3;

    private static Operation Map(in Instruction i, ReadOnlySpan<byte> bytes)
    {
        var op = new Operation
        {
            Length = (byte)i.Length,
            Base = Register.None,
            Index = Register.None,
        };
        if (i.Code == Code.INVALID || i.Mnemonic is Mnemonic.Ud0 or Mnemonic.Ud1 or Mnemonic.Ud2)
            return op;
        if (i.HasRepePrefix)
            op.Prefix |= Prefix.Repeat;
        if (i.HasRepnePrefix)
            op.Prefix |= Prefix.RepeatNotEqual;
        op.Size = (byte)OperandSize(i);
        op.SourceSize = op.Size;
        for (var n = 0; n < Math.Min(i.OpCount, 3); n++)
            MapOperand(i, n, ref op);
        op.Op = Mnemonics.Map(i, ref op);
        var known =
            op.Op == Op.Coprocessor || (op.TargetRegister != UnknownRegister && op.SourceRegister != UnknownRegister);
        if (!Mnemonics.MayExist(i) && (op.Op == Op.Invalid || !known))
        {
            op.Op = Op.Invalid;
            return op;
        }
        if (op.Op == Op.Invalid || !known)
            throw new UnimplementedInstruction($"unimplemented instruction {Convert.ToHexString(bytes)}: {i}");
        Quick.Specialise(ref op);
        return op;
    }

    private static void MapOperand(in Instruction i, int n, ref Operation op)
    {
        switch (i.GetOpKind(n))
        {
            case OpKind.Register:
                SetOperand(ref op, n, KindOf(i.GetOpRegister(n)), NumberOf(i.GetOpRegister(n)));
                break;
            case OpKind.Memory:
                SetOperand(ref op, n, OperandKind.Memory, 0);
                MapAddress(i, ref op);
                break;
            case OpKind.NearBranch16 or OpKind.NearBranch32:
                SetOperand(ref op, n, OperandKind.Immediate, 0);
                op.Immediate = i.NearBranch32 - (uint)i.Length;
                break;
            case OpKind.FarBranch16 or OpKind.FarBranch32:
                SetOperand(ref op, n, OperandKind.Immediate, 0);
                op.Immediate = i.GetOpKind(n) == OpKind.FarBranch16 ? i.FarBranch16 : i.FarBranch32;
                op.Extra = i.FarBranchSelector;
                break;
            case OpKind.Immediate8_2nd:
                op.Extra = i.Immediate8_2nd;
                break;
            case OpKind.Immediate8
            or OpKind.Immediate16
            or OpKind.Immediate32
            or OpKind.Immediate8to16
            or OpKind.Immediate8to32:
                if (n < 2)
                    SetOperand(ref op, n, OperandKind.Immediate, 0);
                op.Immediate = Narrow((uint)i.GetImmediate(n), op.Size);
                break;
            default:
                // The operation implies the string operands, but not their segment and address size.
                if (i.GetOpKind(n) is OpKind.MemorySegSI or OpKind.MemoryESDI or OpKind.MemorySegDI)
                    op.Prefix |= Prefix.Address16;
                if (i.GetOpKind(n) is OpKind.MemorySegSI or OpKind.MemorySegESI)
                    op.Segment = (byte)(i.MemorySegment - R.ES);
                break;
        }
    }

    private static uint Narrow(uint value, int size) =>
        size == 1 ? value & 0xFF
        : size == 2 ? value & 0xFFFF
        : value;

    private static void SetOperand(ref Operation op, int n, OperandKind kind, byte register)
    {
        if (n == 0)
            (op.Target, op.TargetRegister) = (kind, register);
        else if (n == 1)
            (op.Source, op.SourceRegister) = (kind, register);
        else if (kind == OperandKind.Register)
            op.Extra = register;
    }

    private static void MapAddress(in Instruction i, ref Operation op)
    {
        op.Segment = (byte)(i.MemorySegment - R.ES);
        op.Displacement = i.MemoryDisplacement32;
        if (i.MemoryBase != R.None)
            op.Base = NumberOf(i.MemoryBase);
        if (i.MemoryIndex != R.None)
            op.Index = NumberOf(i.MemoryIndex);
        op.Scale = (byte)System.Numerics.BitOperations.Log2((uint)i.MemoryIndexScale);
        var narrowBase = i.MemoryBase is >= R.AX and <= R.DI || i.MemoryIndex is >= R.AX and <= R.DI;
        if (narrowBase || (i.MemoryBase == R.None && i.MemoryIndex == R.None && i.MemoryDisplSize == 2))
            op.Prefix |= Prefix.Address16;
    }

    /// <summary>The numbers of DR0 and TR0 among the control registers of an operand.</summary>
    public const int FirstDebugRegister = 16,
        FirstTestRegister = 32;

    // XMM and other registers that no supported instruction uses.
    private const byte UnknownRegister = 0xFF;

    private static OperandKind KindOf(R register) =>
        register switch
        {
            >= R.ES and <= R.GS => OperandKind.Segment,
            >= R.CR0 and <= R.DR15 or >= R.TR0 and <= R.TR7 => OperandKind.Control,
            _ => OperandKind.Register,
        };

    private static byte NumberOf(R register) =>
        (byte)(
            register switch
            {
                >= R.AL and <= R.BH => register - R.AL,
                >= R.AX and <= R.DI => register - R.AX,
                >= R.EAX and <= R.EDI => register - R.EAX,
                >= R.ES and <= R.GS => register - R.ES,
                >= R.CR0 and <= R.CR15 => register - R.CR0,
                >= R.DR0 and <= R.DR15 => register - R.DR0 + FirstDebugRegister,
                >= R.TR0 and <= R.TR7 => register - R.TR0 + FirstTestRegister,
                _ => UnknownRegister,
            }
        );

    /// <summary>
    /// The operand size in bytes: that of the first general register or memory operand, else the one that the opcode
    /// implies.
    /// </summary>
    private static int OperandSize(in Instruction i)
    {
        for (var n = 0; n < i.OpCount; n++)
        {
            var register = i.GetOpKind(n) == OpKind.Register ? i.GetOpRegister(n) : R.None;
            // DX is the port, so the size is that of AL, AX or EAX.
            if (register == R.DX && IsPortAccess(i.Mnemonic))
                continue;
            if (register is >= R.AL and <= R.EDI)
                return register.GetSize();
            if (i.GetOpKind(n) is OpKind.Memory && i.MemorySize == MemorySize.SegPtr16)
                return 2;
            if (i.GetOpKind(n) is OpKind.Memory && i.MemorySize is not (MemorySize.Unknown or MemorySize.Fword6))
                return Math.Min(i.MemorySize.GetSize(), 4);
        }
        return Mnemonics.ImpliedSize(i);
    }

    private static bool IsPortAccess(Mnemonic mnemonic) =>
        mnemonic
            is Mnemonic.In
                or Mnemonic.Out
                or Mnemonic.Insb
                or Mnemonic.Insw
                or Mnemonic.Insd
                or Mnemonic.Outsb
                or Mnemonic.Outsw
                or Mnemonic.Outsd;
}
