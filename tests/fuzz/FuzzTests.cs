using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Fuzz;

public class FuzzTests
{
    [Property]
    public Property Random_programs_keep_the_invariants(DoNotSize<int> seed)
    {
        var result = FuzzRun.Run(new(seed.Item & int.MaxValue >> 1, Count: 2));
        return result.Holds.Label($"{result.Failure?.Property} with seed {result.Seed}");
    }

    [Fact]
    public void Programs_bring_map_items_and_the_pages_are_there()
    {
        Dictionary<string, int> cases = [];
        void Count(string name) => cases[name] = cases.GetValueOrDefault(name) + 1;
        FuzzRun.Run(new(Count: 200, Limits: new(4, 4, 4), Invariants: [], Damage: (s, entry) =>
            {
                var m = s.Mappings;
                if (entry != Entry.Map || m.Operation.Value != Operations.Map)
                    return;
                if (m.Failed.Value == 1)
                    Count("nothing is left to map with");
                if (m.Phase.Value != Phases.Page || m.Left.Value == 0)
                    return;
                var node = s.NodeOf(m.Source, m.SourcePage);
                if (node.Value != 0)
                    Count(m.Depth[node].Value == 0 ? "a page of σ0" : "a page of another");
                if (node.Value != 0 && (m.Item.Value & Fpage.Grant) != 0)
                    Count("a page is granted");
            }));
        foreach (var name in (string[])["nothing is left to map with", "a page of another", "a page is granted"])
            Assert.True(cases.GetValueOrDefault(name) >= 5, $"{name}: {cases.GetValueOrDefault(name)} in 200 programs");
    }

    [Fact]
    public void The_same_seed_runs_the_same_steps() =>
        Assert.Equal(FuzzRun.Run(new(Seed: 5, Count: 20)).Steps, FuzzRun.Run(new(Seed: 5, Count: 20)).Steps);

    [Fact]
    public void The_number_of_workers_changes_nothing()
    {
        Assert.Equal(
            FuzzRun.Run(new(Seed: 5, Count: 20)).Steps,
            FuzzRun.Run(new(Seed: 5, Count: 20, Workers: 3)).Steps
        );

        var (one, three) = (Found(1), Found(3));
        Assert.NotNull(one.Seed);
        Assert.Equal((one.Seed, one.Programs), (three.Seed, three.Programs));
        Assert.Equal(one.Failure?.ToString(), three.Failure?.ToString());

        static FuzzResult Found(int workers) =>
            FuzzRun.Run(
                new(Limits: new(4, 4, 4), Damage: KeepPartner, Properties: [], Shrinks: false, Workers: workers)
            );
    }

    [Fact]
    public void A_defect_is_found_and_shrunk_to_few_events()
    {
        var result = FuzzRun.Run(new(Limits: new(4, 4, 4), Damage: KeepPartner, Properties: []));
        Assert.Equal("partner-blank", result.Failure?.Property);
        Assert.InRange(result.Failure!.Trace.Events.Count, 1, 2);
        Assert.NotNull(FuzzRun.Replay(result.Failure.Trace, new(Damage: KeepPartner, Properties: [])));
        Assert.Null(FuzzRun.Replay(result.Failure.Trace));
    }

    // A thread that sleeps keeps a partner.
    private static void KeepPartner(State<Concrete> s, Entry entry)
    {
        for (var row = 0u; row < s.Limits.Threads; row++)
            if (s.Status[row].Value == ThreadStatus.Sleeping)
                s.Partner[row] = s.Limits.Lthreads;
    }
}
