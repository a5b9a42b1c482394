using Verified.Proofs.Check;
using Verified.Proofs.Checker;
using Xunit;

namespace Verified.Tests.Check;

/// <summary>The search over packed states, on a system of two counters.</summary>
public sealed class SearchTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Every_state_is_found_once(int workers)
    {
        var (search, failure) = Run(workers, () => new Counters());
        Assert.Null(failure);
        Assert.Equal(256 * 256, search.States.Count);

        // In each state, each counter can advance by one or by two.
        Assert.Equal(4 * 256 * 256, search.Transitions);
        Assert.True(search.Tree.Runs <= 2 * 2 * 256, "each step is run once for each value that it reads");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_violation_is_found_by_a_shortest_way(int workers)
    {
        var (search, failure) = Run(workers, () => new Counters { Forbidden = 0x0705 });
        Assert.Equal("not-forbidden", failure?.Property);
        var steps = 1;
        for (var from = failure!.From; search.States.Parent(from) >= 0; from = search.States.Parent(from))
            steps++;
        Assert.Equal(3 + 4, steps);
    }

    [Fact]
    public void A_judgement_that_reads_more_than_its_step_is_made_for_all_that_it_reads()
    {
        // The first counter's steps do not read the second counter, but they are not allowed while it is 9.
        var (search, failure) = Run(2, () => new Counters { Waits = 9 });
        Assert.Equal("waits", failure?.Property);
        Assert.Equal(9UL, search.States[failure!.From] >> 8);
    }

    [Fact]
    public void A_step_that_depends_on_something_it_does_not_record_is_refused()
    {
        var calls = 0;
        var error = Record.Exception(() => Run(1, () => new Counters { Hidden = () => ++calls % 50 == 0 }));
        Assert.Contains("has not read", Assert.IsType<InvalidOperationException>(error).Message);
    }

    [Fact]
    public void A_set_numbers_each_state_once()
    {
        var set = new StateSet();
        for (var round = 0; round < 2; round++)
        for (var n = 0UL; n < 50_000; n++)
            Assert.Equal(round == 0, set.Add(StateSet.ShardOf(StateSet.Hash(n << 20)), n << 20) >= 0);
        Assert.Equal(50_000, set.Count);
        Assert.InRange((double)set.Bytes / set.Count, 16, 24);
    }

    [Theory]
    [InlineData("XS", 1)]
    [InlineData("S", 2)]
    public void Minil4_has_the_counts_that_other_checkers_agree_on(string name, int workers)
    {
        var (_, system, states, transitions) = MiniL4.All.Single(each => each.Name == name);
        var result = system.System.Check(workers);
        Assert.Null(result.Violated);
        Assert.Equal((states, transitions), (result.States, result.Transitions));
    }

    [Fact]
    public void A_grant_that_forgets_what_was_derived_is_found_in_four_steps()
    {
        var result = new MiniL4(3, 3, 1, rights: true, forgetsChildren: true).System.Check(2);
        Assert.Equal("tree 0", result.Violated);
        Assert.Equal(4, result.Trace!.Count - 1);
    }

    [Fact]
    public void A_state_without_a_step_is_found()
    {
        var ends = new CellSystem(
            "ends",
            [new("count", 1, 4)],
            _ => { },
            [c => c[0, 0] < 3 && (c[0, 0] = c[0, 0] + 1) > 0],
            []
        );
        var result = ends.Check();
        Assert.Equal(("no-deadlock", 4), (result.Violated, result.Trace!.Count));
    }

    [Fact]
    public void A_bad_first_state_is_found()
    {
        var never = new CellInvariant("never", "no state is good", c => c[0, 0] > 3);
        var result = new CellSystem("bad", [new("count", 1, 4)], _ => { }, [_ => true], [never]).Check();
        Assert.Equal(("never", 1), (result.Violated, result.Trace!.Count));
    }

    private static (Search Search, SearchFailure? Failure) Run(int workers, Func<Counters> source)
    {
        var search = new Search([.. Enumerable.Range(0, workers).Select(_ => source())], marks: 0);
        return (search, search.Run(new()));
    }

    // Two counters of eight bits; a step advances one of them.
    private sealed class Counters : IStepSource
    {
        private static readonly int[] Both = [0, 1];

        public ulong? Forbidden { get; init; }

        public ulong? Waits { get; init; }

        public Func<bool> Hidden { get; init; } = () => false;

        public int Roots => 2;

        public ulong Initial => 0;

        public int Judged => 0;

        public ReadOnlySpan<int> RootsOf(ulong state) => Both;

        public Outcome Learn(int root, ulong from, Recording run, List<object> judgements)
        {
            var by = 1 + (ulong)run.Choose(2);
            if (!Hidden())
                run.Read(8 * root, 8);
            if (root == 0 && Waits is not null)
                judgements.Add("waits");
            var mask = 0xFFUL << 8 * root;
            return new(OutcomeKind.State, Clear: mask, Set: ((from & mask) + (by << 8 * root)) & mask);
        }

        public bool LearnJudgement(int root, ulong from, ReadOnlySpan<int> picks, object judgement, Recording run)
        {
            run.Begin([], known: 0xFF);
            run.Read(8, 8);
            return from >> 8 != Waits;
        }

        public (string Property, string Why) Explain(int root, ulong from, ReadOnlySpan<int> picks) => ("waits", "");

        public (string Property, string Why)? Judge(ulong from, ulong state, bool isOwn, StepTree tree) =>
            state == Forbidden ? ("not-forbidden", "") : null;

        public (string Property, string Why)? JudgeBeyond(ulong from, in Outcome outcome) => null;
    }
}
