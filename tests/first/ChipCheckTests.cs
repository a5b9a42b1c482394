using Verified.Kernel;
using Verified.Machine.Chips;
using Verified.Proofs.First;
using Verified.Proofs.Prove;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.First;

/// <summary>Interrupt controllers that boot has set up differently from the kernel's assumption.</summary>
public sealed class ChipCheckTests
{
    [Theory]
    [InlineData(0x11, 0x20, 0x28, 0x01, null)]
    [InlineData(0x11, 0x20, 0x70, 0x01, "vector 77h")]
    [InlineData(0x11, 0x08, 0x28, 0x01, "vector F")]
    [InlineData(0x11, 0x20, 0x28, 0x03, "while line")]
    [InlineData(0x19, 0x20, 0x28, 0x01, "interrupts again")]
    public void Another_setting_is_seen(byte icw1, byte first, byte second, byte icw4, string? what)
    {
        var controllers = new PicPair();
        foreach (var (port, vectors, cascade) in ((uint, byte, byte)[])[(0x20, first, 4), (0xA0, second, 2)])
        {
            controllers.Write(port, icw1);
            foreach (var word in (byte[])[vectors, cascade, icw4])
                controllers.Write(port + 1, word);
        }

        var wrong = ChipCheck.Interrupts(controllers);
        if (what is null)
            Assert.Null(wrong);
        else
            Assert.Contains(what, wrong, StringComparison.Ordinal);
    }

    /// <summary>Each row: a port that boot sets up otherwise, and the register that shows it.</summary>
    [Theory]
    [InlineData(0x3F9, 0x01, "COM1 interrupt enable is 01h")]
    [InlineData(0x3FA, 0x00, "COM1 interrupt identification is 01h")]
    [InlineData(0x3FB, 0x07, "COM1 line control is 07h")]
    [InlineData(0x3FC, 0x0B, "COM1 modem control is 0Bh")]
    [InlineData(0x21, 0xFF, "first controller's mask is FFh")]
    [InlineData(0xA1, 0xFE, "second controller's mask is FEh")]
    [InlineData(0x43, 0x36, "timer channel 0 is 36h")]
    public void A_register_that_boot_left_otherwise_is_seen(uint port, uint value, string what)
    {
        var (pc, _) = Booting.Boot(KernelImage.Build(Limits.Shipping));
        Assert.Empty(FirstStateCheck.Chips(pc));

        pc.Cpu.Bus.Out(port, 1, value);

        Assert.Contains(FirstStateCheck.Chips(pc), difference => difference.StartsWith(what, StringComparison.Ordinal));
    }

    // MOV DX, port; MOV AL, value; OUT DX, AL: boot writes the chips in this form only.
    [Fact]
    public void Boot_needs_each_of_its_writes_to_the_chips_after_firmware_has_used_them()
    {
        var image = KernelImage.Build(Limits.Shipping);
        var text = image.Text.Bytes;
        var writes = Enumerable
            .Range((int)(image.Symbols["boot"] - image.Text.Linear), 400)
            .Where(at => text[at..(at + 7)] is [0x66, 0xBA, _, _, 0xB0, _, 0xEE])
            .ToList();
        Assert.Equal(20, writes.Count);
        Assert.All(writes, at =>
        {
            var without = image.WithBytes(image.Text.Linear + (uint)at + 6, [0x90]);
            Assert.NotNull(ChipCheck.Wrong(without) ?? BootMessages.Wrong(without));
        });
    }

    [Fact]
    public void Another_baud_rate_is_seen()
    {
        var (pc, _) = Booting.Boot(KernelImage.Build(Limits.Shipping));
        foreach (var (port, value) in ((uint, uint)[])[(0x3FB, 0x83), (0x3F8, 0x02), (0x3FB, 0x03)])
            pc.Cpu.Bus.Out(port, 1, value);

        Assert.Equal("COM1 divisor, low byte is 02h, not 01h: 115,200 baud", FirstStateCheck.Chips(pc).Single());
    }
}
