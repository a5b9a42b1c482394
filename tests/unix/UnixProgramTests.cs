using Verified.Proofs.Host;
using Verified.Proofs.Unix;
using Verified.Tests.Host;
using Xunit;

namespace Verified.Tests.Unix;

/// <summary>
/// Static programs in C (<c>programs/</c>) as process 1. They print the same under Linux, if this host can run them.
/// </summary>
public class UnixProgramTests
{
    /// <summary>The output of a program, without the server's own line about an unknown call.</summary>
    public static readonly Dictionary<string, string[]> Output = new()
    {
        ["sites"] =
        [
            "the same process: 1",
            "again: 1",
            "registers and flags kept: 1",
            "text",
            "written: 5",
            "an unknown call: -38",
            "status of the child: 1792",
            "six arguments: 1",
        ],
        ["memory"] =
        [
            "zeros: 0",
            "a child writes: 0",
            "the parent has: 5",
            "no page: 11",
            "a constant: 11",
            "code: 11",
            "the kernel: 11",
            "no instruction: 4",
            "division: 8",
            "halt: 11",
            "a port: 11",
            "deep: 0",
            "brk: 100000",
            "written: 3",
            "brk back: 0",
            "mapped: 18",
            "read-only: 0",
            "a call may not write there: -14",
            "and the rest: 1",
            "unmapped: 0",
            "a hole: -14",
            "both sides: 9",
            "into the hole: 1",
            "zeros: 0",
            "a wrong address: -14",
            "beyond all: 1",
        ],
        ["signals"] =
        [
            "without a handler: 10",
            "handled: 110",
            "delayed: 1",
            "then: 2",
            "with information: 312",
            "a busy loop: 0",
            "interrupted: -4",
            "restarted: 1",
            "handlers: 2",
            "nobody reads: 13",
            "nobody cares: 0",
            "killed in a loop: 9",
            "jumped over a fault: 11",
            "an alarm: -4",
        ],
    };

    // How sites ends tells whether its INT 80h has been rewritten.
    private static int Status(string program, bool rewritten) => program == "sites" && rewritten ? 1 : 0;

    public static TheoryData<string> Programs => new(Output.Keys);

    [TheoryWith(Tool.Gcc)]
    [MemberData(nameof(Programs))]
    public void A_program_runs_by_library(string program) =>
        Check(program, UnixSystem.OnTheMachine(Files(program), _ => ""), Status(program, rewritten: true));

    [TheoryWith(Tool.Gcc)]
    [MemberData(nameof(Programs))]
    public void A_program_runs_by_trap(string program) =>
        Check(
            program,
            UnixSystem.OnTheMachine(Files(program), _ => "", UnixWay.Trap),
            Status(program, rewritten: false)
        );

    [TheoryWith(Tool.Gcc)]
    [MemberData(nameof(Programs))]
    public void A_program_runs_natively(string program) =>
        Check(program, UnixSystem.OnTheMachine(Files(program), _ => "", UnixWay.Native), Status(program, false));

    [TheoryWith(Tool.Gcc | Tool.Qemu)]
    [MemberData(nameof(Programs))]
    public void A_program_runs_in_qemu(string program) =>
        Check(program, UnixSystem.InQemu(Files(program), _ => ""), Status(program, rewritten: true));

    [TheoryWith(Tool.Gcc | Tool.HostProcessor)]
    [MemberData(nameof(Programs))]
    public void A_program_prints_the_same_under_Linux(string program)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("verified-unix").FullName, program);
        try
        {
            File.WriteAllBytes(file, UnixSystem.Program(program));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            var ended = OtherProgram.Run(file, [], TimeSpan.FromMinutes(1));
            Assert.Equal(Output[program], ended.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Assert.Equal(0, ended.Exit);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        }
    }

    [TheoryWith(Tool.Gcc | Tool.Qemu)]
    [InlineData(false)]
    [InlineData(true)]
    public void Random_calls_and_raw_messages_harm_nobody_else(bool inQemu)
    {
        var files = Files("hostile");
        var (text, status) = inQemu ? UnixSystem.InQemu(files, _ => "") : UnixSystem.OnTheMachine(files, _ => "");
        Assert.Contains("without a trap address: 11\r\n", text, StringComparison.Ordinal);
        Assert.Contains("wrong bytes: 0\r\n", text, StringComparison.Ordinal);
        Assert.EndsWith("unix: process 1 has ended with status 0\r\n", text, StringComparison.Ordinal);
        Assert.Equal(0, status);
    }

    private static byte[] Files(string program) => UnixSystem.ArchiveOf(UnixSystem.Program(program));

    private static void Check(string program, (string Text, int? Status) end, int status)
    {
        var lines = end.Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal($"unix: process 1 has ended with status {status}", lines.LastOrDefault());
        Assert.Equal(Output[program], lines.Where(line => !line.StartsWith("unix: ", StringComparison.Ordinal)));
        Assert.Equal(status, end.Status);
    }
}
