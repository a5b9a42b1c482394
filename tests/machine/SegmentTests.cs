using Iced.Intel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>
/// Limits and rights of segments in every mode, and the state that an instruction which faults leaves (SDM vol. 3, 5.3
/// to 5.5).
/// </summary>
public class SegmentTests
{
    private const uint At = 0x7C00,
        Handlers = 0x600;

    /// <summary>A boot sector in real mode, with the vectors 0..31 on HLTs.</summary>
    private static Pc Real(Action<Assembler> program)
    {
        var pc = new Pc(4 << 20);
        FlatBinary.Real(pc, TestPc.Assemble(program, At, 16), At);
        for (uint vector = 0; vector < 32; vector++)
        {
            pc.Poke(vector * 4, Handlers + vector * 2);
            pc.Memory.Write(Handlers + vector * 2, [0xF4]);
        }
        return pc.RunToHalt();
    }

    private static int Vector(Pc pc) => (int)(pc.Cpu.Eip.Value - 1 - Handlers) / 2;

    private static uint Word(Pc pc, uint at) => pc.Peek(at) & 0xFFFF;

    [Fact]
    public void Real_mode_pushes_flags_cs_and_ip_without_an_error_code()
    {
        var pc = Real(c =>
        {
            c.mov(bx, 0xFFFF);
            c.stc();
            c.mov(ax, __word_ptr[bx]);
        });
        Assert.Equal(Vectors.GeneralProtection, Vector(pc));
        Assert.Equal((At - 6, At + 4, 0u), (pc.Reg(4), Word(pc, At - 6), Word(pc, At - 4)));
        Assert.Equal(Flag.Reserved | Flag.Carry, Word(pc, At - 2));
    }

    [Fact]
    public void A_stack_access_beyond_64_kilobytes_is_a_stack_fault()
    {
        var pc = Real(c =>
        {
            c.mov(bp, 0xFFFE);
            c.mov(eax, __dword_ptr[bp]);
        });
        Assert.Equal(Vectors.StackFault, Vector(pc));
    }

    [Fact]
    public void A_jump_beyond_the_code_segment_faults_at_the_jump()
    {
        var pc = Real(c =>
        {
            c.mov(eax, 0x10000);
            c.jmp(eax);
        });
        Assert.Equal((Vectors.GeneralProtection, At + 6), (Vector(pc), Word(pc, At - 6)));
    }

    [Fact]
    public void A_limit_loaded_in_protected_mode_stays_in_real_mode()
    {
        const uint gdt = 0x5000;
        var pc = new Pc(4 << 20);
        pc.Descriptor(gdt, 1, 0, 0xFFFFF, 0x93, 0xC);
        pc.Poke(0x300000, 0x12345678);
        FlatBinary.Real(
            pc,
            TestPc.Assemble(
                c =>
                {
                    c.mov(eax, cr0);
                    c.or(al, 1);
                    c.mov(cr0, eax);
                    c.mov(bx, 8);
                    c.mov(ds, bx);
                    c.and(al, 0xFE);
                    c.mov(cr0, eax);
                    c.xor(bx, bx);
                    c.mov(ds, bx);
                    c.mov(ebx, 0x300000);
                    c.mov(eax, __dword_ptr[ebx]);
                    c.hlt();
                },
                At,
                16
            ),
            At
        );
        (pc.Cpu.GdtBase, pc.Cpu.GdtLimit) = (gdt, 0xF);
        pc.RunToHalt();
        Assert.Equal(0x12345678u, pc.Reg(0));
    }

    public static TheoryData<uint, uint, uint, uint, int, bool> Accesses =>
        new()
        {
            // access, flags, limit, offset, bytes, allowed
            { 0xF3, 4, 0xFFF, 0xFFC, 4, true },
            { 0xF3, 4, 0xFFF, 0xFFD, 4, false },
            { 0xF3, 4, 0xFFF, 0x1000, 1, false },
            { 0xF3, 0xC, 0, 0xFFF, 1, true },
            { 0xF3, 0xC, 0, 0x1000, 1, false },
            { 0xF7, 4, 0xFFF, 0xFFF, 1, false },
            { 0xF7, 4, 0xFFF, 0x1000, 1, true },
            { 0xF7, 4, 0xFFF, 0xFFFFFFFE, 4, false },
            { 0xF7, 0, 0xFFF, 0xFFFF, 1, true },
            { 0xF7, 0, 0xFFF, 0xFFFF, 2, false },
            { 0xF1, 4, 0xFFF, 0, 1, false },
            { 0xFB, 4, 0xFFF, 0, 1, false },
        };

    [Theory]
    [MemberData(nameof(Accesses))]
    public void Limits_and_rights_of_a_store_are_checked(
        uint access,
        uint flags,
        uint limit,
        uint offset,
        int bytes,
        bool allowed
    )
    {
        // MOV AX, 10h; MOV ES, AX; MOV ES:[EBX], AL, AX or EAX; HLT
        byte[] store = bytes switch
        {
            1 => [0x26, 0x88, 0x03],
            2 => [0x26, 0x66, 0x89, 0x03],
            _ => [0x26, 0x89, 0x03],
        };
        var pc = TestPc.With([0x66, 0xB8, 0x10, 0, 0x8E, 0xC0, .. store, 0xF4]);
        pc.Descriptor(0x1000, 1, 0, 0xFFFFF, 0x9B, 0xC);
        pc.Descriptor(0x1000, 2, 0x100000, limit, access, flags);
        pc.Gate(0x2000, Vectors.GeneralProtection, 8, 0x18000, 0x8E);
        pc.Memory.Write(0x18000, [0xF4]);
        (pc.Cpu.GdtBase, pc.Cpu.IdtBase) = (0x1000, 0x2000);
        pc.Cpu.S[SegmentRegister.Cs].Selector = 8;
        pc.Cpu.R[3] = offset;
        pc.RunToHalt();
        Assert.Equal(allowed, pc.Cpu.Eip.Value < 0x18000);
        if (!allowed)
            Assert.Equal((0u, TestPc.Code + 6), (pc.Peek(pc.Reg(4)), pc.Peek(pc.Reg(4) + 4)));
    }

    [Fact]
    public void The_address_line_20_gate_folds_the_second_megabyte()
    {
        var pc = Real(c =>
        {
            c.mov(ax, 0xFFFF);
            c.mov(ds, ax);
            c.mov(__word_ptr[0x510], 0x1111);
            c.mov(al, 0);
            c.@out(0x92, al);
            c.mov(__word_ptr[0x510], 0x2222);
            c.mov(bx, __word_ptr[0x510]);
            c.hlt();
        });
        Assert.Equal((0x1111u, 0x2222u, 0x2222u), (pc.Memory.Load(0x100500, 2), pc.Memory.Load(0x500, 2), pc.Reg(3)));
    }

    [Fact]
    public void A_rom_is_at_both_its_places_and_cannot_be_written()
    {
        byte[] rom = [.. Enumerable.Repeat((byte)0xF4, 0x10000)];
        var start = TestPc.Assemble(
            c =>
            {
                c.mov(ax, 0xF000);
                c.mov(ds, ax);
                c.mov(__byte_ptr[0x10], 0x55);
                c.mov(bl, __byte_ptr[0x10]);
                c.hlt();
            },
            0,
            16
        );
        start.CopyTo(rom, 0);
        (rom[0x10], rom[0xFFF0], rom[0xFFF3], rom[0xFFF4]) = (0xAA, 0xEA, 0x00, 0xF0);
        (rom[0xFFF1], rom[0xFFF2]) = (0, 0);
        start.CopyTo(rom, 0x20);
        rom[0xFFF1] = 0x20;
        var pc = new Pc(4 << 20, rom).RunToHalt();
        Assert.Equal((0xAAu, 0xF000u), (pc.Reg(3) & 0xFF, (uint)pc.Cpu.S[SegmentRegister.Cs].Selector));
        Assert.Equal((0xAAu, 0xAAu), (pc.Peek(0xF0010) & 0xFF, pc.Peek(0xFFFF0010) & 0xFF));
    }

    [Fact]
    public void A_triple_fault_names_the_descriptor_and_the_last_instructions()
    {
        var pc = TestPc.With(c =>
        {
            c.nop();
            c.@int(0x40);
        });
        (pc.Cpu.IdtBase, pc.Cpu.IdtLimit) = (0x2000, 0x3F);
        var shutdown = Assert.Throws<ShutdownException>(() => pc.Run(10));
        Assert.StartsWith("triple fault: #GP(43h)", shutdown.Message, StringComparison.Ordinal);
        Assert.Equal("IDT entry of vector 08h, at 00002040h: 00000000 00000000", pc.DescribeDescriptor(shutdown.Last));
    }

    [Theory]
    [InlineData(ProcessorModel.I386, 0xFFFFu)]
    [InlineData(ProcessorModel.Pentium, 0u)]
    public void A_coprocessor_is_looked_for(ProcessorModel model, uint status)
    {
        var pc = TestPc.With(0xDB, 0xE3, 0xDF, 0xE0, 0xF4);
        pc.Cpu.Model = model;
        pc.Cpu.R[0] = 0x5A5A;
        Assert.Equal(status, pc.RunToHalt().Reg(0));
    }

    [Theory]
    [InlineData("9B", ControlBit.TaskSwitched, false)]
    [InlineData("9B", ControlBit.TaskSwitched | ControlBit.MonitorCoprocessor, true)]
    [InlineData("DBE3", ControlBit.Emulation, true)]
    [InlineData("DBE3", ControlBit.TaskSwitched, true)]
    [InlineData("D9E8", ControlBit.TaskSwitched, true)]
    public void Escapes_raise_device_not_available_as_cr0_says(string code, uint cr0, bool raised)
    {
        var pc = TestPc.With([.. Convert.FromHexString(code), 0xF4]);
        pc.Cpu.Cr0 = cr0 | ControlBit.ProtectionEnable;
        pc.Descriptor(0x1000, 1, 0, 0xFFFFF, 0x9B, 0xC);
        pc.Gate(0x2000, Vectors.DeviceNotAvailable, 8, 0x18000, 0x8E);
        pc.Memory.Write(0x18000, [0xF4]);
        (pc.Cpu.GdtBase, pc.Cpu.IdtBase) = (0x1000, 0x2000);
        pc.Cpu.S[SegmentRegister.Cs].Selector = 8;
        Assert.Equal(raised, pc.RunToHalt().Cpu.Eip.Value == 0x18001);
    }

    [Fact]
    public void The_later_processor_has_conditional_moves_and_the_pentium_has_not()
    {
        // CMOVZ EAX, ECX
        foreach (var model in Enum.GetValues<ProcessorModel>())
        {
            var pc = TestPc.With(0x0F, 0x44, 0xC1, 0xF4);
            pc.Cpu.Model = model;
            pc.Cpu.R[1] = 7;
            pc.Cpu.Eflags = Flag.Zero;
            pc.Descriptor(0x1000, 1, 0, 0xFFFFF, 0x9B, 0xC);
            pc.Gate(0x2000, Vectors.UndefinedOpcode, 8, 0x18000, 0x8E);
            pc.Memory.Write(0x18000, [0xF4]);
            (pc.Cpu.GdtBase, pc.Cpu.IdtBase) = (0x1000, 0x2000);
            pc.Cpu.S[SegmentRegister.Cs].Selector = 8;
            Assert.Equal(model == ProcessorModel.PentiumII ? 7u : 0, pc.RunToHalt().Reg(0));
        }
    }
}
