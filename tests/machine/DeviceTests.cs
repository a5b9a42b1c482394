using Iced.Intel;
using Verified.Machine.Boot;
using Verified.Machine.Chips;
using Verified.Machine.Computer;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>Chips as programs see them: interrupts that wake the processor, resets, consoles and the display.</summary>
public class DeviceTests
{
    private const uint At = 0x7C00,
        Handler = 0x600;

    private static void Out(Assembler c, params ReadOnlySpan<(int Port, int Value)> writes)
    {
        foreach (var (port, value) in writes)
        {
            c.mov(dx, (ushort)port);
            c.mov(al, (byte)value);
            c.@out(dx, al);
        }
    }

    [Theory]
    [InlineData(0x08, 0xFE, 0xFF)]
    [InlineData(0x70, 0xFB, 0xFE)]
    public void Timer_and_clock_wake_a_halted_processor_in_real_mode(int vector, int firstMask, int secondMask)
    {
        var pc = new Pc(4 << 20);
        FlatBinary.Real(
            pc,
            TestPc.Assemble(
                c =>
                {
                    Out(
                        c,
                        (0x20, 0x11),
                        (0x21, 8),
                        (0x21, 4),
                        (0x21, 1),
                        (0xA0, 0x11),
                        (0xA1, 0x70),
                        (0xA1, 2),
                        (0xA1, 1)
                    );
                    Out(c, (0x21, firstMask), (0xA1, secondMask), (0x43, 0x34), (0x40, 0xA9), (0x40, 0x04));
                    Out(c, (0x70, 0x0B), (0x71, 0x42));
                    var wait = c.CreateLabel();
                    c.xor(bx, bx);
                    c.sti();
                    c.Label(ref wait);
                    c.hlt();
                    c.cmp(bx, 5);
                    c.jb(wait);
                    c.cli();
                    c.hlt();
                },
                At,
                16
            ),
            At
        );

        // The program's handler in place of the firmware's.
        pc.Poke((uint)vector * 4, Handler);
        pc.Memory.Write(
            Handler,
            TestPc.Assemble(
                c =>
                {
                    c.inc(bx);
                    // Reading status C lets the clock interrupt again.
                    Out(c, (0x70, 0x0C));
                    c.@in(al, 0x71);
                    Out(c, (0xA0, 0x20), (0x20, 0x20));
                    c.iret();
                },
                Handler,
                16
            )
        );
        pc.RunToHalt();
        Assert.Equal(5u, pc.Reg(3));
        // 1,193 counts of the timer or a 1,024th of a second, five times.
        Assert.InRange(pc.Time, pc.ClockRate * 48 / 10_000, pc.ClockRate * 52 / 10_000);
    }

    [Theory]
    [InlineData(0x64, 0xFE)]
    [InlineData(0x92, 0x03)]
    [InlineData(0xCF9, 0x06)]
    public void A_reset_starts_a_rom_again_and_stops_a_machine_without_one(int port, int value)
    {
        byte[] Program(uint at) =>
            TestPc.Assemble(
                c =>
                {
                    var end = c.CreateLabel();
                    c.inc(__word_ptr[0x500]);
                    c.cmp(__word_ptr[0x500], 3);
                    c.je(end);
                    Out(c, (port, value));
                    c.Label(ref end);
                    c.hlt();
                },
                at,
                16
            );
        byte[] rom = [.. Enumerable.Repeat((byte)0xF4, 0x1000)];
        Program(0xF000).CopyTo(rom, 0);
        // JMP F000:F000
        byte[] jump = [0xEA, 0x00, 0xF0, 0x00, 0xF0];
        jump.CopyTo(rom, 0xFF0);
        var pc = new Pc(4 << 20, rom).RunToHalt();
        Assert.Equal(3u, pc.Peek(0x500));

        var other = new Pc(4 << 20);
        FlatBinary.Real(other, Program(At), At);
        Assert.Equal(StopReason.Reset, other.Run(1000));
    }

    [Fact]
    public void Consoles_take_bytes_and_ports_without_a_device_are_counted()
    {
        var (codes, console) = (new List<byte>(), new List<byte>());
        var pc = new Pc(4 << 20) { PostCode = codes.Add, ConsoleSent = console.Add };
        FlatBinary.Real(
            pc,
            TestPc.Assemble(
                c =>
                {
                    Out(c, (0x80, 1), (0x190, 2), (0xE9, 65));
                    c.@in(al, 0xE9);
                    c.mov(bl, al);
                    c.mov(dx, 0x1234);
                    c.@in(ax, dx);
                    c.hlt();
                },
                At,
                16
            ),
            At
        );
        pc.RunToHalt();
        Assert.Equal([1, 2], codes);
        Assert.Equal([65], console);
        Assert.Equal((0xE9u, 0xFFFFu), (pc.Reg(3) & 0xFF, pc.Reg(0) & 0xFFFF));
        Assert.Equal([0x1234u, 0x1235u], pc.Unanswered.Keys.Order());
    }

    [Fact]
    public void The_display_s_memory_reads_as_lines()
    {
        var pc = new Pc(4 << 20);
        var at = Vga.TextMemory;
        foreach (var character in "hello")
            pc.Memory.Store((at += 2) - 2, 2, character | 0x0700u);
        pc.Memory.Store(Vga.TextMemory + 162, 1, 'x');
        Assert.Equal(["hello", " x"], Vga.Text(stored => (byte)pc.Memory.Load(stored, 1)));
    }

    [Fact]
    public void A_snapshot_holds_the_chips_and_the_address_gate()
    {
        var pc = new Pc(4 << 20);
        FlatBinary.Real(
            pc,
            TestPc.Assemble(
                c =>
                {
                    Out(c, (0x92, 0), (0x70, 0x20), (0x71, 7));
                    c.@in(al, 0x71);
                    c.@in(al, 0x92);
                    c.hlt();
                },
                At,
                16
            ),
            At
        );
        pc.Snapshot();
        for (var i = 0; i < 2; i++)
        {
            pc.RunToHalt();
            Assert.Equal(0u, pc.Reg(0) & 0xFF);
            pc.Restore();
            Assert.Equal(At, pc.Cpu.Eip.Value);
        }
    }
}
