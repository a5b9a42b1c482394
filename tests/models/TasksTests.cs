using FsCheck;
using FsCheck.Experimental;
using FsCheck.Xunit;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;
using Xunit.Abstractions;

namespace Verified.Tests.Models;

/// <summary>Tasks and threads are the manual's model, after any calls.</summary>
public sealed class TasksTests(ITestOutputHelper output)
{
    private const int FewCommands = 8;

    // The least percentage of commands of each kind.
    private static readonly Dictionary<string, double> Least = new()
    {
        ["task_new: another's task"] = 5,
        ["schedule: sets"] = 3,
        ["schedule: above the mcp"] = 3,
        ["ex_regs: no such lthread"] = 3,
        ["waits to receive"] = 3,
        ["waits to send"] = 3,
        ["ex_regs: oneself"] = 3,
        ["ex_regs: starts"] = 2,
        ["ex_regs: sets"] = 2,
        ["schedule: no thread"] = 2,
        ["id_nearest"] = 2,
        ["ex_regs: cancels"] = 2,
        ["task_new: deletes"] = 2,
        ["task_new: creates"] = 2,
        ["schedule: reads"] = 1,
        ["task_new: inactive, kept"] = 0.5,
        ["task_new: inactive, given away"] = 0.5,
        ["task_new: deletes, a clan"] = 0.1,
        ["task_new: inactive, kept, a clan"] = 0.02,
        ["task_new: inactive, given away, a clan"] = 0.02,
    };

    [Property(MaxTest = 100)]
    public Property Every_call_changes_tasks_and_threads_as_the_manual_says() => TasksSuite.Make().ToProperty();

    [Fact]
    public void No_kind_of_case_is_starved()
    {
        var shares = TasksSuite.Make().Sample(400);
        output.WriteLine($"{shares}");
        Assert.Empty(shares.Starved(Least));
    }

    private static readonly Dictionary<string, Action<State<Concrete>, Entry>> Wrong = new()
    {
        ["a new task has the root's mcp"] = (s, entry) =>
        {
            if (entry != Entry.Map || s.Mappings.Operation != Operations.None)
                return;
            for (var thread = 20u; thread < 32; thread += 4)
                if (s.Status[thread] != ThreadStatus.Inactive)
                    s.Mcp[thread] = 2;
        },
        ["an incarnation keeps the old version"] = (s, entry) =>
        {
            if (
                entry == Entry.TaskNew
                && s.Mappings.Operation == Operations.Delete
                && s.Mappings.Version[s.Mappings.Target].Value == 1
            )
                s.Mappings.Version[s.Mappings.Target] = 0;
        },
        ["a thread that waits for a deleted one gets no code"] = (s, entry) =>
        {
            if (entry != Entry.Map)
                return;
            for (var thread = 4u; thread < 32; thread++)
                if (s.Eax[thread] == Code.NoPartner)
                    s.Eax[thread] = Code.Done;
        },
        ["thread_schedule ignores the mcp"] = (s, entry) =>
        {
            if (
                entry == Entry.ThreadSchedule
                && s.Eax[s.Current] == ThreadId.Invalid
                && s.Exists(s.Esi[s.Current]).Known
            )
                s.Priority[s.Row(s.Esi[s.Current])] = 3;
        },
        ["lthread_ex_regs forgets the pager"] = (s, entry) =>
        {
            if (entry == Entry.LthreadExRegs)
                for (var thread = 16u; thread < 20; thread++)
                    s.Pager[thread] = 0;
        },
        ["a task that was given away is the root task's"] = (s, entry) =>
        {
            if (entry == Entry.Map && s.Mappings.Operation == Operations.None)
                for (var task = 5u; task < 8; task++)
                    if (s.Status[task * 4] == ThreadStatus.Inactive)
                        s.Mappings.Chief[task] = 4;
        },
    };

    public static TheoryData<string> Names => [.. Wrong.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_wrong_spec_fails_in_few_commands(string name)
    {
        var found = TasksSuite.Make().With(Wrong[name]).Find();
        Assert.NotNull(found);
        output.WriteLine(found.Text);
        Assert.Contains("Label of failing property", found.Text, StringComparison.Ordinal);
        Assert.Contains("20260101", found.Text, StringComparison.Ordinal);
        Assert.InRange(found.Commands.Count, 1, FewCommands);
    }
}
