using System.Text;
using System.Text.RegularExpressions;
using Verified.Machine.Computer;
using Verified.Proofs.Unix;
using Verified.Tests.Host;
using Xunit;

namespace Verified.Tests.Unix;

/// <summary>
/// Systems share the processor's time, whatever their processes do. The second system counts its work for half a second
/// of the machine's time, first while the other system waits, then while the other system works against it.
/// </summary>
public partial class UnixSystemsTests
{
    // Half is fair. The rest is for messages and for the unlucky phase of a tick.
    private const double FairShare = 0.42;

    // Kinds of load, each with a digit for the number of processes ('D' is 20), and of work: see share.c.
    [TheoryWith(Tool.Gcc)]
    [InlineData("bD", 'b')]
    [InlineData("bD", 'p')]
    [InlineData("w4", 'b')]
    [InlineData("w4", 'p')]
    [InlineData("o4", 'b')]
    [InlineData("o4", 'f')]
    [InlineData("l4", 'p')]
    [InlineData("e4", 'f')]
    [InlineData("m4", 'b')]
    [InlineData("s4", 'p')]
    [InlineData("a4", 'b')]
    [InlineData("t4", 'b')]
    [InlineData("i4", 'b')]
    [InlineData("i4", 'p')]
    [InlineData("c4", 'b')]
    public void A_system_gets_its_share_of_the_processor_whatever_the_other_one_does(string load, char work) =>
        Assert.InRange(ShareBeside(Sharing(), load, work), FairShare, 1);

    // A server with time of its own, which its processes use; and processes with time of their own.
    [TheoryWith(Tool.Gcc)]
    [InlineData("(own.thread, SERVER_PRIORITY, 0)", "(own.thread, SERVER_PRIORITY, 10)", "w4", 'p')]
    [InlineData("own.slice = 0;", "own.slice = 1;", "bD", 'b')]
    public void A_system_whose_threads_have_time_of_their_own_takes_more(string from, string to, string load, char work)
    {
        var boot = UnixSystems.WithServer(Sharing(), UnixSystems.ChangedServer(from, to));
        Assert.InRange(ShareBeside(boot, load, work), 0, FairShare * 3 / 4);
    }

    // The machine's time is counted in instructions, of which there are 100,000 in a millisecond.
    [TheoryWith(OnMachine)]
    [InlineData("bD")]
    [InlineData("wD")]
    [InlineData("o4")]
    public void A_shell_answers_soon_while_the_other_system_works(string load)
    {
        const int lines = 5;
        const long most = 2_500_000;
        Pc? machine = null;
        var (typed, longest, count) = (0L, 0L, 0);
        var program = UnixSystem.ArchiveOf(UnixSystem.Program("share"));
        void Type()
        {
            typed = machine!.Time;
            machine.TypeSecond("echo a\r"u8.ToArray());
        }
        string Hear(string text)
        {
            if (text.EndsWith("loaded\r\n", StringComparison.Ordinal))
                Type();
            return text == "ready\r\n" ? $"l{load}\r" : "";
        }
        string? HearShell(string text)
        {
            if (!text.EndsWith("\r\na\r\n# ", StringComparison.Ordinal))
                return "";
            longest = Math.Max(longest, machine!.Time - typed);
            if (++count == lines)
                return null;
            Type();
            return "";
        }
        UnixSystems.OnTheMachine(UnixSystems.Boot(program, Files.Value), Hear, HearShell, pc => machine = pc);
        Assert.Equal(lines, count);
        Assert.InRange(longest, 1, most);
    }

    private static UnixBoot Sharing()
    {
        var files = UnixSystem.ArchiveOf(UnixSystem.Program("share"));
        return UnixSystems.Boot(files, files);
    }

    /// <summary>The second system's work beside the first one's load, as a part of its work alone.</summary>
    private static double ShareBeside(UnixBoot boot, string load, char work)
    {
        Pc? machine = null;
        var (alone, beside) = (0, 0);
        string Hear(string text)
        {
            if (text.EndsWith("loaded\r\n", StringComparison.Ordinal))
                machine!.TypeSecond(Encoding.ASCII.GetBytes($"c{work}\r"));
            return "";
        }
        string? HearWork(string text)
        {
            if (text == "ready\r\n")
                return $"c{work}\r";
            if (Done().Match(text) is not { Success: true } done)
                return "";
            if (alone > 0)
            {
                beside = Number(done.Groups[1].Value);
                return null;
            }
            alone = Number(done.Groups[1].Value);
            machine!.Type(Encoding.ASCII.GetBytes($"l{load}\r"));
            return "";
        }
        UnixSystems.OnTheMachine(boot, Hear, HearWork, pc => machine = pc);
        Assert.True(alone > 0);
        return (double)beside / alone;
    }

    [GeneratedRegex(@"done: (\d+)\r\n$")]
    private static partial Regex Done();
}
