using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>Instructions by small programs: stack, strings, far transfers, decimal adjusts.</summary>
public class InstructionTests
{
    [Fact]
    public void Pusha_stores_the_stack_pointer_from_before_and_popa_skips_it()
    {
        var pc = TestPc
            .With(c =>
            {
                c.mov(eax, 1);
                c.mov(edi, 7);
                c.pushad();
                c.mov(edi, 0);
                c.mov(eax, 0);
                c.popad();
                c.hlt();
            })
            .RunToHalt();
        Assert.Equal((1u, 7u, TestPc.Stack), (pc.Reg(0), pc.Reg(7), pc.Reg(4)));
        Assert.Equal(
            (1u, TestPc.Stack, 7u),
            (pc.Peek(TestPc.Stack - 4), pc.Peek(TestPc.Stack - 20), pc.Peek(TestPc.Stack - 32))
        );
    }

    [Fact]
    public void Push_esp_and_pop_relative_to_esp_see_the_pointer_of_the_manual()
    {
        var pc = TestPc
            .With(c =>
            {
                c.push(esp);
                c.push(99);
                c.pop(__dword_ptr[esp + 4]);
                c.hlt();
            })
            .RunToHalt();
        // POP's address uses ESP after the increment: the word above the pushed pointer.
        Assert.Equal(TestPc.Stack, pc.Peek(TestPc.Stack - 4));
        Assert.Equal(99u, pc.Peek(TestPc.Stack));
    }

    [Fact]
    public void Enter_with_levels_copies_the_display_and_leave_undoes_it()
    {
        var pc = TestPc
            .With(c =>
            {
                c.mov(ebp, TestPc.Data);
                c.mov(__dword_ptr[TestPc.Data - 4], 0xAAAA);
                c.enter(16, 2);
                c.mov(ebx, esp);
                c.leave();
                c.hlt();
            })
            .RunToHalt();
        var frame = TestPc.Stack - 4;
        Assert.Equal([TestPc.Data, 0xAAAAu, frame], new[] { pc.Peek(frame), pc.Peek(frame - 4), pc.Peek(frame - 8) });
        Assert.Equal((frame - 8 - 16, TestPc.Stack, TestPc.Data), (pc.Reg(3), pc.Reg(4), pc.Reg(5)));
    }

    [Fact]
    public void Strings_copy_fill_compare_and_scan_both_ways()
    {
        var pc = TestPc
            .With(c =>
            {
                c.cld();
                c.mov(edi, TestPc.Data);
                c.mov(eax, 0x41424344);
                c.mov(ecx, 3000);
                c.rep.stosd();
                c.mov(esi, TestPc.Data);
                c.mov(edi, TestPc.Data + 0x8000);
                c.mov(ecx, 100);
                c.rep.movsb();
                c.mov(__byte_ptr[TestPc.Data + 0x8000 + 50], 0);
                c.mov(esi, TestPc.Data);
                c.mov(edi, TestPc.Data + 0x8000);
                c.mov(ecx, 100);
                c.repe.cmpsb();
                c.mov(ebx, ecx);
                c.std();
                c.mov(edi, TestPc.Data + 0x8000 + 99);
                c.mov(ecx, 100);
                c.mov(al, 0);
                c.repne.scasb();
                c.hlt();
            })
            .RunToHalt();
        Assert.Equal((49u, 50u, TestPc.Data + 0x8000 + 49), (pc.Reg(3), pc.Reg(1), pc.Reg(7)));
        Assert.Equal(0x41424344u, pc.Peek(TestPc.Data + 2999 * 4));
        Assert.Equal(0u, pc.Peek(TestPc.Data + 3000 * 4));
    }

    [Fact]
    public void Far_transfers_load_cs_and_return_past_their_parameters()
    {
        var pc = TestPc.With(c =>
        {
            c.mov(__dword_ptr[TestPc.Data], TestPc.Code + 0x100);
            c.mov(__word_ptr[TestPc.Data + 4], 8);
            c.push(1234);
            c.call(__fword_ptr[TestPc.Data]);
            c.hlt();
        });
        pc.Memory.Write(
            TestPc.Code + 0x100,
            TestPc.Assemble(
                c =>
                {
                    c.mov(eax, cs);
                    c.mov(ebx, esp);
                    c.retf(4);
                },
                TestPc.Code + 0x100
            )
        );
        pc.Descriptor(0x1000, 1, 0, 0xFFFFF, 0x9A, 0xC);
        pc.Cpu.GdtBase = 0x1000;
        pc.Cpu.S[SegmentRegister.Cs].Selector = 8;
        pc.RunToHalt();
        Assert.Equal((8u, TestPc.Stack - 12, TestPc.Stack), (pc.Reg(0), pc.Reg(3), pc.Reg(4)));
        // Loading CS sets the accessed bit of its descriptor.
        Assert.Equal(0x9Bu, pc.Peek(0x100C) >> 8 & 0xFF);
    }

    [Fact]
    public void String_input_reads_the_port_for_every_byte()
    {
        var pc = TestPc.With(c =>
        {
            c.cld();
            c.mov(edx, 0x3F8);
            c.mov(edi, TestPc.Data);
            c.mov(ecx, 4);
            c.rep.insb();
            c.hlt();
        });
        pc.Type("L4uK"u8);
        pc.RunToHalt();
        Assert.Equal((0x4B75344Cu, 0u, TestPc.Data + 4), (pc.Peek(TestPc.Data), pc.Reg(1), pc.Reg(7)));
    }

    // The examples in SDM vol. 2 under DAA and DAS, and the pseudo-code there worked by hand for the others.
    [Theory]
    [InlineData("27", 0xAEu, Flag.Overflow | Flag.Sign, 0x14u, Flag.Adjust | Flag.Parity | Flag.Carry)]
    [InlineData("27", 0x0Au, 0u, 0x10u, Flag.Adjust)]
    [InlineData("27", 0x9Au, 0u, 0x00u, Flag.Zero | Flag.Parity | Flag.Adjust | Flag.Carry)]
    [InlineData(
        "2F",
        0xEEu,
        Flag.Sign | Flag.Adjust | Flag.Parity | Flag.Carry,
        0x88u,
        Flag.Sign | Flag.Adjust | Flag.Parity | Flag.Carry
    )]
    [InlineData("2F", 0x05u, Flag.Adjust, 0xFFu, Flag.Sign | Flag.Adjust | Flag.Parity | Flag.Carry)]
    [InlineData("D40A", 63u, 0u, 0x0603u, Flag.Parity)]
    [InlineData("D50A", 0x0603u, 0u, 63u, Flag.Parity)]
    [InlineData("37", 0x000Fu, 0u, 0x0105u, Flag.Adjust | Flag.Carry)]
    [InlineData("3F", 0x02FFu, Flag.Adjust, 0x0109u, Flag.Adjust | Flag.Carry)]
    public void Decimal_adjusts_follow_the_manual(string code, uint ax, uint before, uint expected, uint after)
    {
        var pc = TestPc.With([.. Convert.FromHexString(code), 0xF4]);
        pc.Cpu.R[0] = ax;
        pc.Cpu.Eflags = before;
        pc.RunToHalt();
        var compared =
            code is "37" or "3F" ? Flag.Adjust | Flag.Carry
            : code.Length == 2 ? Flag.Status & ~Flag.Overflow
            : Flag.Sign | Flag.Zero | Flag.Parity;
        Assert.Equal((expected, after & compared), (pc.Reg(0), pc.Cpu.Eflags.Value & compared));
    }

    [Fact]
    public void An_instruction_of_later_processors_does_not_exist()
    {
        // ADDPS and, without SSE, MOVD: an invalid opcode with EIP at the instruction.
        foreach (
            var code in (byte[][])
                [
                    [0x0F, 0x58, 0xC1],
                    [0x0F, 0x6E, 0xC0],
                    [0x0F, 0xA2 ^ 8],
                ]
        )
        {
            var pc = TestPc.With([0x90, .. code]);
            pc.Descriptor(0x1000, 1, 0, 0xFFFFF, 0x9B, 0xC);
            pc.Gate(0x2000, Vectors.UndefinedOpcode, 8, 0x18000, 0x8E);
            pc.Memory.Write(0x18000, [0xF4]);
            (pc.Cpu.GdtBase, pc.Cpu.IdtBase) = (0x1000, 0x2000);
            pc.Cpu.S[SegmentRegister.Cs].Selector = 8;
            pc.RunToHalt();
            Assert.Equal(TestPc.Code + 1, pc.Peek(pc.Reg(4)));
        }
    }

    [Fact]
    public void Every_encoding_executes_or_is_undefined_but_none_is_missing()
    {
        foreach (var big in (bool[])[false, true])
            for (var opcode = 0; opcode < 512; opcode++)
            for (var operands = 0; operands < 256; operands++)
            {
                byte[] code =
                [
                    .. opcode < 256 ? (byte[])[(byte)opcode] : [0x0F, (byte)opcode],
                    (byte)operands,
                    .. new byte[14],
                ];
                Assert.True(Decode.TryDecode(code, 0, 15, big, out _) || operands > 0, Convert.ToHexString(code));
            }
    }
}
