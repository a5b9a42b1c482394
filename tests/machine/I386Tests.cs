using Verified.Machine.Processor;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Machine;

/// <summary>
/// Differences between a 386 and later processors. Authors of emulators that pass SingleStepTests/80386 found them.
/// </summary>
public class I386Tests
{
    private const uint Stack = 0x30000;

    [Fact]
    public void Pusha_starts_at_the_lowest_address()
    {
        // BP at FFFDh and DI at FFF9h; SP would be at FFFFh.
        Assert.Equal((0xBBBBu, 0xDDDDu), After(ProcessorModel.I386));
        Assert.Equal((0u, 0u), After(ProcessorModel.Pentium));

        (uint, uint) After(ProcessorModel model)
        {
            var pc = RealModePc.Make(model);
            (pc.Cpu.R[Register.Ebp], pc.Cpu.R[Register.Edi], pc.Cpu.R[Register.Esp]) = (0xBBBB, 0xDDDD, 9);
            Assert.Equal(Vectors.StackFault, pc.Execute(0x60));
            Assert.Equal(3u, pc.Reg(Register.Esp));
            return (pc.Word(Stack + 0xFFFD), pc.Word(Stack + 0xFFF9));
        }
    }

    [Theory]
    [InlineData(ProcessorModel.I386, 0x1111u, 0x2222u)]
    [InlineData(ProcessorModel.Pentium, 0u, 0u)]
    public void Popa_keeps_what_it_popped_before_a_fault(ProcessorModel model, uint edi, uint esi)
    {
        var pc = RealModePc.Make(model);
        pc.Cpu.R[Register.Esp] = 0xFFFB;
        pc.Memory.Write(Stack + 0xFFFB, [0x11, 0x11, 0x22, 0x22]);
        Assert.Equal(Vectors.StackFault, pc.Execute(0x61));
        Assert.Equal((edi, esi, 0xFFF5u), (pc.Reg(Register.Edi), pc.Reg(Register.Esi), pc.Reg(Register.Esp)));
    }

    [Theory]
    // Real mode, and protected mode with a stack of 16 bits and of 32.
    [InlineData(ProcessorModel.I386, false, false, 0xDEAD1020u)]
    [InlineData(ProcessorModel.I386, true, false, 0xDEAD1020u)]
    [InlineData(ProcessorModel.I386, true, true, 0x00021020u)]
    [InlineData(ProcessorModel.Pentium, false, false, 0x00021020u)]
    [InlineData(ProcessorModel.Pentium, true, false, 0x00021020u)]
    public void Popad_takes_the_upper_half_of_ESP_from_the_skipped_item_of_a_16_bit_stack(
        ProcessorModel model,
        bool isProtected,
        bool big,
        uint esp
    )
    {
        const uint dataRights = 0x9300,
            bigBit = 1 << 22,
            top = 0x21000;
        var pc = RealModePc.Make(model);
        var stack = big ? 0u : Stack;
        pc.Cpu.S[SegmentRegister.Ss] = Segment<Concrete>.Load(
            0x10,
            stack,
            big ? 0xFFFFFFu : 0xFFFFu,
            dataRights | (big ? bigBit : 0)
        );
        if (isProtected)
            pc.Cpu.Cr0 |= ControlBit.ProtectionEnable;
        pc.Cpu.R[Register.Esp] = top;
        pc.Memory.Store(stack + (big ? top : 0x1000) + 12, 4, 0xDEADBEEF);
        pc.Execute(0x66, 0x61);
        Assert.Equal(esp, pc.Reg(Register.Esp));
    }

    [Theory]
    [InlineData(ProcessorModel.I386, null)]
    [InlineData(ProcessorModel.Pentium, Vectors.StackFault)]
    public void A_selector_is_popped_as_16_bits_of_a_dword(ProcessorModel model, int? vector)
    {
        var pc = RealModePc.Make(model);
        pc.Cpu.R[Register.Esp] = 0xFFFE;
        pc.Memory.Write(Stack + 0xFFFE, [0x34, 0x12]);
        Assert.Equal(vector, pc.Execute(0x66, 0x1F)); // POP DS
        if (vector is null)
            Assert.Equal((0x1234u, 2u), (pc.Cpu.S[SegmentRegister.Ds].Selector.Value, pc.Reg(Register.Esp)));
    }

    [Theory]
    [InlineData(ProcessorModel.I386, 0xA4, 20, 0x3452u)] // SHLD CX, DX, 20: DX = 2345h turned by 4
    [InlineData(ProcessorModel.Pentium, 0xA4, 20, 0x345Au)]
    [InlineData(ProcessorModel.I386, 0xAC, 20, 0x5234u)] // SHRD
    [InlineData(ProcessorModel.Pentium, 0xAC, 20, 0xD234u)]
    [InlineData(ProcessorModel.I386, 0xA4, 16, 0x2345u)]
    [InlineData(ProcessorModel.I386, 0xA4, 4, 0xBCD2u)]
    public void A_double_shift_of_words_by_more_than_16_turns_the_second(
        ProcessorModel model,
        byte opcode,
        byte count,
        uint result
    )
    {
        var pc = RealModePc.Make(model);
        (pc.Cpu.R[Register.Ecx], pc.Cpu.R[Register.Edx]) = (0xABCD, 0x2345);
        Assert.Null(pc.Execute(0x0F, opcode, 0xD1, count));
        Assert.Equal(result, pc.Reg(Register.Ecx));
    }

    [Theory]
    // -(80h * (5 + 80h) + 0, 4 and 5) / 5, and the same / -5, whose quotient is positive.
    [InlineData(ProcessorModel.I386, -0x4280, 5, 0x0080u)]
    [InlineData(ProcessorModel.I386, -0x4284, 5, 0xFC80u)]
    [InlineData(ProcessorModel.I386, 0x4284, -5, 0x0480u)]
    [InlineData(ProcessorModel.I386, -0x8000, -128, null)]
    [InlineData(ProcessorModel.I386, -0x427F, 5, null)]
    [InlineData(ProcessorModel.I386, -0x4285, 5, null)]
    [InlineData(ProcessorModel.I386, -0x4284, -5, null)]
    [InlineData(ProcessorModel.I486, -0x4284, 5, null)]
    [InlineData(ProcessorModel.Pentium, -0x4284, 5, null)]
    public void One_overflow_of_a_byte_division_is_missed(ProcessorModel model, int dividend, int divisor, uint? result)
    {
        var pc = RealModePc.Make(model);
        (pc.Cpu.R[Register.Eax], pc.Cpu.R[Register.Ebx]) = ((uint)dividend & 0xFFFF, (uint)divisor & 0xFF);
        Assert.Equal(result is null ? Vectors.DivideError : null, pc.Execute(0xF6, 0xFB)); // IDIV BL
        Assert.Equal(result ?? ((uint)dividend & 0xFFFF), pc.Reg(Register.Eax));
    }

    [Theory]
    [InlineData(ProcessorModel.I386, 0xFFFB, 0u)]
    [InlineData(ProcessorModel.Pentium, 0xFFFB, 0x3FFu)]
    public void A_table_register_is_stored_whole_or_not_at_all(ProcessorModel model, int offset, uint limit)
    {
        var pc = RealModePc.Make(model);
        pc.Cpu.IdtLimit = 0x3FF;
        pc.Cpu.R[Register.Ebx] = (uint)offset;
        Assert.Equal(Vectors.GeneralProtection, pc.Execute(0x0F, 0x01, 0x0F)); // SIDT [BX]
        Assert.Equal(limit, pc.Word(0x50000 + (uint)offset));
    }

    [Fact]
    public void Reset_leaves_room_for_the_vectors_of_real_mode() =>
        Assert.Equal(0x3FFu, RealModePc.Make(ProcessorModel.I386).Cpu.IdtLimit.Value);

    [Theory]
    [InlineData(new byte[] { 0xF3, 0xF2, 0xA6 }, 4u)] // of two, the last: REPNE, and the first bytes are equal
    [InlineData(new byte[] { 0xF2, 0xF3, 0xA6 }, 0u)]
    public void Of_two_repeat_prefixes_the_last_counts(byte[] code, uint left)
    {
        var pc = RealModePc.Make(ProcessorModel.I386);
        (pc.Cpu.R[Register.Ecx], pc.Cpu.R[Register.Edi]) = (5, 0x100);
        Assert.Null(pc.Execute(code));
        Assert.Equal(left, pc.Reg(Register.Ecx));
    }

    [Theory]
    // ADD [BX+1234h], AX behind five prefixes: 9 bytes from FFF8h; with four prefixes, 8 bytes from there, and then the
    // bytes that follow.
    [InlineData("262626262601873412", 0xFFF8u)]
    [InlineData("2626262601873412", 0u)]
    public void Code_ends_at_64_KB(string code, uint eip)
    {
        var pc = RealModePc.Make(ProcessorModel.I386);
        pc.Memory.Write(0x2FFF8, Convert.FromHexString(code));
        pc.Cpu.Eip = 0xFFF8;
        pc.Run(2);
        Assert.Equal(Vectors.GeneralProtection, (int)pc.Cpu.Eip.Value - (pc.Cpu.Halted ? 1 : 0));
        Assert.Equal((eip, 0x2000u), (pc.Word(Stack + 0xFFA), pc.Word(Stack + 0xFFC)));
    }

    [Theory]
    [InlineData(ProcessorModel.I386)]
    [InlineData(ProcessorModel.Pentium)]
    public void A_repeated_bit_scan_is_a_bit_scan(ProcessorModel model)
    {
        // As compilers write it for processors with and without TZCNT: of 0 it keeps the destination.
        foreach (var (value, result, zero) in new[] { (0x40u, 6u, false), (0u, 0x77u, true) })
        {
            var pc = RealModePc.Make(model);
            (pc.Cpu.R[Register.Eax], pc.Cpu.R[Register.Ecx]) = (0x77, value);
            Assert.Null(pc.Execute(0xF3, 0x66, 0x0F, 0xBC, 0xC1));
            Assert.Equal((result, zero), (pc.Reg(Register.Eax), (pc.Cpu.Eflags.Value & Flag.Zero) != 0));
        }
    }

    public static TheoryData<string> Prefixes => ["", "66", "67", "6667", "F2", "F3", "F0", "F066"];

    [Theory]
    [MemberData(nameof(Prefixes))]
    public void A_386_has_the_instructions_of_its_map_and_no_others(string prefix)
    {
        var pc = RealModePc.Make(ProcessorModel.I386);
        pc.Snapshot();
        var locked = prefix.StartsWith("F0");
        List<string> wrong = [];
        foreach (var opcode in Opcodes())
            for (var modrm = 0; modrm < 256; modrm += modrm == 0x38 ? 0xC0 - 0x38 : 8)
            {
                byte[] code = [.. Convert.FromHexString(prefix), .. opcode, (byte)modrm, 0, 0, 0, 0, 0, 0];
                pc.Restore();
                var exists =
                    Exists(opcode, modrm >> 3 & 7, modrm < 0xC0)
                    && (!locked || MayBeLocked(opcode, modrm >> 3 & 7, modrm < 0xC0));
                if (exists == (pc.Execute(code) == Vectors.UndefinedOpcode))
                    wrong.Add(Convert.ToHexString(code.AsSpan(..^6)));
            }

        Assert.Equal([], wrong);
    }

    /// <summary>
    /// All opcodes of one and two bytes, except prefixes, the coprocessor's opcodes, LOADALL and UMOV.
    /// </summary>
    private static IEnumerable<byte[]> Opcodes()
    {
        for (var i = 0; i < 256; i++)
            if (
                i
                is not (
                    0x0F
                    or 0x26
                    or 0x2E
                    or 0x36
                    or 0x3E
                    or (>= 0x64 and <= 0x67)
                    or (>= 0xD8 and <= 0xDF)
                    or 0xF0
                    or 0xF2
                    or 0xF3
                )
            )
                yield return [(byte)i];
        for (var i = 0; i < 256; i++)
            if (i is not (0x05 or 0x07 or (>= 0x10 and <= 0x13)))
                yield return [0x0F, (byte)i];
    }

    private static bool Exists(byte[] opcode, int extension, bool memory) =>
        opcode is [var one]
            ? one switch
            {
                0x63 => false, // ARPL, in real mode
                0x62 or 0x8D or 0xC4 or 0xC5 => memory,
                0x8C => extension < 6,
                0x8E => extension is < 6 and not 1,
                0x8F or 0xC6 or 0xC7 => extension == 0,
                0xFE => extension < 2,
                0xFF => extension is not 7 && (memory || extension is not (3 or 5)),
                _ => true,
            }
            : opcode[1] switch
            {
                0x01 => extension is 4 or 6 || (memory && extension < 4),
                0x20 or 0x22 => extension is 0 or 2 or 3,
                0x24 or 0x26 => extension is 6 or 7,
                0xB2 or 0xB4 or 0xB5 => memory,
                0xBA => extension >= 4,
                0x06 or 0x21 or 0x23 => true,
                >= 0x80
                and <= 0xA1
                or 0xA3
                or 0xA4
                or 0xA5
                or 0xA8
                or 0xA9
                or 0xAB
                or 0xAC
                or 0xAD
                or 0xAF
                or 0xB3
                or 0xB6
                or 0xB7 => true,
                >= 0xBB and <= 0xBF => true,
                _ => false,
            };

    private static bool MayBeLocked(byte[] opcode, int extension, bool memory) =>
        memory
        && (
            opcode is [var one]
                ? one switch
                {
                    < 0x38 => (one & 7) < 2,
                    0x80 or 0x81 or 0x82 or 0x83 => extension < 7,
                    0x86 or 0x87 => true,
                    0xF6 or 0xF7 => extension is 2 or 3,
                    0xFE or 0xFF => extension < 2,
                    _ => false,
                }
                : opcode[1] switch
                {
                    0xAB or 0xB3 or 0xBB => true,
                    0xBA => extension >= 5,
                    _ => false,
                }
        );
}
