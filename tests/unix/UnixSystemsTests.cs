using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Verified.Machine.Computer;
using Verified.Proofs.Prove;
using Verified.Proofs.Unix;
using Verified.Tests.Host;
using Xunit;

namespace Verified.Tests.Unix;

/// <summary>
/// Two Unix servers and a real-time thread. Whatever happens in one system, the other one goes on as if it were alone.
/// </summary>
public partial class UnixSystemsTests
{
    private const Tool OnMachine = Tool.Gcc | Tool.Klibc,
        OnQemu = OnMachine | Tool.Qemu;

    private static readonly Lazy<byte[]> Files = new(() => Archive.Of(UnixSystem.Klibc));

    private static readonly UnixSession First = new(
        "# mkdir /tmp/d; cd /tmp/d; echo one > a; cat a a",
        "one",
        "one",
        "# for i in 1 2 3; do echo $i | cat; done > b; cat b",
        "1",
        "2",
        "3",
        "# echo go; while :; do :; done",
        "go",
        "^C",
        "# exit 0"
    );

    private static readonly UnixSession Second = new(
        "# ls /tmp",
        "drwxr-xr-x 2 0 0 0 .",
        "drwxr-xr-x 2 0 0 0 ..",
        "# i=0; while [ $i -lt 20 ]; do i=$((i+1)); (:); done; echo $i",
        "20",
        "# exit 3"
    );

    private static readonly UnixSession Busy = new(
        "# i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done",
        "done",
        "# exit 0"
    );

    private static readonly Lazy<InterruptLatency> Latency = new(() => new(Booting.Boot(UnixSystem.Image.Value).Image));

    [TheoryWith(OnMachine)]
    [InlineData(UnixWay.Library)]
    [InlineData(UnixWay.Trap)]
    public void Two_sessions_run_side_by_side(UnixWay way) =>
        Check(
            UnixSystems.OnTheMachine(
                UnixSystems.Boot(Files.Value, Files.Value, way),
                First.WithEnd(0),
                Second.WithEnd(3)
            )
        );

    [TheoryWith(OnQemu)]
    [InlineData(UnixWay.Library)]
    public void Two_sessions_run_side_by_side_in_qemu(UnixWay way) =>
        Check(UnixSystems.InQemu(UnixSystems.Boot(Files.Value, Files.Value, way), First.WithEnd(0), Second.WithEnd(3)));

    [TheoryWith(Tool.Gcc)]
    [InlineData("out(COM1,88)", "its server has made the fault F003F010")]
    [InlineData("out(EXIT_PORT,0)", "its server has made the fault F000F010")]
    [InlineData("*(volatile word *)0x3FF000=1", "its server has made the fault 3FF002")]
    [InlineData("*(volatile word *)0xF0000000=1", "its server has made the fault F0000002")]
    [InlineData("__asm__(\"hlt\")", "its server has made the fault D01")]
    [InlineData("call(ROOT,END,7)", "status 7")]
    public void A_server_gets_its_own_part_only_and_a_fault_ends_its_system_only(string forbidden, string says)
    {
        var boot = UnixSystems.WithPlantedServer(forbidden);
        var ended = UnixSystems.OnTheMachine(boot, _ => "", _ => "");
        Assert.Matches(
            @"^Verified: .*\r\npages: (\d+)\r\nmore of sigma0: 0\r\n"
                + End(1, 5).TrimEnd()
                + @"\r\n(real-time: .*\r\n)?$",
            ended.First
        );
        Assert.Matches(
            @"^pages: (\d+)\r\nmore of sigma0: 0\r\nsystems: system 2 has ended: " + says + @"\r\n$",
            ended.Second
        );
        var pages = new[] { ended.First, ended.Second }.Select(text => Number(Pages().Match(text).Groups[1].Value));

        // Each has about half of what the kernel leaves of 64 MB.
        Assert.All(pages, count => Assert.InRange(count, 5500, 7500));

        // The machine ends with the first status that is not 0; a fault gives 2.
        Assert.True(ended.Status is 2 or 5 or 7);
    }

    [TheoryWith(OnMachine)]
    [InlineData(false)]
    [InlineData(true)]
    public void The_end_of_a_system_with_many_processes_does_not_stop_the_other_one(bool isFirst)
    {
        var busy = new UnixSession("# (for i in 1 2 3 4 5 6 7 8 9; do (while :; do :; done) & done); exit 7");
        var boot = UnixSystems.Boot(Files.Value, Files.Value);
        var ended = isFirst
            ? UnixSystems.OnTheMachine(boot, busy.WithEnd(7), Second.WithEnd(3))
            : UnixSystems.OnTheMachine(boot, Second.WithEnd(3), busy.WithEnd(7));
        var (one, two) = isFirst
            ? (busy.WithStatus(7), Second.WithStatus(3))
            : (Second.WithStatus(3), busy.WithStatus(7));
        Assert.Equal(one + End(1, isFirst ? 7 : 3), RealTime().Replace(ended.First, ""));
        Assert.Equal(two + End(2, isFirst ? 3 : 7), ended.Second);
        Assert.Equal(7, ended.Status);
    }

    [FactWith(OnMachine)]
    public void A_hostile_system_harms_neither_the_other_one_nor_the_real_time_thread()
    {
        var ended = Attack(WithNeighbour(), LongAttack);
        var lines = ended.Second.Split("\r\n").Where(line => !line.StartsWith("unix: ", StringComparison.Ordinal));
        Assert.Equal(
            [
                "a port: 11",
                "another port: 11",
                "the other's port: 11",
                "page tables: 9",
                "memory: 9",
                "messages: 0",
                "priorities: 0",
                "tasks: 0",
                "sigma0: 0",
                "ports still: 11",
                "threads: 9",
                "all at once: 0",
                End(2, 0).TrimEnd(),
                "",
            ],
            lines
        );
        Assert.Equal(First.WithStatus(0) + End(1, 0), RealTime().Replace(ended.First, ""));
        Assert.Equal(0, ended.Status);
        CheckIntervals(ended);
    }

    [FactWith(OnMachine)]
    public void Sleepers_of_a_hostile_system_delay_the_real_time_thread_by_at_most_the_bound()
    {
        var boot = UnixSystems.Boot(Files.Value, UnixSystem.ArchiveOf(UnixSystem.Program("sleepers")));
        var counted = UnixSystems.OnTheMachine(boot, Busy.WithEnd(0), _ => "");
        var sleepers = Number(Sleepers().Match(counted.Second).Groups[1].Value);
        Assert.InRange(sleepers, 280, 392);
        Assert.InRange(counted.Most.Sleepers, sleepers * 9 / 10, counted.Most.InUse);
        var latest = CheckIntervals(counted);

        // Almost all of them are woken by one tick: the bound of a system without sleepers is too small by far.
        Assert.InRange(latest, 5 * Latency.Value.Bound(0, counted.Most.InIpc), long.MaxValue);
    }

    [FactWith(OnMachine)]
    public void Processes_that_may_set_priorities_stop_the_other_system()
    {
        var boot = UnixSystems.WithServer(
            WithNeighbour(),
            UnixSystems.ChangedServer("USER_MCP = 0 ", "USER_MCP = USER_PRIORITY ")
        );
        Assert.DoesNotContain(End(1, 0), Attack(boot, LongAttack).First, StringComparison.Ordinal);
    }

    private const string LongAttack = "all at once: 0\r\n";

    private static UnixBoot WithNeighbour() =>
        UnixSystems.Boot(Files.Value, UnixSystem.ArchiveOf(UnixSystem.Program("neighbour")));

    /// <summary>
    /// The second system's program uses all calls of the microkernel against everybody. The first system's session is
    /// typed when the last, long attack has begun. The run ends early if the attack ends before the session.
    /// </summary>
    /// <param name="boot">The systems.</param>
    /// <param name="begins">The program's line that says that the long attack has begun.</param>
    /// <param name="typed">The text that the program gets after its line "ready".</param>
    private static UnixSystems.Ended Attack(UnixBoot boot, string begins, string typed = "")
    {
        Pc? machine = null;
        var (hasBegun, hasEnded, held) = (false, false, "");
        var session = First.WithEnd(0);
        string? Hear(string text)
        {
            var next = session(text);
            hasEnded |= text.EndsWith(End(1, 0), StringComparison.Ordinal);
            if (hasBegun || next is null)
                return next;
            held += next;
            return "";
        }
        string? HearNeighbour(string text)
        {
            if (!hasBegun && text.EndsWith(begins, StringComparison.Ordinal))
            {
                hasBegun = true;
                machine!.Type(Encoding.ASCII.GetBytes(held));
            }
            if (text == "ready\r\n")
                return typed;
            return hasEnded || !text.EndsWith(End(2, 0), StringComparison.Ordinal) ? "" : null;
        }
        return UnixSystems.OnTheMachine(boot, Hear, HearNeighbour, pc => machine = pc);
    }

    /// <summary>
    /// The clock chip interrupts every 97,656 instructions of the machine. Each interval begins and ends late by at
    /// most the proved bound, for the threads that wait in the run. Returns the longest delay of an interval's end.
    /// </summary>
    private static long CheckIntervals(UnixSystems.Ended ended)
    {
        const int period = 100_000_000 / 1024;
        var report = RealTime().Match(ended.First).Groups.Values.Skip(1).Select(group => group.Value).ToList();
        var (count, least, most) = (Number(report[0]), Number(report[1]), Number(report[2]));

        // The current thread may begin an ipc, and both serial ports may interrupt.
        var bound = Latency.Value.Bound(ended.Most.Sleepers, ended.Most.InIpc + 1, devices: 2);
        Assert.True(count > 1000);
        Assert.InRange(bound, 1, period);
        Assert.InRange(least, period - bound, period);
        Assert.InRange(most, period, period + bound);
        return most - period;
    }

    private static int Number(string digits) => int.Parse(digits, CultureInfo.InvariantCulture);

    [FactWith(Tool.Gcc)]
    public void An_archive_that_is_none_ends_its_system_only()
    {
        var files = UnixSystem.ArchiveOf(UnixSystem.Program("simple"));
        var ended = UnixSystems.OnTheMachine(UnixSystems.Boot(new byte[5000], files), _ => "", _ => "");
        Assert.Contains(
            "\r\nunix: the archive is none of the format newc\r\n" + End(1, 2),
            ended.First,
            StringComparison.Ordinal
        );
        Assert.EndsWith(
            "unix: process 1 has ended with status 0\r\n" + End(2, 0),
            ended.Second,
            StringComparison.Ordinal
        );
    }

    private static void Check(UnixSystems.Ended ended)
    {
        Assert.Equal(First.WithStatus(0) + End(1, 0), RealTime().Replace(ended.First, ""));
        Assert.Equal(Second.WithStatus(3) + End(2, 3), ended.Second);
        Assert.Equal(3, ended.Status);
        Assert.Matches(RealTime(), ended.First);
    }

    private static string End(int system, int status) => $"systems: system {system} has ended: status {status}\r\n";

    [GeneratedRegex(@"pages: (\d+)")]
    private static partial Regex Pages();

    [GeneratedRegex(@"^sleepers: (\d+)\r\n")]
    private static partial Regex Sleepers();

    [GeneratedRegex(@"real-time: (\d+) interrupts \(1024 a second\), (\d+) to (\d+) cycles apart\r\n$")]
    private static partial Regex RealTime();
}
