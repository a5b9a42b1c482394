using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Proofs.First;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Tests.Interface;
using Xunit;

namespace Verified.Tests.First;

/// <summary>
/// The loader's information reaches the root task, every dword of it. Boot code that changes a part of it is refused.
/// </summary>
public class PassedInformationTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);
    private static readonly uint Page = Image.Layout.Boot.Information;

    // Boot's code, and wrong code of the same length.
    private static readonly Dictionary<string, (byte[] Code, byte[] Other)> Planted = new()
    {
        // AND EAX,24Dh: the flags keep a bit whose table is not copied.
        ["flags"] = ([0x25, 0x4D, 0x02, 0x00, 0x00], [0x25, 0xCD, 0x02, 0x00, 0x00]),
        // MOV EAX,[EBX+8]; MOV [page+8],EAX: the lower memory size takes the place of the upper one.
        ["upper memory"] = ([0x8B, 0x43, 0x08, 0xA3, .. At(8)], [0x8B, 0x43, 0x04, 0xA3, .. At(8)]),
        // MOV [page+10h],EDI: the pointer stays the loader's, ESI.
        ["command line"] = ([0x89, 0x3D, .. At(16)], [0x89, 0x35, .. At(16)]),
        // MOV [EBP+8],EDI: the text's pointer goes to the reserved dword of the module.
        ["a module's text"] = ([0x89, 0x7D, 0x08], [0x89, 0x7D, 0x0C]),
        // MOV [page+2Ch],ECX: the length of the memory map is that of the modules' list, EDX.
        ["length of the map"] = ([0x89, 0x0D, .. At(44)], [0x89, 0x15, .. At(44)]),
    };

    public static TheoryData<string> Parts => [.. Planted.Keys];

    [Theory]
    [MemberData(nameof(Parts))]
    public void Wrong_information_for_the_root_task_is_refused(string part)
    {
        var (code, other) = Planted[part];
        var at = Image.Text.Bytes.AsSpan().IndexOf(code);
        Assert.True(at >= 0);
        var wrong = OtherBoots.Wrong(Image.WithBytes(Image.Text.Linear + (uint)at, other));
        Assert.Contains("information+", wrong, StringComparison.Ordinal);
    }

    [Fact]
    [Sentence("19.9")]
    public void A_wrong_argument_of_a_server_is_refused()
    {
        var stack = BootPages.InitialStack(Image.Layout.Boot.RootStack);
        // MOV dword [stack],page: one byte less.
        byte[] code = [0xC7, 0x05, .. BitConverter.GetBytes(stack), .. At(0)];
        var at = Image.Text.Bytes.AsSpan().IndexOf(code);
        Assert.True(at >= 0);
        Assert.Contains(
            FirstStateCheck.Differences(
                Image.WithBytes(Image.Text.Linear + (uint)(at + 6), At(-1)),
                Booting.Servers(Image)
            ),
            difference => difference.StartsWith("root_argument", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Information_that_fits_in_no_page_has_no_declared_copy()
    {
        var pc = new Pc();
        Multiboot.Load(pc, Image.ToElf(), new string('x', (int)Layout.PageSize));
        Assert.Throws<ArgumentException>(() => FirstStateCheck.Information(Image, pc));
    }

    [Fact]
    public void The_declared_copy_has_all_texts_and_no_unknown_flag()
    {
        const uint unknown = 0xFFFFFDB2;
        var pc = new Pc();
        Multiboot.Load(pc, Image.ToElf(), "quiet", new BootModule("one", [1]), new BootModule("two", [2]));
        var at = pc.Cpu.R[Register.Ebx].Value;
        pc.Memory.Store(at, 4, pc.Memory.Load(at, 4) | unknown);
        var page = FirstStateCheck.Information(Image, pc);
        Assert.Equal(~unknown, Dword(0));
        var list = Dword(24) - Page;
        Assert.Equal(
            ["quiet", "verified", "one", "two"],
            new[] { Dword(16), Dword(64), Dword(list + 8), Dword(list + 24) }.Select(Text)
        );

        uint Dword(uint offset) => BitConverter.ToUInt32(page, (int)offset);
        string Text(uint pointer) =>
            string.Concat(page.Skip((int)(pointer - Page)).TakeWhile(letter => letter != 0).Select(l => (char)l));
    }

    private static byte[] At(int offset) => BitConverter.GetBytes((uint)(Page + offset));
}
