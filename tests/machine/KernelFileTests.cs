using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;

namespace Verified.Tests.Machine;

/// <summary>The loader starts a kernel, and refuses a file that is none in one line.</summary>
public class KernelFileTests
{
    [Fact]
    public void A_file_that_is_no_kernel_is_refused_with_one_line()
    {
        var elf = Kernel();
        Refused([], "no header");
        Refused(new byte[60], "no header");
        Refused(With(elf, 0, 0), "not an ELF32");
        Refused(With(elf, 18, 62), "machine 62");
        Refused(With(elf, 28, 0x1000), "program headers are beyond its end");
        Refused(With(elf, 52 + 16, 0x1000), "segment 0 is beyond its end");
        Refused(With(elf, 52 + 12, 0x7FFFFFF0), "does not fit in 64 MB");
    }

    [Fact]
    public void A_kernel_starts_with_the_loader_s_magic_and_its_modules()
    {
        var pc = new Pc();
        Multiboot.Load(pc, Kernel(), "one two", new BootModule("m", [1, 2, 3, 4, 5]));
        pc.RunToHalt();
        var info = pc.Reg(Register.Ebx);
        Assert.Equal(0x2BADB002u, pc.Reg(Register.Eax));
        Assert.Equal((639u, 63u * 1024), (pc.Peek(info + 4), pc.Peek(info + 8)));
        Assert.Equal(0x20656E6Fu, pc.Peek(pc.Peek(info + 16)));
        var module = pc.Peek(info + 24);
        Assert.Equal((1u, 5u), (pc.Peek(info + 20), pc.Peek(module + 4) - pc.Peek(module)));
        Assert.Equal(0x04030201u, pc.Peek(pc.Peek(module)));
    }

    /// <summary>The smallest kernel: ELF header, one program header, the Multiboot header, HLT.</summary>
    private static byte[] Kernel()
    {
        var words = new uint[25];
        (words[0], words[1], words[4], words[6], words[7]) = (0x464C457F, 0x00010101, 0x00030002, 0x100060, 52);
        (words[10], words[11]) = (0x00200034, 1);
        (words[13], words[14], words[15], words[16]) = (1, 0, 0x100000, 0x100000);
        (words[17], words[18]) = (100, 100);
        (words[21], words[22], words[23], words[24]) = (0x1BADB002, 0, unchecked(0u - 0x1BADB002), 0xF4);
        return [.. words.SelectMany(BitConverter.GetBytes)];
    }

    private static byte[] With(byte[] image, int at, uint value)
    {
        byte[] changed = [.. image];
        BitConverter.TryWriteBytes(changed.AsSpan(at), at == 18 ? value | 0x10000 : value);
        return changed;
    }

    private static void Refused(byte[] image, string reason)
    {
        var refused = Assert.Throws<MachineException>(() => Multiboot.Load(new Pc(), image));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }
}
