using Verified.Proofs.Check;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Meaning;

/// <summary>A kernel that keeps the thread above all others from the processor violates a named property.</summary>
public sealed class DelayTests
{
    private static readonly Limits Few = new(4, 4, 4);

    // Only one property of a step takes part, and the defects do not affect it.
    private static readonly IReadOnlyList<Property<Concrete>> Clock =
    [
        .. Statements<Concrete>.All.Where(property => property.Name == "the-clock-counts-ticks"),
    ];

    [Fact]
    public void A_current_thread_that_never_gives_way_is_found()
    {
        var result = FuzzRun.Run(
            new(Count: 200, Limits: Few, Invariants: [], Properties: Clock, Shrinks: false, Damage: (s, entry) =>
            {
                // The leaving thread continues even if other threads compete.
                if (entry == Entry.Leave && s.Stage == Stages.Pick && s.Status[s.Current] == ThreadStatus.Ready)
                    s.Stage = Stages.User;
            })
        );
        Assert.Equal(DelayHistory.Name, result.Failure?.Property);
    }

    [Fact]
    public void The_spec_as_it_is_keeps_the_bound() =>
        Assert.Null(FuzzRun.Run(new(Seed: 7, Count: 100, Limits: Few, Invariants: [], Properties: Clock)).Failure);
}
