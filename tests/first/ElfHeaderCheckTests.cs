using Verified.Kernel;
using Verified.Proofs.First;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.First;

/// <summary>A wrong field in the headers of an image file is seen, whoever wrote the file.</summary>
public sealed class ElfHeaderCheckTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    [Fact]
    public void The_image_has_no_wrong_field() => Assert.Null(ElfHeaderCheck.Wrong(Image.ToElf(), Image));

    [Theory]
    [InlineData(4, "identification")]
    [InlineData(16, "the type")]
    [InlineData(18, "the machine")]
    [InlineData(24, "the entry")]
    [InlineData(28, "the offset of the program headers")]
    [InlineData(32, "do not end the file")]
    [InlineData(36, "the flags")]
    [InlineData(44, "the number of program headers")]
    [InlineData(50, "do not end the file", 0xFF)]
    [InlineData(52, "the type of a segment")]
    [InlineData(57, "is not at offset", 0x20)]
    [InlineData(64, "the physical address of a segment")]
    [InlineData(72, "the bytes of a segment in memory")]
    [InlineData(76, "the flags of a segment", 7)]
    [InlineData(80, "the alignment of a segment")]
    [InlineData(84 + 24, "the flags of a segment", 7)]
    public void A_wrong_field_is_named(int at, string what, byte flipped = 1)
    {
        var file = Image.ToElf();
        file[at] ^= flipped;
        Assert.Contains(what, ElfHeaderCheck.Wrong(file, Image), StringComparison.Ordinal);
    }
}
