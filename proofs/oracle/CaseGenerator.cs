using System.Buffers.Binary;
using Iced.Intel;
using Verified.Machine.Processor;

namespace Verified.Proofs.Oracle;

/// <summary>Random cases of a form: bytes first, then a state in which the instruction has something to do.</summary>
public static class CaseGenerator
{
    private const int MostTries = 64;

    private static readonly ushort[] CodeSegments = [.. Selectors(s => s.Present && Descriptor.IsCode(s.Attributes))];
    private static readonly ushort[] StackSegments =
    [
        .. Selectors(s => s.Present && Descriptor.IsWritable(s.Attributes)),
    ];
    private static readonly ushort[] DataSegments =
    [
        .. Selectors(s => s.Present && (Descriptor.IsData(s.Attributes) || Descriptor.IsReadableCode(s.Attributes))),
        0,
    ];

    /// <summary>
    /// Selectors to load: the arena's selectors, present or not, at every RPL; null; the host kernel's; beyond the
    /// table.
    /// </summary>
    private static readonly ushort[] Selectable =
    [
        .. Selectors(_ => true),
        .. Selectors(_ => true),
        0,
        3,
        Arena.FlatData,
        Arena.FlatCode,
        Arena.FlatData,
        Arena.FlatCode,
        Arena.FlatData & 0xFFFC,
        Arena.KernelCode,
        Arena.KernelData | 3,
        (ushort)(Arena.Selector(Arena.Local.Length) | 3),
        0xFFFF,
        (ushort)(Arena.Selector(0) & ~3),
        (ushort)(Arena.Selector(12) & ~2),
    ];

    /// <summary>The case of this form for a seed and number; null if no bytes make the form.</summary>
    public static Case? Make(Code form, int seed, long number)
    {
        var dice = Dice.Of(seed, number);
        for (var tries = 0; tries < MostTries; tries++)
            if (Try(form, ref dice) is { } made)
                return made;
        return null;
    }

    private static Case? Try(Code form, ref Dice dice)
    {
        var segments = SegmentsOf(ref dice);
        var code = Arena.Of(segments[1])!.Value;
        var bytes = Bytes(form, code.Big, ref dice);

        // Near the middle of the page, so jumps of 8 bits stay in the page.
        var eip = Arena.Code + 0x400 + (uint)dice.Below(0x700) - code.Base;
        if (!TryDecode(bytes, code.Big, eip, out var instruction) || instruction.Code != form)
            return null;
        var eflags =
            dice.Next() & (Flag.Status | Flag.Direction | Flag.Identification) | Flag.Reserved | Flag.Interrupt;
        if (dice.Chance(6))
            eflags |= Flag.AlignmentCheck;
        if (dice.Chance(4))
            eflags |= Flag.NestedTask;
        if (Forms.WhyNot(instruction, eflags) is not null)
            return null;

        var operands = new Operands(instruction, segments, bytes, Selectable);
        operands.Choose(ref dice, ref eflags, eip);
        // Choosing may have written an address or immediate into the bytes.
        if (!TryDecode(bytes, code.Big, eip, out instruction) || instruction.Code != form)
            return null;
        return new Case
        {
            Instruction = instruction,
            Bytes = bytes[..instruction.Length],
            Registers = operands.Registers,
            Segments = segments,
            Eip = eip,
            Eflags = eflags,
            Pokes = operands.Pokes,
        };
    }

    /// <summary>15 bytes, the first of which probably decode to the form.</summary>
    internal static byte[] Bytes(Code form, bool big, ref Dice dice)
    {
        var bytes = new byte[15];
        var length = Opcode(form, big, ref dice, bytes);
        while (length < 15)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(Math.Min(length, 11)), dice.Word());
            length += 4;
        }

        return bytes;
    }

    public static bool TryDecode(byte[] bytes, bool big, uint eip, out Instruction instruction)
    {
        var decoder = Decoder.Create(big ? 32 : 16, new ByteArrayCodeReader(bytes), eip);
        decoder.Decode(out instruction);
        return instruction.Code != Code.INVALID;
    }

    private static ushort[] SegmentsOf(ref Dice dice)
    {
        ushort[] segments =
        [
            Arena.FlatData,
            Arena.FlatCode,
            Arena.FlatData,
            Arena.FlatData,
            Arena.FlatData,
            Arena.FlatData,
        ];
        if (dice.Chance(25))
            segments[1] = dice.Pick<ushort>(CodeSegments);
        if (dice.Chance(12))
            segments[2] = dice.Pick<ushort>(StackSegments);
        if (dice.Chance(12))
            segments[3] = dice.Pick<ushort>(DataSegments);
        foreach (var other in (ReadOnlySpan<int>)[0, 4, 5])
            if (dice.Chance(25))
                segments[other] = dice.Pick<ushort>(DataSegments);
        return segments;
    }

    private static IEnumerable<ushort> Selectors(Func<LocalSegment, bool> which) =>
        Enumerable.Range(0, Arena.Local.Length).Where(i => which(Arena.Local[i])).Select(Arena.Selector);

    /// <summary>Writes prefixes, opcode and ModR/M byte. The bytes after them are random.</summary>
    private static int Opcode(Code form, bool big, ref Dice dice, byte[] bytes)
    {
        var opcode = form.ToOpCode();
        var at = 0;
        // A prefix of the same group twice, or in another order, is equally valid.
        if (IsString(form) ? dice.Chance(50) : dice.Chance(3))
            bytes[at++] = (byte)(dice.Chance(50) ? 0xF2 : 0xF3);
        if (opcode.MandatoryPrefix == MandatoryPrefix.PF3)
            bytes[at++] = 0xF3;
        if (dice.Chance(3))
            bytes[at++] = 0xF0;
        if (dice.Chance(15))
            bytes[at++] = dice.Pick<byte>([0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65]);
        var wide = opcode.OperandSize == 0 ? dice.Chance(90) == big : opcode.OperandSize == 32;
        if (wide != big)
            bytes[at++] = 0x66;
        var wideAddress = opcode.AddressSize == 0 ? dice.Chance(85) == big : opcode.AddressSize == 32;
        if (wideAddress != big)
            bytes[at++] = 0x67;
        if (opcode.Table == OpCodeTableKind.T0F)
            bytes[at++] = 0x0F;
        if (opcode.OpCodeLength == 2)
            bytes[at++] = (byte)(opcode.OpCode >> 8);
        bytes[at] = (byte)opcode.OpCode;
        if (opcode.OpCount > 0 && Enumerable.Range(0, opcode.OpCount).Any(i => InOpcode(opcode.GetOpKind(i))))
            bytes[at] |= (byte)dice.Below(8);
        at++;
        var mod = dice.Chance(35) ? 3 : dice.Below(3);
        var register = opcode.GroupIndex >= 0 ? opcode.GroupIndex : dice.Below(8);
        bytes[at++] = (byte)(mod << 6 | register << 3 | dice.Below(8));
        return HasModRm(opcode) ? at : at - 1;
    }

    private static bool InOpcode(OpCodeOperandKind kind) =>
        kind is OpCodeOperandKind.r8_opcode or OpCodeOperandKind.r16_opcode or OpCodeOperandKind.r32_opcode;

    private static bool HasModRm(OpCodeInfo opcode)
    {
        if (opcode.GroupIndex >= 0)
            return true;
        for (var i = 0; i < opcode.OpCount; i++)
            if (
                opcode.GetOpKind(i)
                is OpCodeOperandKind.mem
                    or OpCodeOperandKind.r8_or_mem
                    or OpCodeOperandKind.r16_or_mem
                    or OpCodeOperandKind.r32_or_mem
                    or OpCodeOperandKind.r32_rm
                    or OpCodeOperandKind.seg_reg
                    or OpCodeOperandKind.cr_reg
                    or OpCodeOperandKind.dr_reg
            )
                return true;
        return false;
    }

    private static bool IsString(Code form)
    {
        var opcode = form.ToOpCode();
        return opcode.CanUseRepPrefix || opcode.CanUseRepnePrefix;
    }
}
