using Iced.Intel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Xunit;
using static Iced.Intel.AssemblerRegisters;
using Register = Verified.Machine.Processor.Register;

namespace Verified.Tests.Machine;

/// <summary>The services of a BIOS that a program finds in real mode.</summary>
public class FirmwareServiceTests
{
    private const uint Memory = 32 << 20,
        At = 0x7C00;

    [Fact]
    public void The_map_of_memory_has_a_row_per_call()
    {
        var pc = Run(c =>
        {
            var (next, done) = (c.CreateLabel(), c.CreateLabel());
            c.mov(di, 0x5000);
            c.xor(ebx, ebx);
            c.Label(ref next);
            c.mov(edx, 0x534D4150);
            c.mov(ecx, 20);
            c.mov(eax, 0xE820);
            c.@int(0x15);
            c.jb(done);
            c.add(di, 20);
            c.test(ebx, ebx);
            c.jne(next);
            c.Label(ref done);
        });
        Assert.Equal((0x534D4150u, 20u, 0x503Cu), (pc.Reg(Register.Eax), pc.Reg(Register.Ecx), pc.Reg(Register.Edi)));
        uint[] rows = [.. Enumerable.Range(0, 15).Select(i => pc.Memory.Load(0x5000 + 4 * (uint)i, 4))];
        Assert.Equal([0u, 0, 639 << 10, 0, 1, 639 << 10, 0, 385 << 10, 0, 2, 1 << 20, 0, 31 << 20, 0, 1], rows);
    }

    [Theory]
    // Service, and AX after it; whether CF is set.
    [InlineData(0x12, 0, 639, false)]
    [InlineData(0x11, 0, 0x4222, false)]
    [InlineData(0x15, 0x8800, 31 << 10, false)]
    [InlineData(0x15, 0xE801, 15 << 10, false)]
    [InlineData(0x15, 0xC000, 0x8600, true)]
    [InlineData(0x13, 0x0201, 0x0101, true)]
    [InlineData(0x1A, 0xB101, 0x8601, true)]
    [InlineData(0x10, 0x0F00, 0x5003, false)]
    public void A_service_returns_its_result_or_fails(int vector, int function, int result, bool fails)
    {
        var pc = Run(c =>
        {
            c.mov(ax, (ushort)function);
            c.@int((byte)vector);
            c.setb(bl);
        });
        Assert.Equal(((uint)result, fails), (pc.Reg(Register.Eax) & 0xFFFF, (pc.Reg(Register.Ebx) & 1) != 0));
    }

    [Fact]
    public void Letters_are_printed()
    {
        var text = new System.Text.StringBuilder();
        Run(
            c =>
            {
                c.mov(ax, 0x0E00 | 'A');
                c.@int(0x10);
                c.mov(al, (byte)'B');
                c.@int(0x10);
            },
            sent => text.Append((char)sent)
        );
        Assert.Equal("AB", text.ToString());
    }

    [Fact]
    public void The_timer_counts_ticks_and_no_key_is_pressed()
    {
        var pc = Run(c =>
        {
            c.mov(al, 0xFE);
            c.@out(0x21, al);
            c.sti();
            c.hlt();
            c.hlt();
            c.mov(ah, 1);
            c.@int(0x16);
            c.sete(bl);
            c.mov(ah, 0);
            c.@int(0x1A);
            c.cli();
        });
        Assert.Equal((2u, 1u), (pc.Reg(Register.Edx) & 0xFFFF, pc.Reg(Register.Ebx) & 1));
    }

    private static Pc Run(Action<Assembler> program, Action<byte>? sent = null)
    {
        var pc = new Pc(Memory) { ConsoleSent = sent };
        FlatBinary.Real(
            pc,
            TestPc.Assemble(
                c =>
                {
                    c.xor(bx, bx);
                    program(c);
                    c.cli();
                    c.hlt();
                },
                At,
                bitness: 16
            ),
            At
        );
        return pc.RunToHalt();
    }
}
