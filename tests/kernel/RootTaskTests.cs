using System.Text;
using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Spec;
using Verified.Tests.Host;
using Verified.Tests.Machine;
using Xunit;

namespace Verified.Tests.Kernel;

/// <summary>The project's own root tasks on σ0 say the same on the machine, in QEMU, and in Bochs.</summary>
public class RootTaskTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    public static TheoryData<string, string, string[]> Transcripts =>
        new()
        {
            {
                "hello",
                "",
                [
                    "hello: running",
                    "hello: the info page is here",
                    "hello: the processor's frequency is measured",
                    "hello: 3 milliseconds later",
                    "hello: a page of memory",
                ]
            },
            { "pingpong", "", ["pingpong: 10000 round trips, every answer right"] },
            {
                "pager",
                "",
                [
                    "pager: missed 1000000Ah",
                    "pager: missed 1000100Ah",
                    "pager: missed 1000200Ah",
                    "pager: missed 10001008h",
                    "pager: its client found all as it should be",
                ]
            },
            {
                "memory",
                "",
                [
                    "memory: a client in a task of its own",
                    "memory: mapped, it holds 11111111h",
                    "memory: granted, it holds 33333333h",
                    "memory: the client wrote 22222222h",
                    "memory: what was granted stays, and holds 33333333h",
                    "memory: flushed, and missed at 20000000h",
                ]
            },
            {
                "ports",
                "",
                [
                    "ports: reported F0006010h",
                    "ports: reported F0006014h",
                    "ports: reported 00000D01h",
                    "ports: given back",
                ]
            },
            { "uart", "a driver\n", ["uart: type a line", "a driver", "uart: the end of the line"] },
        };

    /// <summary>Programs that receive no input.</summary>
    public static TheoryData<string, string[]> Quiet
    {
        get
        {
            var quiet = new TheoryData<string, string[]>();
            foreach (var row in Transcripts)
                if (((string)row[1]).Length == 0)
                    quiet.Add((string)row[0], (string[])row[2]);
            return quiet;
        }
    }

    [Fact]
    public void Every_root_task_is_tried() =>
        Assert.Equal(ServerPrograms.Roots.Select(root => root.Name), Transcripts.Select(row => (string)row[0]));

    [Theory]
    [MemberData(nameof(Transcripts))]
    public void It_runs_on_the_machine(string name, string typed, string[] says)
    {
        var pc = new Pc();
        var text = new StringBuilder();
        pc.Serial.Sent = sent => text.Append((char)sent);
        Multiboot.Load(pc, Image.ToElf(), "", Modules(name));
        pc.Type(System.Text.Encoding.ASCII.GetBytes(typed));
        pc.Run(100_000_000);
        Assert.Equal(["Verified: L4 X.0 on IA-32", .. says], Qemu.Lines(text.ToString()));
        Assert.Equal(1, pc.ExitStatus);
    }

    [TheoryWith(Tool.Qemu)]
    [MemberData(nameof(Transcripts))]
    public void It_runs_in_qemu(string name, string typed, string[] says)
    {
        var (lines, status) = Qemu.Run(Image, Modules(name), says[0], typed);
        Assert.Equal(["Verified: L4 X.0 on IA-32", .. says], lines);
        Assert.Equal(1, status);
    }

    [TheoryWith(Tool.Qemu)]
    [MemberData(nameof(Transcripts))]
    public void It_runs_from_a_disk_in_qemu(string name, string typed, string[] says)
    {
        var (lines, status) = Qemu.Boot(BootDisk.Make(Memory, Image.ToElf(), "", Modules(name)), says[0], typed);
        Assert.Equal(["Verified: L4 X.0 on IA-32", .. says], lines);
        Assert.Equal(1, status);
    }

    [TheoryWith(Tool.BochsBios)]
    [MemberData(nameof(Quiet))]
    public void It_runs_from_a_disk_in_bochs(string name, string[] says) =>
        Assert.Equal(
            ["Verified: L4 X.0 on IA-32", .. says],
            Bochs.Boot(BootDisk.Make(Memory, Image.ToElf(), "", Modules(name)), says[^1])
        );

    private const uint Memory = 64 << 20;

    private static BootModule[] Modules(string name) =>
        [
            .. new[] { ServerPrograms.Sigma0, ServerPrograms.Roots.Single(root => root.Name == name) }.Select(
                server => new BootModule(server.Name, server.File)
            ),
        ];
}
