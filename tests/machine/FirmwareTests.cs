using Iced.Intel;
using Verified.Machine.Computer;
using Verified.Tests.Host;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>
/// Firmware: a ROM that shadows itself by the chipset's registers, and other projects' BIOSes if they are installed.
/// </summary>
public class FirmwareTests
{
    private const int RomSize = 128 << 10;

    // A cell at E0000h, which contains 5Ah in the ROM.
    private const uint Cell = 0xE0010,
        Alias = 0xFFFE0010;
    private const byte InRom = 0x5A,
        Written = 0xA5;

    [Theory]
    // Attributes of E0000h when it is written, and when it is read: bit 0 reads RAM, bit 1 writes it.
    [InlineData(0, 0, InRom)]
    [InlineData(2, 0, InRom)]
    [InlineData(2, 1, Written)]
    [InlineData(3, 1, Written)]
    [InlineData(1, 1, 0)]
    [InlineData(0, 1, 0)]
    public void The_chipset_says_where_RAM_is_in_place_of_the_ROM(int whileWriting, int whileReading, int read)
    {
        var pc = new Pc(
            4 << 20,
            Rom(c =>
            {
                c.mov(ax, 0xE000);
                c.mov(ds, ax);
                // This access puts the page into the TLB with its earlier attributes.
                c.mov(bl, __byte_ptr[0x10]);
                Attributes(c, whileWriting);
                c.mov(__byte_ptr[0x10], Written);
                Attributes(c, whileReading);
                c.mov(bl, __byte_ptr[0x10]);
                c.hlt();
            })
        );
        pc.Snapshot();
        for (var turn = 0; turn < 2; turn++)
        {
            Assert.Equal(InRom, (byte)pc.Peek(Cell));
            pc.RunToHalt();
            Assert.Equal((byte)read, (byte)pc.Reg(3));
            Assert.Equal(InRom, (byte)pc.Peek(Alias));
            // The snapshot restores the chipset's registers, and the memory behind them.
            pc.Restore();
        }
    }

    [Fact]
    public void Below_the_ROM_is_RAM_until_the_chipset_takes_it_away()
    {
        var pc = new Pc(
            4 << 20,
            Rom(c =>
            {
                c.mov(ax, 0xD000);
                c.mov(ds, ax);
                c.mov(__byte_ptr[0x10], Written);
                c.mov(bl, __byte_ptr[0x10]);
                Configure(c, 0x5C, 0);
                c.mov(bh, __byte_ptr[0x10]);
                c.hlt();
            })
        );
        Assert.Equal(0xFF00u | Written, pc.RunToHalt().Reg(3) & 0xFFFF);
    }

    [Theory]
    [InlineData(0x80000000, 0x12378086)]
    // Another device, another bus, and no access enabled.
    [InlineData(0x80000800, 0xFFFFFFFF)]
    [InlineData(0x80010000, 0xFFFFFFFF)]
    [InlineData(0x00000000, 0xFFFFFFFF)]
    // A function whose number has the bit that resets at CF9h.
    [InlineData(0x80000400, 0xFFFFFFFF)]
    public void Configuration_space_has_the_host_bridge_alone(uint address, uint value)
    {
        var pc = new Pc(
            4 << 20,
            Rom(c =>
            {
                c.mov(eax, address);
                c.mov(dx, 0xCF8);
                c.@out(dx, eax);
                c.@in(eax, dx);
                c.mov(ecx, eax);
                c.mov(dx, 0xCFC);
                c.@in(eax, dx);
                c.hlt();
            })
        );
        pc.RunToHalt();
        Assert.Equal((address, value), (pc.Reg(1), pc.Reg(0)));
    }

    [Fact]
    public void A_dword_at_CF8h_resets_nothing_where_there_is_no_chipset()
    {
        var pc = TestPc.With(c =>
        {
            c.mov(eax, 0x80000400);
            c.mov(dx, 0xCF8);
            c.@out(dx, eax);
            c.@in(eax, dx);
            c.hlt();
        });
        Assert.Equal(0xFFFFFFFF, pc.RunToHalt().Reg(0));
    }

    private static readonly string[] Published =
    [
        "/usr/share/bochs/BIOS-bochs-legacy",
        "/usr/share/bochs/BIOS-bochs-latest",
        "/usr/share/seabios/bios.bin",
        "/usr/share/seabios/bios-256k.bin",
    ];

    /// <summary>The BIOSes that are installed.</summary>
    public static TheoryData<string> Bioses => [.. Published.Where(File.Exists)];

    [TheoryWith(Tool.Bios)]
    [MemberData(nameof(Bioses))]
    public void A_BIOS_of_others_gets_to_where_it_would_boot(string file)
    {
        const string last = "No bootable device.";
        var console = new StringWriter();
        var pc = new Pc(64 << 20, File.ReadAllBytes(file)) { ConsoleSent = value => console.Write((char)value) };
        for (var i = 0; i < 100 && !console.ToString().Contains(last, StringComparison.Ordinal); i++)
            pc.Run(1_000_000);
        Assert.Contains(last, console.ToString(), StringComparison.Ordinal);
    }

    private static void Attributes(Assembler c, int ofFirstPiece) => Configure(c, 0x5E, ofFirstPiece);

    private static void Configure(Assembler c, uint register, int value)
    {
        c.mov(eax, 0x80000000 | register & ~3u);
        c.mov(dx, 0xCF8);
        c.@out(dx, eax);
        c.mov(dx, (ushort)(0xCFC + (register & 3)));
        c.mov(al, (byte)value);
        c.@out(dx, al);
    }

    // At F000:0000, the target of the jump at the ROM's end.
    private static byte[] Rom(Action<Assembler> program)
    {
        const int segment = RomSize - 0x10000;
        var rom = new byte[RomSize];
        rom[Cell - 0xE0000] = InRom;
        TestPc.Assemble(program, 0, bitness: 16).CopyTo(rom, segment);
        new byte[] { 0xEA, 0x00, 0x00, 0x00, 0xF0 }.CopyTo(rom, RomSize - 16);
        return rom;
    }
}
