using Verified.Proofs.Check;
using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Meaning;

/// <summary>If a thread waits for ever while others are served, the checker finds it as a cycle of states.</summary>
public sealed class LivenessTests
{
    [Fact]
    public void Nobody_waits_for_ever() => Assert.Null(Liveness.Run(Liveness.Fair).Violation);

    [Fact]
    public void Waiting_senders_that_starve_are_found() => Found(Liveness.Senders, (s, entry) =>
        {
            if (entry == Entry.Receive && s.Stage == Stages.Accept)
                s.Served[s.Current] = State<Concrete>.Nobody;
        });

    [Fact]
    public void A_round_robin_that_is_unfair_is_found() => Found(Liveness.Turns, (s, entry) =>
        {
            if (entry == Entry.Pick)
                s.Picked[1] = State<Concrete>.Nobody;
        });

    [Fact]
    public void A_slice_that_never_ends_is_found() => Found(Liveness.Ticks, (s, entry) =>
        {
            if (entry == Entry.Tick && s.Current != State<Concrete>.Nobody)
                s.Slice[s.Current] = 1;
        });

    [Fact]
    public void Components_are_found()
    {
        // 0 -> 1 -> 2 -> 0 is one component; 3 -> 4 are two components; 5 is not in the graph.
        int[][] steps =
        [
            [1],
            [2],
            [0, 3],
            [4],
            [],
            [],
        ];
        var of = new Components(6, node => node == 5 ? null : steps[node]).Of;
        Assert.Equal(of[0], of[1]);
        Assert.Equal(of[0], of[2]);
        Assert.Equal(3, of.Take(5).Distinct().Count());
        Assert.Equal(-1, of[5]);
    }

    private static void Found(string property, Action<State<Concrete>, Entry> defect)
    {
        var violation = Liveness.Run(Liveness.Fair, defect).Violation;
        Assert.Equal(property, violation?.Property);
        Assert.NotEmpty(violation!.Cycle);
        Assert.NotEmpty(
            Transcript.Of(violation.Prefix with { Events = [.. violation.Prefix.Events, .. violation.Cycle] })
        );
    }
}
