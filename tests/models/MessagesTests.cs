using FsCheck;
using FsCheck.Experimental;
using FsCheck.Xunit;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;
using Xunit.Abstractions;

namespace Verified.Tests.Models;

/// <summary>ipc is the manual's model of messages, after any commands.</summary>
public sealed class MessagesTests(ITestOutputHelper output)
{
    private const int FewCommands = 6;

    // The least percentage of commands of each kind.
    private static readonly Dictionary<string, double> Least = new()
    {
        ["tick"] = 10,
        ["waits to send"] = 8,
        ["send to nobody"] = 4,
        ["message accepted"] = 3,
        ["sent: waits for one"] = 1.5,
        ["send cut"] = 1,
        ["sent: waits for anyone"] = 1.5,
        ["waits for anyone"] = 1,
        ["sent: no receive part"] = 1,
        ["waits for one"] = 1,
        ["no receive part"] = 1,
        ["tick: send ends"] = 1,
        ["tick: receive ends"] = 0.5,
        ["send ends at once"] = 0.5,
        ["item taken"] = 0.5,
        ["sent: receive ends at once"] = 0.3,
        ["item sent"] = 0.3,
        ["resumed: message accepted"] = 0.3,
        ["item accepted"] = 0.3,
        ["receive ends at once"] = 0.3,
        ["receive from nobody"] = 0.2,
        ["cancel: nothing to cancel"] = 0.2,
        ["sent: message accepted"] = 0.2,
        ["receive cut"] = 0.2,
        ["sent: receive cut"] = 0.1,
        ["cancel: a send"] = 0.1,
        ["cancel: a receive"] = 0.1,
        ["receive from nobody's interrupt"] = 0.05,
        ["sleeps"] = 0.05,
        ["resumed: item accepted"] = 0.01,
        ["resumed: waits for anyone"] = 0.01,
        ["sent: item accepted"] = 0.005,
    };

    [Property(MaxTest = 200)]
    public Property Every_command_changes_messages_as_the_manual_says() => MessagesSuite.Make().ToProperty();

    [Fact]
    public void No_kind_of_case_is_starved()
    {
        var shares = MessagesSuite.Make().Sample(400);
        output.WriteLine($"{shares}");
        Assert.Empty(shares.Starved(Least));
    }

    private static readonly Dictionary<string, Action<State<Concrete>, Entry>> Wrong = new()
    {
        ["a message that waited loses its third word"] = (s, entry) =>
        {
            if (entry == Entry.Accept && s.Status[s.Current] == ThreadStatus.Ready)
                s.Edi[s.Current] = 0;
        },
        ["a receiver gets its own id as the sender's"] = (s, entry) =>
        {
            if (entry == Entry.Accept && s.Status[s.Current] == ThreadStatus.Ready)
                s.Esi[s.Current] = s.Id[s.Current];
        },
        ["waiting senders starve"] = (s, entry) =>
        {
            if (entry == Entry.Receive && s.Stage == Stages.Accept)
                s.Served[s.Current] = State<Concrete>.Nobody;
        },
        ["a wait lasts a tick too long"] = (s, entry) =>
        {
            var me = s.Current;
            if (entry == Entry.Ipc && s.Timed[me].Value == 1)
                s.Deadline[me] += 1;
        },
        ["a cancelled send has the code of a receive"] = (s, entry) =>
        {
            if (entry != Entry.LthreadExRegs)
                return;
            for (var thread = 1u; thread < s.Limits.Threads; thread++)
                if (s.Eax[thread] == Code.SendCancelled)
                    s.Eax[thread] = Code.ReceiveCancelled;
        },
        ["a failed send goes on to its receive part"] = (s, entry) =>
        {
            if (entry == Entry.Ipc && s.Eax[s.Current] == Code.SendTimeout && s.Ebp[s.Current] == 1)
                (s.Status[s.Current], s.Stage) = (ThreadStatus.Resuming, Stages.Receive);
        },
    };

    public static TheoryData<string> Names => [.. Wrong.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_wrong_spec_fails_in_few_commands(string name)
    {
        var found = MessagesSuite.Make().With(Wrong[name]).Find();
        Assert.NotNull(found);
        output.WriteLine(found.Text);
        Assert.Contains("Label of failing property", found.Text, StringComparison.Ordinal);
        Assert.Contains("20260101", found.Text, StringComparison.Ordinal);
        Assert.InRange(found.Commands.Count, 1, FewCommands);
    }
}
