using System.Text;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>
/// Code that modifies itself, traps, chips and snapshots, by small programs.
/// </summary>
public class ProgramTests
{
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
}
