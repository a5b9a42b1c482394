using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;
using static Verified.Tests.Machine.MultibootTests;

namespace Verified.Tests.Machine;

/// <summary>Firmware leaves the BIOS data area and the timer for a Multiboot kernel.</summary>
public class BiosDataTests
{
    [Theory]
    [InlineData(0x400u, 0x3F8)] // COM1
    [InlineData(0x408u, 0x378)] // LPT1
    [InlineData(0x40Eu, 0x9FC0)] // segment of the extended area
    [InlineData(0x410u, 0x4222)] // a printer, a serial port, 80 columns in colour, an x87
    [InlineData(0x413u, 639)] // kilobytes
    [InlineData(0x41Au, 0x1E)] // an empty keyboard buffer
    [InlineData(0x41Cu, 0x1E)]
    [InlineData(0x44Au, 80)]
    [InlineData(0x463u, 0x3D4)]
    [InlineData(0x480u, 0x1E)]
    [InlineData(0x482u, 0x3E)]
    [InlineData(0x9FC00u, 1)] // kilobytes of the extended area
    public void The_BIOS_data_area_is_filled_in(uint at, int value)
    {
        Assert.Equal((uint)value, Boot(MultibootTests.Kernel(0x100000, [0xF4])).Memory.Load(at, 2));
        var flat = new Pc(4 << 20);
        Verified.Machine.Boot.FlatBinary.Flat(flat, [0xF4], 0x100000);
        var real = new Pc(4 << 20);
        Verified.Machine.Boot.FlatBinary.Real(real, [0xF4], 0x7C00);
        var linux = new Pc(4 << 20);
        LinuxBoot.Load(linux, LinuxBootTests.Kernel([0xF4]), "");
        foreach (var pc in (Pc[])[flat, real, linux])
            Assert.Equal((uint)value, pc.Memory.Load(at, 2));
    }

    [Fact]
    public void A_386_has_no_coprocessor_in_the_BIOS_data_area()
    {
        var pc = new Pc(4 << 20);
        pc.Cpu.Model = ProcessorModel.I386;
        Multiboot.Load(pc, MultibootTests.Kernel(0x100000, [0xF4]));
        Assert.Equal(0x4220u, pc.Memory.Load(0x410, 2));
    }

    [Fact]
    public void The_timer_ticks_as_firmware_leaves_it()
    {
        var pc = Boot(
            MultibootTests.Kernel(
                0x100000,
                TestPc.Assemble(
                    c =>
                    {
                        var again = c.CreateLabel();
                        c.mov(esp, 0x200000);
                        c.mov(al, 0xFE);
                        c.@out(0x21, al);
                        c.sti();
                        c.Label(ref again);
                        c.hlt();
                        c.jmp(again);
                    },
                    0x100020
                )
            )
        );
        pc.Gate(0x2000, 8, 8, 0x2800, 0x8E);
        pc.Memory.Write(
            0x2800,
            TestPc.Assemble(
                c =>
                {
                    c.inc(edi);
                    c.mov(al, 0x20);
                    c.@out(0x20, al);
                    c.iretd();
                },
                0x2800
            )
        );
        (pc.Cpu.IdtBase, pc.Cpu.IdtLimit) = (0x2000, 0x7FF);
        while (pc.Reg(Register.Edi) < 18)
            pc.Run(1);
        Assert.InRange(pc.Time, 18 * 65536 * pc.ClockRate / 1_193_182, 18 * 65536 * pc.ClockRate / 1_193_182 + 100);
    }
}
