using FsCheck;
using FsCheck.Fluent;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Values;
using Verified.Tests.Fuzz;
using Xunit;

namespace Verified.Tests.Meaning;

/// <summary>
/// Two engines judge the same meaning: FsCheck's programs do not read the state and shrink by FsCheck's rules; the
/// programs of the verbs read the state. Both find the same seeded bugs.
/// </summary>
public sealed class PlantedMeaningTests
{
    private static readonly Dictionary<string, (string Property, Action<State<Concrete>, Entry> Defect)> Defects = new()
    {
        ["a message that waited loses its third word"] = ("message-words-arrive", (s, entry) =>
        {
            if (entry == Entry.Accept && s.Status[s.Current] == ThreadStatus.Ready)
                s.Edi[s.Current] = 0;
        }),
        ["a receiver gets its own id as the sender's"] = ("message-names-its-sender", (s, entry) =>
        {
            if (entry == Entry.Accept && s.Status[s.Current] == ThreadStatus.Ready)
                s.Esi[s.Current] = s.Id[s.Current];
        }),
        ["a tick takes the time on by too much"] = ("the-clock-counts-ticks", (s, entry) =>
        {
            if (entry == Entry.Tick)
                s.Time += 1;
        }),
    };

    public static TheoryData<string> Names => [.. Defects.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Both_engines_find_a_seeded_bug(string name)
    {
        var (property, defect) = Defects[name];
        Assert.Equal(property, FuzzRun.Run(new(Damage: defect, Shrinks: false)).Failure?.Property);

        string? found = null;
        var shortest = int.MaxValue;
        Func<Trace, bool> holds = program =>
        {
            if (FuzzRun.Replay(program, new(Damage: defect)) is not { } violation)
                return true;
            (found, shortest) = (violation.Property, Math.Min(shortest, violation.Trace.Events.Count));
            return false;
        };
        var failed = Record.Exception(() =>
            FsCheck.Check.One(
                Config.QuickThrowOnFailure.WithMaxTest(1_000),
                Prop.ForAll(ProgramProperties.Programs(), holds)
            )
        );
        Assert.NotNull(failed);
        Assert.Equal(property, found);
        Assert.InRange(shortest, 1, 8);
    }
}
