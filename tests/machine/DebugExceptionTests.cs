using Iced.Intel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>
/// #DB in cases where it is easily lost: after HLT, after MOV SS, and with older bits in DR6 (SDM vol. 3, 6.8.3 and
/// 17.2.3).
/// </summary>
public class DebugExceptionTests
{
    private const uint Gdt = 0x1000,
        Idt = 0x2000,
        Handler = 0x18000,
        DataSelector = 0x10;

    // DR7: an access to the four bytes at DR0.
    private const int WatchFirst = 0xF0001;

    /// <summary>
    /// A program whose #DB handler counts in EBX. It leaves the address of the exception in ESI, and DR6 in EDI.
    /// </summary>
    private static Pc Run(Action<Assembler> program)
    {
        var pc = TestPc.With(program);
        pc.Descriptor(Gdt, 1, 0, 0xFFFFF, 0x9B, 0xC);
        pc.Descriptor(Gdt, 2, 0, 0xFFFFF, 0x93, 0xC);
        pc.Gate(Idt, Vectors.Debug, 8, Handler, 0x8E);
        pc.Memory.Write(
            Handler,
            TestPc.Assemble(
                c =>
                {
                    c.inc(ebx);
                    c.mov(esi, __[esp]);
                    c.mov(edi, dr6);
                    c.iretd();
                },
                Handler
            )
        );
        pc.Poke(TestPc.Data, DataSelector);
        (pc.Cpu.GdtBase, pc.Cpu.IdtBase) = (Gdt, Idt);
        pc.Cpu.S[SegmentRegister.Cs].Selector = 8;
        return pc.RunToHalt();
    }

    private static void SetTrap(Assembler c, bool on)
    {
        c.pushfd();
        if (on)
            c.or(__dword_ptr[esp], Flag.Trap);
        else
            c.and(__dword_ptr[esp], ~Flag.Trap);
        c.popfd();
    }

    private static void Watch(Assembler c)
    {
        c.mov(eax, TestPc.Data);
        c.mov(dr0, eax);
        c.mov(eax, WatchFirst);
        c.mov(dr7, eax);
    }

    [Fact]
    public void A_step_over_hlt_leaves_it()
    {
        var pc = Run(c =>
        {
            SetTrap(c, on: true);
            c.hlt();
            SetTrap(c, on: false);
            c.inc(ecx);
            c.hlt();
        });
        Assert.Equal(1u, pc.Reg(1));

        // HLT, PUSHF, AND and POPF are stepped.
        Assert.Equal(4u, pc.Reg(3));
    }

    [Fact]
    public void A_breakpoint_that_mov_ss_meets_waits_for_the_next_instruction()
    {
        static void Met(Assembler c)
        {
            Watch(c);
            c.mov(ss, __word_ptr[TestPc.Data]);
            c.inc(ecx);
        }

        var pc = Run(c =>
        {
            Met(c);
            c.inc(edx);
            c.hlt();
        });
        var after = TestPc.Code + (uint)TestPc.Assemble(Met, TestPc.Code).Length;
        Assert.Equal((1u, after, 1u), (pc.Reg(3), pc.Reg(6), pc.Reg(7) & 15));
    }

    [Fact]
    public void Dr6_tells_of_this_breakpoint_alone()
    {
        var pc = Run(c =>
        {
            c.mov(eax, 2);
            c.mov(dr6, eax);
            Watch(c);
            c.mov(ecx, __[TestPc.Data]);
            c.hlt();
        });
        Assert.Equal((1u, 1u), (pc.Reg(3), pc.Reg(7) & 15));
    }

    [Fact]
    public void A_halt_that_no_line_can_end_ends_the_run()
    {
        var pc = TestPc.With(c =>
        {
            c.mov(al, 0xFF);
            c.@out(0x21, al);
            c.@out(0xA1, al);
            c.sti();
            c.hlt();
        });
        Assert.Equal(StopReason.Halted, pc.Run(1000));
    }

    [Fact]
    public void A_kernel_finds_the_lines_and_the_handlers_of_firmware()
    {
        // For code that goes back to real mode and waits there: the timer's handler ends its interrupt.
        var pc = new Pc();
        Multiboot.Load(pc, MultibootTests.Kernel(0x100000, [0xF4]));
        Assert.Equal((0xB8u, 0x8Eu), (pc.Cpu.Bus.In(0x21, 1).Value & 0xFF, pc.Cpu.Bus.In(0xA1, 1).Value & 0xFF));
        uint At(int vector) => pc.Peek((uint)vector * 4) is var far ? (far >> 16 << 4) + (far & 0xFFFF) : 0;

        // MOV AL, 20h and OUT 20h, AL are in the timer's handler.
        Assert.Contains(Enumerable.Range(0, 32), offset => pc.Peek(At(8) + (uint)offset) == 0x20E620B0);
        Assert.NotEqual(At(8), At(0x70));
    }
}
