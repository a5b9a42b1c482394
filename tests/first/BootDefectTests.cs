using Verified.Kernel;
using Verified.Proofs.First;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.First;

/// <summary>Boot code with a planted defect. A boot whose loader or machine is not the usual one finds it.</summary>
public class BootDefectTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    [Fact]
    public void Memory_of_a_server_that_is_not_cleared_is_refused() =>
        // MOV ECX,EDX; XOR EAX,EAX; REP STOSB: without the last instruction.
        Assert.Contains(
            "the byte of a module",
            OtherBoots.Wrong(Planted([0x89, 0xD1, 0x31, 0xC0, 0xF3, 0xAA], at: 4, [0x90, 0x90])),
            StringComparison.Ordinal
        );

    [Fact]
    public void An_end_of_memory_that_is_no_whole_page_is_refused() =>
        // ADD EAX,100000h; AND EAX,FFFFF000h: AND becomes OR EAX,0.
        Assert.StartsWith(
            "with 32 MB and 1 KB of memory",
            OtherBoots.Wrong(
                Planted(
                    [0x05, 0x00, 0x00, 0x10, 0x00, 0x25, 0x00, 0xF0, 0xFF, 0xFF],
                    at: 5,
                    [0x0D, 0x00, 0x00, 0x00, 0x00]
                )
            ),
            StringComparison.Ordinal
        );

    [Fact]
    public void A_server_in_the_place_of_a_later_module_must_not_boot()
    {
        // The call before ADD ESI,16; DEC EDI reserves a module.
        byte[] after = [0x83, 0xC6, 0x10, 0x4F];
        const int call = 5;
        Assert.Contains(
            "overlaps what is at",
            BootMessages.Wrong(Planted(after, at: -call, [0x90, 0x90, 0x90, 0x90, 0x90])),
            StringComparison.Ordinal
        );
    }

    private static KernelImage Planted(byte[] code, int at, byte[] other)
    {
        var place = Image.Text.Bytes.AsSpan().IndexOf(code);
        Assert.True(place >= 0);
        Assert.Equal(-1, Image.Text.Bytes.AsSpan(place + 1).IndexOf(code));
        return Image.WithBytes(Image.Text.Linear + (uint)(place + at), other);
    }
}
