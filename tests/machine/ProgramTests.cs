using System.Text;
using Verified.Machine;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>
/// Stack, strings, decimal adjusts, code that modifies itself, chips, snapshots and the loader, by small programs.
/// </summary>
public class ProgramTests
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

    [Fact]
    public void The_time_stamp_counts_instructions_within_a_block_too()
    {
        var pc = TestPc
            .With(c =>
            {
                c.rdtsc();
                c.mov(ebx, eax);
                c.nop();
                c.rdtsc();
                c.sub(eax, ebx);
                c.hlt();
            })
            .RunToHalt();
        Assert.Equal(3u, pc.Reg(0));
    }

    [Fact]
    public void The_trap_flag_stops_after_each_instruction()
    {
        var pc = TestPc.With(c =>
        {
            c.inc(eax);
            c.inc(eax);
            c.hlt();
        });
        pc.Descriptor(0x1000, 1, 0, 0xFFFFF, 0x9B, 0xC);
        pc.Gate(0x2000, Vectors.Debug, 8, 0x18000, 0x8E);
        pc.Memory.Write(
            0x18000,
            TestPc.Assemble(
                c =>
                {
                    c.inc(ebx);
                    c.iretd();
                },
                0x18000
            )
        );
        (pc.Cpu.GdtBase, pc.Cpu.IdtBase) = (0x1000, 0x2000);
        pc.Cpu.S[SegmentRegister.Cs].Selector = 8;
        pc.Cpu.Eflags = Flag.Trap;
        pc.Run(6);
        Assert.Equal((2u, 2u), (pc.Reg(0), pc.Reg(3)));
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
    public void Code_that_rewrites_the_next_instruction_of_its_block_runs_the_new_one()
    {
        var pc = TestPc
            .With(c =>
            {
                var next = c.CreateLabel();
                c.mov(__byte_ptr[TestPc.Code + 8], 0x43);
                c.nop();
                c.Label(ref next);
                c.inc(eax);
                c.hlt();
            })
            .RunToHalt();
        Assert.Equal((0u, 1u), (pc.Reg(0), pc.Reg(3)));
    }

    [Fact]
    public void A_rewritten_loop_body_is_decoded_anew()
    {
        var pc = TestPc
            .With(c =>
            {
                var loop = c.CreateLabel();
                c.mov(ecx, 3);
                c.Label(ref loop);
                c.inc(eax);
                c.mov(__byte_ptr[TestPc.Code + 5], 0x43);
                c.dec(ecx);
                c.jne(loop);
                c.hlt();
            })
            .RunToHalt();
        Assert.Equal((1u, 2u), (pc.Reg(0), pc.Reg(3)));
    }

    [Fact]
    public void The_timer_interrupts_at_its_rate_and_wakes_the_processor()
    {
        const uint idt = 0x2000,
            gdt = 0x1000;
        var pc = TestPc.With(c =>
        {
            // Vectors from 20h, only line 0 open, 1,193 counts: 1 ms.
            foreach (
                var (port, value) in new (byte, byte)[]
                {
                    (0x20, 0x11),
                    (0x21, 0x20),
                    (0x21, 4),
                    (0x21, 1),
                    (0x21, 0xFE),
                    (0x43, 0x34),
                    (0x40, 0xA9),
                    (0x40, 0x04),
                }
            )
            {
                c.mov(al, value);
                c.@out(port, al);
            }
            var wait = c.CreateLabel();
            c.sti();
            c.Label(ref wait);
            c.hlt();
            c.cmp(ebx, 10);
            c.jb(wait);
            c.cli();
            c.hlt();
        });
        pc.Memory.Write(
            0x18000,
            TestPc.Assemble(
                c =>
                {
                    c.inc(ebx);
                    c.mov(al, 0x20);
                    c.@out(0x20, al);
                    c.iretd();
                },
                0x18000
            )
        );
        pc.Descriptor(gdt, 1, 0, 0xFFFFF, 0x9B, 0xC);
        pc.Gate(idt, 0x20, 8, 0x18000, 0x8E);
        pc.Cpu.GdtBase = gdt;
        pc.Cpu.IdtBase = idt;
        pc.Cpu.S[SegmentRegister.Cs].Selector = 8;
        pc.RunToHalt();
        Assert.Equal(10u, pc.Reg(3));
        Assert.InRange(pc.Time, pc.ClockRate / 101, pc.ClockRate / 99);
    }

    [Fact]
    public void The_serial_port_sends_receives_and_exits_with_a_status()
    {
        var sent = new StringBuilder();
        var pc = TestPc.With(c =>
        {
            c.mov(edx, 0x3FD);
            c.@in(al, dx);
            c.mov(bl, al);
            c.mov(edx, 0x3F8);
            c.@in(al, dx);
            c.@out(dx, al);
            c.mov(al, 0x21);
            c.@out(0xF4, al);
        });
        pc.Serial.Sent = b => sent.Append((char)b);
        pc.Type("x"u8);
        Assert.Equal(StopReason.Exited, pc.Run(100));
        Assert.Equal(("x", 0x43, 0x61u), (sent.ToString(), pc.ExitStatus!.Value, pc.Reg(3)));
    }

    [Fact]
    public void Restore_undoes_registers_memory_and_code_and_lists_what_was_written()
    {
        var pc = TestPc.With(c =>
        {
            c.mov(eax, 1);
            c.mov(__dword_ptr[TestPc.Data], eax);
            c.mov(__byte_ptr[TestPc.Code + 1], 2);
            c.hlt();
        });
        pc.Snapshot();
        for (var i = 0; i < 3; i++)
        {
            pc.RunToHalt();
            Assert.Equal((1u, 1u, 2u), (pc.Reg(0), pc.Peek(TestPc.Data), pc.Peek(TestPc.Code + 1)));
            Assert.Equal([(TestPc.Data, 0u), (TestPc.Code, 0x000001B8u)], pc.Memory.Log.Changes().ToArray());
            pc.Restore();
            Assert.Equal((0u, 0u, 1u), (pc.Reg(0), pc.Peek(TestPc.Data), pc.Peek(TestPc.Code + 1)));
            Assert.Empty(pc.Memory.Log.Changes().ToArray());
        }
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

    [Fact]
    public void A_file_that_is_no_kernel_is_refused_with_one_line()
    {
        var elf = Kernel();
        Refused([], "no header");
        Refused(new byte[60], "no header");
        Refused(With(elf, 0, 0), "not an ELF32");
        Refused(With(elf, 18, 62), "machine 62");
        Refused(With(elf, 28, 0x1000), "program headers are beyond its end");
        Refused(With(elf, 52 + 16, 0x1000), "segment 0 is beyond its end");
        Refused(With(elf, 52 + 12, 0x7FFFFFF0), "does not fit in 64 MB");
    }

    [Fact]
    public void A_kernel_starts_with_the_loader_s_magic_and_its_modules()
    {
        var pc = new Pc();
        Multiboot.Load(pc, Kernel(), "one two", new BootModule("m", [1, 2, 3, 4, 5]));
        pc.RunToHalt();
        var info = pc.Reg(Register.Ebx);
        Assert.Equal(0x2BADB002u, pc.Reg(Register.Eax));
        Assert.Equal((639u, 63u * 1024), (pc.Peek(info + 4), pc.Peek(info + 8)));
        Assert.Equal(0x20656E6Fu, pc.Peek(pc.Peek(info + 16)));
        var module = pc.Peek(info + 24);
        Assert.Equal((1u, 5u), (pc.Peek(info + 20), pc.Peek(module + 4) - pc.Peek(module)));
        Assert.Equal(0x04030201u, pc.Peek(pc.Peek(module)));
    }

    /// <summary>The smallest kernel: ELF header, one program header, the Multiboot header, HLT.</summary>
    private static byte[] Kernel()
    {
        var words = new uint[25];
        (words[0], words[1], words[4], words[6], words[7]) = (0x464C457F, 0x00010101, 0x00030002, 0x100060, 52);
        (words[10], words[11]) = (0x00200034, 1);
        (words[13], words[14], words[15], words[16]) = (1, 0, 0x100000, 0x100000);
        (words[17], words[18]) = (100, 100);
        (words[21], words[22], words[23], words[24]) = (0x1BADB002, 0, unchecked(0u - 0x1BADB002), 0xF4);
        return [.. words.SelectMany(BitConverter.GetBytes)];
    }

    private static byte[] With(byte[] image, int at, uint value)
    {
        byte[] changed = [.. image];
        BitConverter.TryWriteBytes(changed.AsSpan(at), at == 18 ? value | 0x10000 : value);
        return changed;
    }

    private static void Refused(byte[] image, string reason)
    {
        var refused = Assert.Throws<MachineException>(() => Multiboot.Load(new Pc(), image));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }
}
