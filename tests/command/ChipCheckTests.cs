using Verified.Machine.Chips;
using Verified.Proofs.Commands;
using Xunit;

namespace Verified.Tests.Commands;

/// <summary>Interrupt controllers that boot has set up otherwise than the kernel takes them to be.</summary>
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

        var wrong = ChipChecks.Interrupts(controllers);
        if (what is null)
            Assert.Null(wrong);
        else
            Assert.Contains(what, wrong, StringComparison.Ordinal);
    }
}
