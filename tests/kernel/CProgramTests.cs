using System.Text;
using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Kernel;

/// <summary>Programs that gcc built boot as modules, and say the same on the machine and in QEMU.</summary>
public class CProgramTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);
    private static readonly BootModule Nobody = new("nobody", [0xEB, 0xFE]);
    private static readonly string[] Hello = ["Verified: L4 X.0 on IA-32", "hello from C", "5 milliseconds later", "done"];

    [GccFact]
    public void Hello_runs_as_sigma0_on_the_machine()
    {
        var pc = new Pc();
        var text = new StringBuilder();
        pc.Serial.Sent = sent => text.Append((char)sent);
        Multiboot.Load(pc, Image.ToElf(), "", CProgram.Module("hello", 0x30000), Nobody);
        pc.Run(100_000_000);
        Assert.Equal(Hello, Qemu.Lines(text.ToString()));
        Assert.Equal(1, pc.ExitStatus);
    }

    [GccAndQemuFact]
    public void Hello_runs_as_sigma0_in_qemu()
    {
        var (lines, status) = Qemu.Run(Image, CProgram.Module("hello", 0x30000), Nobody);
        Assert.Equal(Hello, lines);
        Assert.Equal(1, status);
    }
}
