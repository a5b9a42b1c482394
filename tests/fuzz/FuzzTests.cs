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
    public void The_same_seed_runs_the_same_steps() =>
        Assert.Equal(FuzzRun.Run(new(Seed: 5, Count: 20)).Steps, FuzzRun.Run(new(Seed: 5, Count: 20)).Steps);

    [Fact]
    public void A_defect_is_found_and_shrunk_to_few_events()
    {
        // A thread that sleeps keeps a partner.
        static void Damage(State<Concrete> s, Entry entry)
        {
            for (var row = 0u; row < s.Limits.Threads; row++)
                if (s.Status[row].Value == ThreadStatus.Sleeping)
                    s.Partner[row] = s.Limits.Lthreads;
        }

        var result = FuzzRun.Run(new(Limits: new(4, 4, 4), Damage: Damage, Properties: []));
        Assert.Equal("partner-blank", result.Failure?.Property);
        Assert.InRange(result.Failure!.Trace.Events.Count, 1, 2);
        Assert.NotNull(FuzzRun.Replay(result.Failure.Trace, new(Damage: Damage, Properties: [])));
        Assert.Null(FuzzRun.Replay(result.Failure.Trace));
    }
}
