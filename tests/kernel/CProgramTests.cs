using System.Text;
using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Spec;
using Verified.Tests.Host;
using Verified.Tests.Machine;
using Xunit;

namespace Verified.Tests.Kernel;

/// <summary>Programs that gcc built boot as modules, and say the same on the machine and in QEMU.</summary>
public class CProgramTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);
    private static readonly BootModule Nobody = new("nobody", [0xEB, 0xFE]);
    private static readonly string[] Hello =
    [
        "Verified: L4 X.0 on IA-32",
        "hello from C",
        "5 milliseconds later",
        "done",
    ];

    private static readonly BootModule Sigma0 = new("sigma0", ServerPrograms.Sigma0.File);

    public static TheoryData<string, string[]> RootTasks =>
        new()
        {
            {
                "client",
                [
                    "client: the loader's information is here",
                    "client: the info page",
                    "client: 64 free pages",
                    "client: a frame in two places",
                    "client: 4 MB at once",
                ]
            },
            { "bench", ["bench: 10000 round trips"] },
            { "small", ["small: 1000 round trips between small spaces"] },
            {
                "donated",
                ["donated: it runs on donated time only", "donated: 1000 calls on donated time", "donated: infinite"]
            },
            { "anew", ["anew: flags of a new thread", "anew: no x87"] },
            {
                "tasks",
                [
                    "tasks: ping-pong with task 5",
                    "tasks: again, by its next version",
                    "tasks: 300 more than there are page tables for",
                    "tasks: a sub-task goes with its chief",
                ]
            },
        };

    private static readonly string[] Beyond =
    [
        "small: 1000 round trips between small spaces",
        "small: too small for one of them",
    ];

    // QEMU's code generator does not check the limits of segments, so it has no small spaces.
    [FactWith(Tool.Gcc)]
    public void What_is_beyond_a_small_space_makes_it_large() => A_root_task_runs_on_the_machine("beyond", Beyond);

    [FactWith(Tool.Gcc | Tool.BochsBios)]
    public void What_is_beyond_a_small_space_makes_it_large_in_bochs() =>
        Assert.Equal(
            ["Verified: L4 X.0 on IA-32", .. Beyond],
            Bochs.Boot(
                BootDisk.Make(64 << 20, Image.ToElf(), "", Sigma0, CProgram.Module("beyond", 0x300000)),
                Beyond[^1]
            )
        );

    [FactWith(Tool.Gcc)]
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

    [TheoryWith(Tool.Gcc)]
    [MemberData(nameof(RootTasks))]
    public void A_root_task_runs_on_the_machine(string program, string[] says)
    {
        var pc = new Pc();
        var text = new StringBuilder();
        pc.Serial.Sent = sent => text.Append((char)sent);
        Multiboot.Load(pc, Image.ToElf(), "", Sigma0, CProgram.Module(program, 0x300000));
        pc.Run(100_000_000);
        Assert.Equal(["Verified: L4 X.0 on IA-32", .. says], Qemu.Lines(text.ToString()));
        Assert.Equal(1, pc.ExitStatus);
    }

    [TheoryWith(Tool.Gcc | Tool.Qemu)]
    [MemberData(nameof(RootTasks))]
    public void A_root_task_runs_in_qemu(string program, string[] says)
    {
        var (lines, status) = Qemu.Run(Image, [Sigma0, CProgram.Module(program, 0x300000)]);
        Assert.Equal(["Verified: L4 X.0 on IA-32", .. says], lines);
        Assert.Equal(1, status);
    }

    [FactWith(Tool.Gcc | Tool.Qemu)]
    public void Hello_runs_as_sigma0_in_qemu()
    {
        var (lines, status) = Qemu.Run(Image, [CProgram.Module("hello", 0x30000), Nobody]);
        Assert.Equal(Hello, lines);
        Assert.Equal(1, status);
    }
}
