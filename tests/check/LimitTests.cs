using Verified.Proofs.Check;
using Verified.Proofs.Commands;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Check;

/// <summary>
/// Searches that end before every state is visited, and random runs: none of them says that a model holds.
/// </summary>
public sealed class LimitTests
{
    public static TheoryData<string> Small => ["pair", "interrupted"];

    [Theory]
    [MemberData(nameof(Small))]
    public void At_a_limit_of_states_nothing_holds_and_nothing_fails(string name)
    {
        var result = ModelChecker.Run(Searched.Find(name), new(Limits: new() { States = 20_000 }));
        Assert.InRange(result.States, 20_000, result.Model.Pinned!.States - 1);
        Assert.Equal((false, false), (result.Holds, result.Fails));
        Assert.Equal("not complete: the limit of 20,000 states was reached", $"{result.Unfinished}");
    }

    [Theory]
    [MemberData(nameof(Small))]
    public void A_bounded_search_visits_all_states_within_the_bound(string name)
    {
        var model = Searched.Find(name);
        var bounded = ModelChecker.Run(model, new(Limits: new() { Depth = 12 }));
        Assert.Equal((false, false, 12), (bounded.Holds, bounded.Fails, bounded.Levels));
        Assert.False(bounded.Unfinished!.IsLimit);
        var deeper = ModelChecker.Run(model, new(Limits: new() { Depth = 13 }));
        Assert.True(bounded.States < deeper.States && deeper.States < model.Pinned!.States);

        // A bound beyond the deepest state changes nothing.
        var all = ModelChecker.Run(model, new(Limits: new() { Depth = model.Pinned!.Levels + 1 }));
        Assert.True(all.Holds);
        Assert.Equal(model.Pinned, all.Seen);
    }

    [Fact]
    public void Time_and_memory_end_a_search()
    {
        var late = ModelChecker.Run(Model.Trio, new(Limits: new() { Time = TimeSpan.FromMilliseconds(1) }));
        Assert.Equal("not complete: the time limit of 0.001 s was reached", $"{late.Unfinished}");
        var full = ModelChecker.Run(Model.Trio, new(Limits: new() { Memory = 1 << 20 }));
        Assert.Equal("not complete: the memory limit of 0.001 GB was reached", $"{full.Unfinished}");
        Assert.True(late.Unfinished!.IsLimit && full.Unfinished!.IsLimit);
    }

    [Fact]
    public void A_violation_that_is_nearer_than_the_bound_is_found()
    {
        var near = ModelChecker.Run(Model.Pair, new(Damage: RenewsNoSlice, Properties: []));
        var depth = near.Failure!.Trace.Events.Count;
        var found = ModelChecker.Run(
            Model.Pair,
            new(Damage: RenewsNoSlice, Properties: [], Limits: new() { Depth = depth })
        );
        Assert.Equal(near.Failure.Property, found.Failure?.Property);
        var missed = ModelChecker.Run(
            Model.Pair,
            new(Damage: RenewsNoSlice, Properties: [], Limits: new() { Depth = depth - 1 })
        );
        Assert.Equal((null, false), (missed.Failure, missed.Holds));
    }

    // Such a search ends early, so an event that it has not met may still happen.
    [Fact]
    public void A_search_that_ends_at_a_violation_names_no_event_that_never_happens()
    {
        var found = ModelChecker.Run(Model.Pair, new(Damage: RenewsNoSlice, Properties: []));
        Assert.True(found.Fails);
        Assert.Contains(found.Witnesses, witness => witness.Trace is null && !Model.Pair.Never.Contains(witness.Name));
        Assert.DoesNotContain(found.Unexpected, witness => witness.Trace is null);
        Assert.Null(found.Miscount);
    }

    [Fact]
    public void Systems_that_are_given_as_data_have_the_same_limits()
    {
        var system = MiniL4.All.Single(each => each.Name == "S").System.System;
        var result = system.Check(2, new() { States = 1_000 });
        Assert.NotNull(result.Unfinished);
        Assert.Null(result.Violated);
        Assert.Null(system.Check(2, new() { Depth = 50 }).Unfinished);
    }

    [Theory]
    [MemberData(nameof(Small))]
    public void Random_runs_of_a_right_spec_violate_nothing(string name)
    {
        var model = Searched.Find(name);
        SimulationResult Run(int workers) =>
            Simulation.Run(model, new(Seed: 3, Runs: 10, Steps: 40), new(Workers: workers));
        var (one, three) = (Run(1), Run(3));
        Assert.Equal((null, false, 10), (one.Failure, one.Fails, one.Runs));
        Assert.Equal((one.Steps, one.Happened.Count), (three.Steps, three.Happened.Count));
        Assert.True(one.Steps > 10 * 40 && one.Happened.Count > 10);
        Assert.Equal("not complete: random runs of at most 40 steps, seed 3", $"{one.Unfinished}");
        Assert.NotEqual(one.Steps, Simulation.Run(model, new(Seed: 4, Runs: 10, Steps: 40)).Steps);
    }

    [Fact]
    public void Random_runs_find_a_defect_with_a_run_that_repeats()
    {
        SimulationResult Run(int workers) =>
            Simulation.Run(
                Model.Pair,
                new(Seed: 1, Runs: 50, Steps: 40),
                new(Damage: RenewsNoSlice, Properties: [], Workers: workers)
            );
        var (one, three) = (Run(1), Run(3));
        Assert.Equal("has-time-or-length-0", one.Failure?.Property);
        Assert.Equal(one.Failure!.Trace.Events, three.Failure!.Trace.Events);
        Assert.True(one.Fails);
    }

    [Fact]
    public void The_command_tells_that_a_bounded_search_is_not_complete()
    {
        foreach (
            var (arguments, says) in ((string, string)[])
                [
                    ("check pair --depth 5", "not complete: only states within 5 steps were visited"),
                    (
                        "check pair --simulate --runs 3 --seed 5",
                        "no violation, not complete: random runs of at most 100 steps, seed 5"
                    ),
                ]
        )
        {
            var output = new StringWriter();
            Assert.Equal(CommandLine.Holds, CommandLine.Run(arguments.Split(' '), output, TextWriter.Null));
            Assert.Contains(says, output.ToString());
            Assert.DoesNotContain("5 steps deep, holds", output.ToString());
        }
    }

    private static void RenewsNoSlice(State<Concrete> s, Entry entry)
    {
        if (entry == Entry.Wake && s.Stage == Stages.Pick)
            s.Slice[s.Current] = 0;
    }
}
