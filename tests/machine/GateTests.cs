using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>
/// Rings: INT through gates with the TSS's stack, IRET outwards, and faults with their codes (SDM vol. 3, chapters 5
/// and 6).
/// </summary>
public class GateTests
{
    private const uint Gdt = 0x1000,
        Idt = 0x2000,
        Tss = 0x3000,
        Handler = 0x18000,
        User = 0x30000,
        KernelStack = 0x70000,
        UserStack = 0x60000;

    private const uint KernelCode = 0x08,
        KernelData = 0x10,
        UserCode = 0x1B,
        UserData = 0x23,
        TaskSelector = 0x28,
        SmallData = 0x33;

    /// <summary>A PC at ring 3 with a GDT, an IDT whose handlers halt, a TSS, and the given user program.</summary>
    private static Pc AtUser(Action<Iced.Intel.Assembler> program, Action<Iced.Intel.Assembler>? handler = null)
    {
        var pc = new Pc(4 << 20);
        pc.Descriptor(Gdt, 1, 0, 0xFFFFF, 0x9B, 0xC);
        pc.Descriptor(Gdt, 2, 0, 0xFFFFF, 0x93, 0xC);
        pc.Descriptor(Gdt, 3, 0, 0xFFFFF, 0xFB, 0xC);
        pc.Descriptor(Gdt, 4, 0, 0xFFFFF, 0xF3, 0xC);
        pc.Descriptor(Gdt, 5, Tss, 103, 0x89, 0);
        pc.Descriptor(Gdt, 6, 0x50000, 0xFFF, 0xF3, 4);
        for (var vector = 0; vector < 32; vector++)
            pc.Gate(Idt, vector, KernelCode, Handler + (uint)vector * 16, 0x8E);
        pc.Gate(Idt, Vectors.Breakpoint, KernelCode, Handler + 3 * 16, 0xEE);
        pc.Gate(Idt, 0x30, KernelCode, Handler + 0x300, 0xEE);
        pc.Gate(Idt, 0x31, KernelCode, Handler + 0x310, 0x8E);
        pc.Poke(Tss + 4, KernelStack);
        pc.Poke(Tss + 8, KernelData);
        pc.Poke(Tss + 0x64, 104 << 16);
        for (uint at = 0; at < 0x300; at += 16)
            pc.Memory.Write(Handler + at, [0xF4]);
        pc.Memory.Write(Handler + 0x300, TestPc.Assemble(handler ?? (c => c.hlt()), Handler + 0x300));
        pc.Memory.Write(User, TestPc.Assemble(program, User));
        pc.Memory.Write(
            TestPc.Code,
            TestPc.Assemble(
                c =>
                {
                    c.mov(ax, (ushort)KernelData);
                    c.mov(ds, ax);
                    c.mov(es, ax);
                    c.mov(ss, ax);
                    c.mov(esp, KernelStack);
                    c.mov(ax, (ushort)TaskSelector);
                    c.ltr(ax);
                    c.push(UserData);
                    c.push(UserStack);
                    c.push(Flag.Interrupt | Flag.Reserved);
                    c.push(UserCode);
                    c.push(User);
                    c.iretd();
                },
                TestPc.Code
            )
        );
        var cpu = pc.Cpu;
        (cpu.GdtBase, cpu.GdtLimit, cpu.IdtBase, cpu.IdtLimit) = (Gdt, 0x37, Idt, 0x7FF);
        cpu.Eip = TestPc.Code;
        Assert.Equal(StopReason.User, Enter(pc));
        return pc;
    }

    private static StopReason Enter(Pc pc)
    {
        pc.Run(1);
        return pc.RunToUser(100);
    }

    private static uint[] Frame(Pc pc, int words)
    {
        var esp = pc.Reg(Register.Esp);
        return [.. Enumerable.Range(0, words).Select(i => pc.Peek(esp + (uint)i * 4))];
    }

    [Fact]
    public void Iret_to_ring_3_loads_the_outer_stack_and_drops_kernel_segments()
    {
        var pc = AtUser(c => c.nop());
        Assert.Equal(3, pc.Cpu.Cpl);
        Assert.Equal((User, UserStack), (pc.Cpu.Eip.Value, pc.Reg(Register.Esp)));
        Assert.Equal(
            (UserCode, UserData),
            (pc.Cpu.S[SegmentRegister.Cs].Selector.Value, pc.Cpu.S[SegmentRegister.Ss].Selector.Value)
        );
        Assert.Equal(0u, pc.Cpu.S[SegmentRegister.Ds].Selector.Value);
        Assert.False(pc.Cpu.S[SegmentRegister.Ds].Usable);
    }

    [Fact]
    public void Int_switches_to_the_stack_of_the_tss_and_clears_if()
    {
        var pc = AtUser(c =>
            {
                c.@int(0x30);
                c.nop();
            })
            .RunToHalt();
        Assert.Equal(0, pc.Cpu.Cpl);
        Assert.Equal(KernelStack - 20, pc.Reg(Register.Esp));
        Assert.Equal([User + 2, UserCode, Flag.Interrupt | Flag.Reserved, UserStack, UserData], Frame(pc, 5));
        Assert.Equal(Flag.Reserved, pc.Cpu.Eflags.Value);
        Assert.Equal(KernelData, pc.Cpu.S[SegmentRegister.Ss].Selector.Value);
    }

    [Fact]
    public void Int_and_iret_return_to_the_next_instruction_with_the_flags()
    {
        var pc = AtUser(
            c =>
            {
                c.mov(eax, 5);
                c.cmp(eax, 5);
                c.@int(0x30);
                c.int3();
            },
            c =>
            {
                c.test(esp, esp);
                c.iretd();
            }
        );
        pc.RunToHalt();
        Assert.Equal(Handler + 3 * 16 + 1, pc.Cpu.Eip.Value);
        Assert.Equal(
            [User + 13, UserCode, Flag.Interrupt | Flag.Reserved | Flag.Zero | Flag.Parity, UserStack, UserData],
            Frame(pc, 5)
        );
    }

    [Fact]
    public void Int_through_a_kernel_gate_is_a_protection_fault_at_the_instruction()
    {
        var pc = AtUser(c =>
            {
                c.nop();
                c.@int(0x31);
            })
            .RunToHalt();
        Assert.Equal(Handler + 13 * 16 + 1, pc.Cpu.Eip.Value);
        Assert.Equal(
            [0x31 * 8 + 2, User + 1, UserCode, Flag.Interrupt | Flag.Reserved | Flag.Resume, UserStack, UserData],
            Frame(pc, 6)
        );
    }

    [Fact]
    public void Int_beyond_the_idt_is_a_protection_fault()
    {
        var pc = AtUser(c => c.@int(0xFF));
        pc.Cpu.IdtLimit = 0x187;
        Assert.Equal(0xFFu * 8 + 2, Frame(pc.RunToHalt(), 1)[0]);
    }

    [Theory]
    [InlineData(Flag.AlignmentCheck, 1u, true)]
    [InlineData(Flag.AlignmentCheck, 4u, false)]
    [InlineData(0u, 1u, false)]
    public void A_misaligned_access_of_ring_3_is_checked_where_both_bits_ask_for_it(uint flag, uint offset, bool raised)
    {
        var pc = AtUser(c =>
        {
            c.mov(ax, (ushort)UserData);
            c.mov(ds, ax);
            c.push(flag | Flag.Reserved);
            c.popfd();
            c.inc(__dword_ptr[TestPc.Data + offset]);
            c.@int(0x30);
        });
        pc.Cpu.Cr0 |= ControlBit.AlignmentMask;
        pc.RunToHalt();
        Assert.Equal(raised ? Handler + 17 * 16 + 1 : Handler + 0x300 + 1, pc.Cpu.Eip.Value);
        Assert.Equal(raised ? 0u : 1u, pc.Peek(TestPc.Data + offset));
    }

    public static TheoryData<string, byte[], int, uint?> Faults =>
        new()
        {
            { "hlt", [0xF4], 13, 0 },
            { "cli", [0xFA], 13, 0 },
            { "sti", [0xFB], 13, 0 },
            { "mov eax, cr0", [0x0F, 0x20, 0xC0], 13, 0 },
            { "mov cr3, eax", [0x0F, 0x22, 0xD8], 13, 0 },
            { "invlpg", [0x0F, 0x01, 0x38], 13, 0 },
            { "out 80h, al, beyond the bitmap", [0xE6, 0x80], 13, 0 },
            { "ud2", [0x0F, 0x0B], 6, null },
            { "lock nop", [0xF0, 0x90], 6, null },
            { "mov ax, 10h; mov ds, ax", [0x66, 0xB8, 0x10, 0x00, 0x8E, 0xD8], 13, 0x10 },
            { "mov ax, 0FF0h; mov es, ax", [0x66, 0xB8, 0xF0, 0x0F, 0x8E, 0xC0], 13, 0xFF0 },
            { "xor eax, eax; mov ss, ax", [0x31, 0xC0, 0x8E, 0xD0], 13, 0 },
            { "mov eax, [ds:0] with a null ds", [0xA1, 0, 0, 0, 0], 13, 0 },
            { "div", [0x31, 0xC9, 0xF7, 0xF1], 0, null },
            { "aam 0", [0xD4, 0x00], 0, null },
            { "jmp far 8:0", [0xEA, 0, 0, 0, 0, 8, 0], 13, 8 },
            { "lgdt", [0x0F, 0x01, 0x10], 13, 0 },
        };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_user_instruction_that_may_not_faults_with_its_vector_and_code(
        string name,
        byte[] code,
        int vector,
        uint? errorCode
    )
    {
        var pc = AtUser(c => c.nop());
        pc.Memory.Write(User, code);
        pc.RunToHalt();
        Assert.True(Handler + (uint)vector * 16 + 1 == pc.Cpu.Eip.Value, $"{name}: at {pc.Cpu.Eip}");
        var frame = Frame(pc, 2);
        if (errorCode is { } pushed)
            Assert.Equal(pushed, frame[0]);
        // The last instruction of the sequence faults: its address is inside the sequence, never past it.
        Assert.InRange(frame[errorCode is null ? 0 : 1], User, User + (uint)code.Length - 1);
        Assert.Equal(KernelStack - (errorCode is null ? 20u : 24u), pc.Reg(Register.Esp));
    }

    [Fact]
    public void The_io_bitmap_opens_single_ports()
    {
        var pc = AtUser(c =>
        {
            c.@in(al, 0x21);
            c.@in(al, 0x20);
        });
        pc.Descriptor(Gdt, 5, Tss, 0x68 + 32, 0x89, 0);
        pc.Cpu.TaskRegister.Limit = 0x68 + 32;
        for (uint i = 0; i < 32; i += 4)
            pc.Poke(Tss + 0x68 + i, 0xFFFFFFFF);
        pc.Poke(Tss + 0x68 + 4, 0xFFFFFFFD);
        pc.RunToHalt();
        Assert.Equal([0u, User + 2], Frame(pc, 2));
    }

    [Fact]
    public void Limits_of_data_segments_hold_to_the_byte()
    {
        var pc = AtUser(c =>
        {
            c.mov(eax, SmallData);
            c.mov(fs, ax);
            c.mov(ebx, __dword_ptr.fs[0xFFC]);
            c.mov(ecx, __dword_ptr.fs[0xFFD]);
        });
        pc.Poke(0x50FFC, 0x12345678);
        pc.RunToHalt();
        Assert.Equal(0x12345678u, pc.Reg(Register.Ebx));
        Assert.Equal(Handler + 13 * 16 + 1, pc.Cpu.Eip.Value);
    }

    [Fact]
    public void A_fault_in_the_gates_of_a_fault_is_a_double_fault_and_then_a_shutdown()
    {
        var pc = AtUser(c => c.hlt());
        pc.Gate(Idt, 13, 0, Handler, 0x8E);
        pc.RunToHalt();
        Assert.Equal(Handler + 8 * 16 + 1, pc.Cpu.Eip.Value);
        Assert.Equal(0u, Frame(pc, 1)[0]);

        var without = AtUser(c => c.hlt());
        without.Cpu.IdtLimit = 0;
        Assert.Throws<ShutdownException>(() => without.Run(10));
    }

    /// <summary>
    /// The #GP of an entry to an interrupt is a fault like any other: RF is set in the flags that it pushes (SDM vol.
    /// 3, 17.3.1.1), and EXT in its code.
    /// </summary>
    [Fact]
    public void A_fault_of_entering_an_interrupt_pushes_rf()
    {
        var pc = AtUser(c => c.nop());
        pc.Gate(Idt, Vectors.NonMaskable, 0, Handler, 0x8E);
        pc.RequestNonMaskable();
        pc.RunToHalt();
        Assert.Equal(
            [1u, User, UserCode, Flag.Interrupt | Flag.Reserved | Flag.Resume, UserStack, UserData],
            Frame(pc, 6)
        );
    }

    /// <summary>
    /// Bochs checks EIP after the delivery; the manual's INT checks it while the exception is delivered, with EXT.
    /// </summary>
    [Fact]
    public void An_exceptions_task_that_starts_beyond_its_limit_faults_with_ext()
    {
        const uint other = 0x4000,
            stack = 0x48000;
        var pc = AtUser(c => c.ud2());
        pc.Cpu.GdtLimit = 0x3F;
        pc.Descriptor(Gdt, 6, other, 103, 0x89, 0);
        pc.Descriptor(Gdt, 7, 0, 0xF, 0x9B, 4);
        pc.Gate(Idt, Vectors.UndefinedOpcode, 0x30, 0, 0x85);
        pc.Poke(other + 0x20, 0x10);
        pc.Poke(other + 0x38, stack);
        pc.Poke(other + 0x4C, 0x38);
        pc.Poke(other + 0x50, KernelData);
        pc.RunToHalt();
        Assert.Equal(Handler + 13 * 16 + 1, pc.Cpu.Eip.Value);
        Assert.Equal([1u, 0x10, 0x38, Flag.Reserved | Flag.NestedTask | Flag.Resume], Frame(pc, 4));
        Assert.Equal((User, TaskSelector), (pc.Peek(Tss + 0x20), pc.Peek(other)));
    }
}
