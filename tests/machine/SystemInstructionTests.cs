using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;
using static Verified.Tests.Machine.FaultPrograms;

namespace Verified.Tests.Machine;

/// <summary>
/// Instructions of the system: model registers, test registers, SYSENTER, the absent coprocessor; and NMI.
/// </summary>
public class SystemInstructionTests
{
    [Fact]
    public void The_time_stamp_can_be_written()
    {
        var pc = TestPc
            .With(c =>
            {
                c.mov(ecx, 0x10);
                c.mov(eax, 0x1000);
                c.mov(edx, 7);
                c.wrmsr();
                c.rdmsr();
                c.hlt();
            })
            .RunToHalt();
        Assert.Equal(7u, pc.Reg(2));
        Assert.InRange(pc.Reg(0), 0x1000u, 0x1100u);
    }

    [Theory]
    // Linear page; attributes (valid, then pairs D, U, W and their complements); the hit and its block that TR7 then
    // reports.
    [InlineData(0x00403000, 0x801 | 0x540, 0x1235001Cu)]
    [InlineData(0x00403000, 0x801 | 0x7E0, 0x1235001Cu)]
    [InlineData(0x00403000, 0x801 | 0x2A0, 0u)]
    [InlineData(0x00403000, 0x801 | 0x140, 0u)]
    [InlineData(0x00404000, 0x801 | 0x7E0, 0u)]
    [InlineData(0x00C03000, 0x801 | 0x7E0, 0u)]
    public void The_test_registers_write_an_entry_and_look_it_up(uint linear, uint command, uint found)
    {
        var pc = TestPc.With(c =>
        {
            c.db(0x0F, 0x26, 0xFB); // MOV TR7, EBX
            c.db(0x0F, 0x26, 0xF0); // MOV TR6, EAX
            c.db(0x0F, 0x26, 0xFD); // MOV TR7, EBP
            c.db(0x0F, 0x26, 0xF1); // MOV TR6, ECX
            c.db(0x0F, 0x24, 0xFA); // MOV EDX, TR7
            c.db(0x0F, 0x24, 0xF6); // MOV ESI, TR6
            c.hlt();
        });
        pc.Cpu.Model = ProcessorModel.I386;
        // Dirty, for users, writable, in block 3.
        (pc.Cpu.R[0], pc.Cpu.R[3]) = (0x00403000 | 0x800 | 0x540, 0x12350000 | 0x10 | 3 << 2);
        pc.Cpu.R[1] = linear | command;
        pc.RunToHalt();
        Assert.Equal((found, linear | command), (pc.Reg(2), pc.Reg(6)));
    }

    [Fact]
    public void An_unknown_model_register_is_a_protection_fault() =>
        Assert.Equal(Vectors.GeneralProtection, VectorOf(ProcessorModel.PentiumII, c =>
            {
                c.mov(ecx, 0x12345);
                c.rdmsr();
            }));

    [Fact]
    public void Sysenter_goes_to_the_model_registers_and_sysexit_back()
    {
        const uint kernel = 0x18000,
            user = 0x19000,
            stack = 0x70000;
        var pc = TestPc.With(c =>
        {
            foreach (var (register, value) in ((uint, uint)[])[(0x174, 8), (0x175, stack), (0x176, kernel)])
            {
                c.mov(ecx, register);
                c.mov(eax, value);
                c.xor(edx, edx);
                c.wrmsr();
            }

            c.mov(ecx, 0x60000);
            c.mov(edx, user);
            c.sysexit();
        });
        pc.Memory.Write(
            user,
            TestPc.Assemble(
                c =>
                {
                    c.mov(ebp, esp);
                    c.mov(edi, cs);
                    c.sysenter();
                },
                user
            )
        );
        pc.Memory.Write(
            kernel,
            TestPc.Assemble(
                c =>
                {
                    c.mov(esi, cs);
                    c.hlt();
                },
                kernel
            )
        );
        pc.Cpu.Model = ProcessorModel.PentiumII;
        pc.RunToHalt();
        Assert.Equal((0x60000u, 0x1Bu, 8u, stack), (pc.Reg(5), pc.Reg(7), pc.Reg(6), pc.Reg(4)));
        Assert.Equal((0, 0x10u), (pc.Cpu.Cpl, pc.Cpu.S[SegmentRegister.Ss].Selector.Value));
    }

    [Fact]
    public void The_mode_bits_of_a_move_to_a_control_or_debug_register_are_ignored()
    {
        // MOV DR0, EBX; MOV EAX, DR0 and MOV ECX, CR3 with 00 and 01 in MOD.
        var pc = TestPc.With(0x0F, 0x23, 0xC3, 0x0F, 0x21, 0x00, 0x0F, 0x20, 0x59, 0xF4);
        (pc.Cpu.R[3], pc.Cpu.Cr3) = (0xACED, 0x5000);
        Assert.Equal((0xACEDu, 0x5000u), (pc.RunToHalt().Reg(0), pc.Reg(1)));
    }

    [Fact]
    public void Performance_counters_count_nothing() =>
        Assert.Equal(
            0u,
            WithModel(ProcessorModel.PentiumII, c =>
                {
                    c.mov(ecx, 0x186);
                    c.mov(eax, 0x410079);
                    c.wrmsr();
                    c.mov(eax, 0x100);
                    c.mov(cr4, eax);
                    c.mov(ecx, 0);
                    c.rdpmc();
                    c.hlt();
                })
                .RunToHalt()
                .Reg(0)
        );

    [Theory]
    [InlineData(0x1u, "D9E8", Vectors.UndefinedOpcode)] // FLD1: nothing computes
    [InlineData(0x5u, "DBE3", Vectors.DeviceNotAvailable)] // FNINIT with EM
    [InlineData(0x9u, "DBE3", Vectors.DeviceNotAvailable)] // FNINIT with TS
    [InlineData(0xBu, "9B", Vectors.DeviceNotAvailable)] // WAIT with MP and TS
    [InlineData(0x9u, "9B", null)] // WAIT with TS alone
    public void Lazy_switching_gets_its_fault(uint cr0, string code, int? vector) =>
        Assert.Equal(vector, VectorOf(ProcessorModel.Pentium, c =>
            {
                c.mov(eax, cr0);
                c.mov(Iced.Intel.AssemblerRegisters.cr0, eax);
                c.db(Convert.FromHexString(code));
            }));

    [Fact]
    public void A_second_non_maskable_interrupt_waits_for_iret()
    {
        var pc = WithHandlers(c =>
        {
            c.cli();
            c.hlt();
            c.mov(esi, 1);
            c.hlt();
        });
        // The handler counts, and requests nothing else. The second request comes while it runs.
        pc.Memory.Write(
            Handlers + 2 * 16,
            TestPc.Assemble(
                c =>
                {
                    c.inc(edi);
                    c.nop();
                    c.iretd();
                },
                Handlers + 2 * 16
            )
        );
        Assert.Equal(StopReason.Halted, pc.Run(100));
        pc.RequestNonMaskable();
        pc.Run(1);
        Assert.Equal((1u, true), (pc.Reg(7), pc.Cpu.InNonMaskable));
        pc.RequestNonMaskable();
        pc.Run(1);
        Assert.Equal(1u, pc.Reg(7));
        Assert.Equal(StopReason.Halted, pc.Run(100));
        Assert.Equal((2u, 1u, false), (pc.Reg(7), pc.Reg(6), pc.Cpu.InNonMaskable));
    }
}
