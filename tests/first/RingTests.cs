using Verified.Kernel;
using Verified.Proofs.First;
using Verified.Proofs.Prove;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.First;

/// <summary>
/// Only the declared gates lead from ring 3 to ring 0; a table with another way is refused, and the way is named.
/// </summary>
public class RingTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);
    private static readonly Layout Layout = Image.Layout;

    [Fact]
    public void Only_the_declared_gates_lead_to_ring_0()
    {
        var (wrong, cases) = RingCheck.Of(Image, Booting.Boot(Image).Pc);
        Assert.Null(wrong);
        Assert.Equal(14 * (0x10000 + 2 * 0x40) + 3 * (1 + 2 * 256), cases);
    }

    private static readonly Dictionary<string, (uint Linear, uint Dword)[]> Planted = new()
    {
        // A call gate of ring 3 in place of flat_data; to exit, say.
        ["CALL FAR ptr of 32 bits with selector 0028h: ring 0"] =
        [
            (Layout.Gdt + 0x28, 0x80000 | Image.Symbols["exit"] & 0xFFFF),
            (Layout.Gdt + 0x2C, Image.Symbols["exit"] & 0xFFFF0000 | 0xEC00),
        ],
        ["CALL FAR ptr of 32 bits with selector 0008h: ring 3, with CS 0000000B"] = [(Layout.Gdt + 0x0C, 0x00CF9F00)],
        // A task gate. The TSS is busy, so the switch fails in an undeclared way.
        ["INT n with vector 22h: #GP(30h)"] = [(Layout.Idt + 0x110, 0x300000), (Layout.Idt + 0x114, 0xE500)],
        ["INT n with vector 20h: ring 0 at tick, not #GP(102h)"] =
        [
            (Layout.Idt + 0x104, Image.Symbols["tick"] & 0xFFFF0000 | 0xEE00),
        ],
        ["INT n with vector 30h: #NP(182h)"] = [(Layout.Idt + 0x184, Image.Symbols["ipc"] & 0xFFFF0000 | 0x6E00)],
        ["INT n with vector 31h: ring 0 at ipc"] = [(Layout.Idt + 0x188, 0x80000 | Image.Symbols["ipc"] & 0xFFFF)],
        // An available TSS of ring 3: a call there is a task switch.
        ["CALL FAR ptr of 32 bits with selector 0030h: "] =
        [
            (Layout.Gdt + 0x34, 0xE900 | Layout.Tss >> 24 << 24 | Layout.Tss >> 16 & 0xFF),
        ],
        ["IRET with NT: "] = [(Layout.Tss, 0x30)],
    };

    public static TheoryData<string> Ways => [.. Planted.Keys];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Another_way_to_ring_0_is_refused_and_named(string way)
    {
        var pc = Booting.Boot(Image).Pc;
        foreach (var (linear, dword) in Planted[way])
            pc.Poke(linear, dword);
        Assert.StartsWith(way, RingCheck.Of(Image, pc, RingCheck.NamedSelectors).Wrong, StringComparison.Ordinal);
    }
}
