using Verified.Kernel;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Verified.Tests.Interface;
using Xunit;

namespace Verified.Tests.Kernel;

/// <summary>The kernel info page, as programs written for L4 X.0 read it.</summary>
public class KernelInfoTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping, new(10));

    [Fact]
    [Sentence("18.1", "18.3", "18.4", "18.8")]
    public void The_image_carries_magic_version_and_reserved_memory()
    {
        var layout = Image.Layout;
        uint At(uint offset) =>
            BitConverter.ToUInt32(Image.Segments[1].Bytes, (int)(layout.Info + offset - layout.Gdt));
        Assert.Equal([(byte)'L', (byte)'4', 0xE6, (byte)'K'], BitConverter.GetBytes(At(0)));
        Assert.Equal(4u, At(0x04));
        Assert.Equal((Layout.ImageBase, layout.Boot.Information), (At(0x68), At(0x6C)));
        Assert.Equal((0xA0000u, 0x100000u), (At(0x78), At(0x7C)));
        for (var other = 0x80u; other < 0xA0; other += 8)
            Assert.InRange(At(other), 0u, At(other + 4));
        Assert.Equal(0u, At(0xB4));
        Assert.Equal(0u, layout.Info % Layout.PageSize);
    }

    [Fact]
    [Sentence("18.5", "18.6")]
    public void The_clock_carries_into_its_high_word()
    {
        var s = new State<Concrete>(new(2, 1, 2), new ConcreteTables())
        {
            Stage = Stages.Idle,
            Time = uint.MaxValue - 999,
        };
        var kernel = new Kernel<Concrete>(s);
        kernel.Step(Entry.Tick);
        Assert.Equal((0u, 1u), (s.Time.Value, s.TimeHigh.Value));
        s.Stage = Stages.Idle;
        kernel.Step(Entry.Tick);
        Assert.Equal((1000u, 1u), (s.Time.Value, s.TimeHigh.Value));
    }
}
