using System.Buffers.Binary;
using Iced.Intel;
using Verified.Machine.Processor;
using IcedRegister = Iced.Intel.Register;
using Register = Verified.Machine.Processor.Register;

namespace Verified.Proofs.Oracle;

/// <summary>
/// Random sequences. ESI, EDI and ESP stay in the arena, and no other register is an address, so any instruction may
/// follow any other. One sequence in four repeats itself a few times.
/// </summary>
public static class Sequences
{
    private const int Fewest = 2,
        Most = 8,
        MostTries = 64;
    private const uint Source = Arena.Data + 0x800,
        Target = Arena.Data + 0x1100,
        Stack = Arena.Data + 0x1800,
        Counter = Arena.Data + 0x1F00;

    private static readonly Code[] Usable = [.. Forms.Compared.Where(IsUsable)];

    // Segments for data, flat or not: the first and the second entry of the local table, and null.
    private static readonly ushort[] Selectors =
    [
        Arena.FlatData,
        Arena.FlatData,
        Arena.Selector(0),
        Arena.Selector(1),
        0,
    ];

    /// <summary>The sequence for a seed and number; null if it became too long.</summary>
    public static Case? Make(int seed, long number)
    {
        var dice = Dice.Of(~seed, number);
        var registers = new uint[8];
        for (var i = 0; i < 8; i++)
            registers[i] = dice.Word();
        (registers[Register.Esi], registers[Register.Edi], registers[Register.Esp]) = (Source, Target, Stack);
        List<SequenceStep> steps = [];
        if (dice.Chance(6))
            steps.Add(LoadSegment(registers, ref dice));
        // A repeated load could see a changed selector, which only the host has.
        var again = steps.Count;
        var count = Fewest + dice.Below(Most - Fewest + 1);
        while (steps.Count < count)
            steps.Add(
                dice.Chance(12)
                    ? new(
                        [(byte)(dice.Chance(20) ? 0xE0 + dice.Below(4) : 0x70 + dice.Below(16)), 0],
                        Math.Min(count, steps.Count + 1 + dice.Below(3))
                    )
                    : new(Instruction(ref dice))
            );
        var turns = dice.Chance(25) ? 1 + (uint)dice.Below(4) : 0;
        if (turns > 0)
        {
            // DEC dword [Counter]; JNE
            steps.Add(new([0xFF, 0x0D, .. BitConverter.GetBytes(Counter)]));
            steps.Add(new([0x75, 0], again));
        }

        return new Sequence(steps).In(
            new Case
            {
                Instruction = default,
                Bytes = [],
                Registers = registers,
                Segments =
                [
                    Arena.FlatData,
                    Arena.FlatCode,
                    Arena.FlatData,
                    Arena.FlatData,
                    Arena.FlatData,
                    Arena.FlatData,
                ],
                Eip = Arena.Code + 0x400 + (uint)dice.Below(0x700),
                Eflags =
                    dice.Next() & (Flag.Status | Flag.Direction | Flag.Identification) | Flag.Reserved | Flag.Interrupt,
                Pokes = turns > 0 ? [(Counter, turns)] : [],
            }
        );
    }

    /// <summary>MOV of a register, which is made to hold a selector, to ES, DS, FS or GS.</summary>
    private static SequenceStep LoadSegment(uint[] registers, ref Dice dice)
    {
        var register = dice.Below(4);
        registers[register] = dice.Pick<ushort>(Selectors);
        int[] segments = [SegmentRegister.Es, SegmentRegister.Ds, SegmentRegister.Fs, SegmentRegister.Gs];
        return new([0x8E, (byte)(0xC0 | dice.Pick<int>(segments) << 3 | register)]);
    }

    private static byte[] Instruction(ref Dice dice)
    {
        for (; ; )
        {
            var form = Usable[dice.Below(Usable.Length)];
            for (var tries = 0; tries < MostTries; tries++)
            {
                var bytes = CaseGenerator.Bytes(form, big: true, ref dice);
                if (!TryDecode(bytes, out var instruction, out var offsets) || instruction.Code != form)
                    continue;
                if (!IsUsable(instruction))
                    continue;
                PlaceOperand(bytes, instruction, offsets, ref dice);
                return bytes[..instruction.Length];
            }
        }
    }

    private static bool TryDecode(byte[] bytes, out Instruction instruction, out ConstantOffsets offsets)
    {
        var decoder = Decoder.Create(32, new ByteArrayCodeReader(bytes));
        decoder.Decode(out instruction);
        offsets = decoder.GetConstantOffsets(instruction);
        return instruction.Code != Code.INVALID;
    }

    private static bool IsUsable(Code form)
    {
        var opcode = form.ToOpCode();
        return opcode.ToInstructionString().Length > 0
            && !opcode.IsPrivileged
            && form.FlowControl() == FlowControl.Next
            && form.Mnemonic()
                is not (
                    Mnemonic.Popf
                    or Mnemonic.Popfd
                    or Mnemonic.Enter
                    or Mnemonic.Leave
                    or Mnemonic.Xlatb
                    or Mnemonic.Bound
                    or Mnemonic.Lds
                    or Mnemonic.Les
                    or Mnemonic.Lss
                    or Mnemonic.Lfs
                    or Mnemonic.Lgs
                    or Mnemonic.Lar
                    or Mnemonic.Lsl
                    or Mnemonic.Verr
                    or Mnemonic.Verw
                    or Mnemonic.Arpl
                    or Mnemonic.In
                    or Mnemonic.Out
                    or Mnemonic.Insb
                    or Mnemonic.Insw
                    or Mnemonic.Insd
                    or Mnemonic.Outsb
                    or Mnemonic.Outsw
                    or Mnemonic.Outsd
                    or Mnemonic.Cli
                    or Mnemonic.Sti
                    or Mnemonic.Popa
                    or Mnemonic.Popad
                );
    }

    private static bool IsUsable(in Instruction i)
    {
        if (i.HasRepPrefix || i.HasRepePrefix || i.HasRepnePrefix)
            return false;
        var memory = false;
        for (var n = 0; n < i.OpCount; n++)
        {
            var kind = i.GetOpKind(n);
            memory |= kind == OpKind.Memory;
            if (kind != OpKind.Register)
                continue;
            var register = i.GetOpRegister(n);
            if (register.IsSegmentRegister() && i.Mnemonic != Mnemonic.Push && n == 0)
                return false;
            if (
                register.GetFullRegister32() is IcedRegister.ESP or IcedRegister.ESI or IcedRegister.EDI
                && i.Mnemonic != Mnemonic.Push
            )
                return false;
        }

        if (!memory)
            return true;
        if (i.Mnemonic is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc && i.Op1Kind == OpKind.Register)
            return false;
        return i.MemoryIndex == IcedRegister.None
            && i.MemoryBase
                is IcedRegister.None
                    or IcedRegister.ESI
                    or IcedRegister.EDI
                    or IcedRegister.SI
                    or IcedRegister.DI;
    }

    /// <summary>A displacement that keeps the operand in the arena, or now and then takes it beyond.</summary>
    private static void PlaceOperand(byte[] bytes, in Instruction i, ConstantOffsets offsets, ref Dice dice)
    {
        if (!offsets.HasDisplacement || offsets.DisplacementSize < 2)
            return;
        var displacement =
            i.MemoryBase != IcedRegister.None ? (uint)(dice.Below(0x600) - 0x300)
            : dice.Chance(96) ? Arena.Data + (uint)dice.Below(0x1E00)
            : dice.Pick<uint>([Arena.Data - 2, Arena.WritableEnd - 1, Arena.WritableEnd + 8, Arena.End - 2]);
        var at = bytes.AsSpan((int)offsets.DisplacementOffset);
        if (offsets.DisplacementSize == 2)
            BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)displacement);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(at, displacement);
    }
}
