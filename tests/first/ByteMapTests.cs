using Verified.Kernel;
using Verified.Proofs.First;
using Verified.Proofs.Prove;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.First;

/// <summary>Boot's theorems, its refusals and its other boots execute all of its code.</summary>
public class ByteMapTests
{
    [Fact]
    public void Each_byte_of_boot_and_of_the_panic_path_has_a_guard()
    {
        var image = KernelImage.Build(Limits.Shipping);
        var executed = Theorems
            .Of(image)
            .OfType<BootTheorem>()
            .SelectMany(theorem => theorem.Prove().Executed)
            .ToHashSet();
        HashSet<uint> run = [];
        Assert.Null(BootMessages.Wrong(image, run));
        Assert.Null(OtherBoots.Wrong(image, run));
        var map = ByteMap.Of(image, executed, run);
        Assert.Empty(
            map.Ranges.Where(range =>
                    range.Guard == Guard.None && range.Region is not (ByteMap.FastPath or ByteMap.Code)
                )
                .Select(range => $"{range.Region} {image.Name(range.Linear!.Value)}, {range.Length} bytes")
        );
    }
}
