using Verified.Proofs.Check;
using Verified.Proofs.Checker;
using Xunit;

namespace Verified.Tests.Check;

/// <summary>Searches that visit one state for all those that differ in the names of threads and tasks.</summary>
public sealed class SymmetryTests
{
    [Theory]
    [InlineData("XS", 534)]
    [InlineData("S", 207_972)]
    public void A_reduced_search_stands_for_all_states(string name, long representatives)
    {
        var (_, system, states, transitions) = MiniL4.All.Single(each => each.Name == name);
        var (full, reduced) = (system.System.Check(2), system.Symmetric.Check(2));
        Assert.Equal((states, transitions, states), (full.States, full.Transitions, full.AllStates));
        Assert.Equal((representatives, states), (reduced.States, reduced.AllStates));
        Assert.Equal((null, null), (full.Violated, reduced.Violated));
        Assert.Equal(full.Levels, reduced.Levels);
    }

    [Fact]
    public void A_defect_has_the_same_verdict_and_distance()
    {
        var defect = new MiniL4(3, 3, 1, rights: true, forgetsChildren: true);
        var (full, reduced) = (defect.System.Check(2), defect.Symmetric.Check(2));
        Assert.Equal("tree 0", reduced.Violated);
        Assert.Equal((full.Violated, full.Trace!.Count), (reduced.Violated, reduced.Trace!.Count));
    }

    [Fact]
    public void A_symmetry_that_the_system_does_not_have_is_refused()
    {
        // The second thread has a higher priority: the first may act only while the second is done.
        CellSystem ranked = new(
            "ranked",
            [new("count", 3, 4)],
            _ => { },
            [
                c => c[0, 2] == 3 && c[0, 1] < 3 && (c[0, 1] = c[0, 1] + 1) > 0,
                c => c[0, 2] < 3 && (c[0, 2] = c[0, 2] + 1) > 0,
                c => c[0, 1] == 3,
            ],
            []
        );
        Assert.Null(ranked.Check().Violated);
        var wrong = ranked with
        {
            Symmetry = new(CellSymmetry.OfAllButFirst(3), (_, row, p) => p[row], (_, value, _) => value),
        };
        Assert.Contains("has not the symmetry", Assert.Throws<ModelException>(() => wrong.Check()).Message);
    }

    [Fact]
    public void Permutations_keep_the_first_id() =>
        Assert.Equal(
            [
                [0, 1, 3, 2],
                [0, 2, 1, 3],
                [0, 2, 3, 1],
                [0, 3, 1, 2],
                [0, 3, 2, 1],
            ],
            CellSymmetry.OfAllButFirst(4).OrderBy(p => string.Join(' ', p), StringComparer.Ordinal)
        );
}
