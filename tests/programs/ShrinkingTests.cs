using Verified.Proofs.Checker;
using Verified.Proofs.Programs;
using Xunit;

namespace Verified.Tests.Programs;

/// <summary>The engines for shrinking and for endless waiting, on programs and graphs of numbers.</summary>
public sealed class ShrinkingTests
{
    // A program fails if it has a 7 before a number of more than 100.
    private static IReadOnlyList<int>? Fails(IReadOnlyList<int> program)
    {
        var seven = program.ToList().IndexOf(7);
        return seven >= 0 && program.Skip(seven).Any(number => number > 100) ? program : null;
    }

    private static IEnumerable<IReadOnlyList<int>> Simpler(IReadOnlyList<int> program) =>
        Shrinking.Shorter(program).Concat(Shrinking.Plainer(program, number => [number / 2, number - 1]));

    [Fact]
    public void A_failing_program_becomes_small_and_still_fails()
    {
        int[] program = [.. Enumerable.Range(1, 50), 900, .. Enumerable.Range(1, 50)];
        Assert.Equal(
            [7, 101],
            Shrinking.Smallest<IReadOnlyList<int>, IReadOnlyList<int>>(program, Simpler, Fails, 10_000)
        );
    }

    [Fact]
    public void Without_tries_the_failure_stays_as_it_is()
    {
        int[] program = [1, 7, 200];
        Assert.Same(program, Shrinking.Smallest<IReadOnlyList<int>, IReadOnlyList<int>>(program, Simpler, Fails, 0));
    }

    [Fact]
    public void Each_part_of_a_program_is_left_out_once() =>
        Assert.Equal(
            ["34", "12", "234", "134", "124", "123"],
            Shrinking.Shorter([1, 2, 3, 4]).Select(program => string.Concat(program))
        );

    // 0 -> 1 -> 2 -> 1, and 2 -> 0.
    [Theory]
    [InlineData(0b111, 1, 2, new[] { 1, 2, 1 })]
    [InlineData(0b110, 1, 2, new[] { 1, 2, 1 })]
    [InlineData(0b111, 2, 0, new[] { 2, 0, 1, 2 })]
    [InlineData(0b110, 2, 0, null)]
    [InlineData(0b101, 1, 2, null)]
    public void A_cycle_passes_somebody_over_who_waits_all_the_time(int waits, int from, int to, int[]? cycle)
    {
        const int claim = 1;
        var graph = new FairnessGraph(claim + 1);
        foreach (
            var (state, next) in (
                (int[][])
                    [
                        [1],
                        [2],
                        [1, 0],
                    ]
            ).Index()
        )
            graph.Add(
                (ulong)(waits >> state & 1) << claim,
                next.Select(step => new FairnessStep(step, (state, step) == (from, to) ? 1UL << claim : 0))
            );
        var found = graph.Find();
        Assert.Equal(cycle, found?.States);
        Assert.Equal(cycle is null ? null : claim, found?.Claim);
    }

    [Fact]
    public void A_graph_has_at_most_64_claims() =>
        Assert.Throws<ModelException>(() => new FairnessGraph(FairnessGraph.MostClaims + 1).Find());
}
