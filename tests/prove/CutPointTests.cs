using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Machine.Memory;
using Verified.Proofs.Execution;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Prove;

/// <summary>The contracts of cut points hold on a running machine, and the graph of cut points has no gap.</summary>
public sealed class CutPointTests
{
    private static readonly CutPoints Points = CutPoints.Of(new Layout(Limits.Shipping));

    [Fact]
    public void The_processors_and_the_interfaces_flags_of_a_user_are_the_same() =>
        Assert.Equal(Flags.UserBits, ProcessorNames.UserFlags);

    [Fact]
    public void A_machine_that_runs_the_demonstration_satisfies_the_contract_of_each_cut_point_that_it_passes()
    {
        var (pc, image) = Booting.Boot(KernelImage.Build(Limits.Shipping));
        var fields = ProcessorState<Concrete, PcBus>.All.Where(field => field.Read is not null).ToList();
        var passed = new Dictionary<string, int>();
        for (var step = 0; step < 400_000; step++)
        {
            if (Passed(pc, image) is { } point)
            {
                passed[point.Name] = passed.GetValueOrDefault(point.Name) + 1;
                foreach (var field in fields)
                    if (point[field.Name] is { Kind: HoldingKind.Is } holding)
                        Assert.True(
                            field.Read!(pc.Cpu).Value == holding.Value,
                            $"step {step}, {point.Name}: {field.Name}"
                        );
            }

            if (pc.Run(1) != StopReason.Budget)
                break;
        }

        Assert.All((string[])["user", "pick", "leave", "exit"], name => Assert.True(passed.ContainsKey(name), name));
    }

    [Fact]
    public void The_graph_is_closed_if_each_way_is_proved_and_each_cut_point_is_reached() =>
        Assert.Empty(new WayGraph(Points, Results(_ => true)).Gaps);

    [Theory]
    [InlineData("image.boot", "boot is not proved")]
    [InlineData("image.map-end", "map-end is not proved")]
    [InlineData("image.vectors", "the ways from user mode are all there are")]
    public void A_theorem_that_is_not_proved_leaves_a_gap(string theorem, string gap) =>
        Assert.Contains(new WayGraph(Points, Results(name => name != theorem)).Gaps, found =>
            found.Contains(gap, StringComparison.Ordinal)
        );

    [Fact]
    public void A_cut_point_that_no_way_leads_to_leaves_a_gap()
    {
        var results = Results(_ => true)
            .ToDictionary(
                result => result.Key,
                result => result.Value with { Verdict = Without(result.Value.Verdict!, "wake") }
            );
        Assert.Contains("no way leads to cut point wake", new WayGraph(Points, results).Gaps);
    }

    [Fact]
    public void A_way_out_that_comes_back_to_itself_has_no_window_for_interrupts()
    {
        var results = Results(_ => true);
        results["image.exit"] = results["image.exit"] with
        {
            Verdict = results["image.exit"].Verdict! with { Ends = ["exit"] },
        };
        Assert.Contains(
            "cut point exit comes back without a window for interrupts",
            new WayGraph(Points, results).Gaps
        );
    }

    private static Verdict Without(Verdict verdict, string end) =>
        verdict with
        {
            Ends = [.. verdict.Ends.Except([end])],
        };

    private static CutPoint? Passed(Pc pc, BootedImage image)
    {
        if (pc.Cpu.Cpl == 3)
            return image.Points.User;
        var eip = pc.Cpu.Eip.Value;
        return image.Points.All.FirstOrDefault(point =>
            image.AddressOf(point) == eip && !(point.Stage == Stages.Idle && pc.Cpu.InterruptShadow)
        );
    }

    /// <summary>As if every required theorem were proved, and all paths ended where the kernel's paths end.</summary>
    private static Dictionary<string, ProofResult> Results(Func<string, bool> isProved)
    {
        var names = Way.All.Select(way => $"image.{way.Name}").Concat(["image.boot", "image.vectors"]);
        return names.ToDictionary(
            name => name,
            name =>
            {
                string[] ends = name switch
                {
                    "image.exit" => ["user"],
                    "image.ipc" => ["user", "ipc-slow", "leave"],
                    "image.ipc-slow" => ["receive", "exit", "pick", "accept"],
                    "image.pick" => ["exit", "map", "receive", "idle"],
                    "image.tick" => ["wake"],
                    _ => ["exit"],
                };
                var verdict = new Verdict(
                    name,
                    isProved(name) ? null : new("planted", [], new Dictionary<string, uint>(), []),
                    1,
                    1,
                    default,
                    new HashSet<uint>(),
                    new HashSet<uint>()
                )
                {
                    Ends = ends,
                };
                return new ProofResult(name, verdict, null, TimeSpan.Zero, Cached: false);
            }
        );
    }
}
