using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Models;

/// <summary>
/// Two engines find the same seeded bugs. One is the engine of <c>verified fuzz</c> and <c>diff</c>, which judges every
/// step by the stated meaning. The other is FsCheck's state machines, which compare with a model after every command.
/// </summary>
public sealed class EnginesTests
{
    private static readonly Dictionary<string, (string Suite, Action<State<Concrete>, Entry> Damage)> Bugs = new()
    {
        ["a message that waited loses its third word"] = ("messages", (s, entry) =>
        {
            if (entry == Entry.Accept && s.Status[s.Current] == ThreadStatus.Ready)
                s.Edi[s.Current] = 0;
        }),
        ["a receiver gets its own id as the sender's"] = ("messages", (s, entry) =>
        {
            if (entry == Entry.Accept && s.Status[s.Current] == ThreadStatus.Ready)
                s.Esi[s.Current] = s.Id[s.Current];
        }),
        ["a wait lasts a tick too long"] = ("messages", (s, entry) =>
        {
            if (entry == Entry.Ipc && s.Timed[s.Current].Value == 1)
                s.Deadline[s.Current] += 1;
        }),
        ["fpage_unmap keeps the caller's own page"] = ("spaces", (s, _) =>
        {
            if (s.Mappings.Operation.Value == Operations.Unmap)
                s.Mappings.Item &= ~(Concrete)Fpage.Own;
        }),
        ["a grant maps"] = ("spaces", (s, _) =>
        {
            if (s.Mappings.Operation.Value == Operations.Map)
                s.Mappings.Item &= ~(Concrete)Fpage.Grant;
        }),
        ["lthread_ex_regs forgets the pager"] = ("tasks", (s, entry) =>
        {
            if (entry != Entry.LthreadExRegs)
                return;
            for (var thread = 1u; thread < s.Limits.Threads; thread++)
                s.Pager[thread] = 0;
        }),
        ["thread_schedule keeps the priority"] = ("tasks", (s, entry) =>
        {
            if (entry != Entry.ThreadSchedule || s.Eax[s.Current].Value == ThreadId.Invalid)
                return;
            for (var thread = 1u; thread < s.Limits.Threads; thread++)
                if (
                    s.Status[thread].Value != ThreadStatus.Inactive
                    && s.Priority[thread].Value < s.Limits.Priorities - 1
                )
                    s.Priority[thread] = 1;
        }),
    };

    public static TheoryData<string> Names => [.. Bugs.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Both_engines_find_a_seeded_bug(string name)
    {
        var (suite, damage) = Bugs[name];
        Assert.NotNull(FuzzRun.Run(new(Damage: damage, Shrinks: false, Invariants: [])).Failure);
        Assert.Contains(
            "Label of failing property",
            suite switch
            {
                "messages" => MessagesSuite.Make().With(damage).Find()?.Text,
                "spaces" => SpacesSuite.Make().With(damage).Find()?.Text,
                _ => TasksSuite.Make().With(damage).Find()?.Text,
            },
            StringComparison.Ordinal
        );
    }
}
