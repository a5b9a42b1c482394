using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;
using static Verified.Tests.Machine.Gates;

namespace Verified.Tests.Machine;

/// <summary>
/// Rings: INT through gates with the TSS's stack, IRET outwards, and faults with their codes (SDM vol. 3, chapters 5
/// and 6).
/// </summary>
public class GateTests
{
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
