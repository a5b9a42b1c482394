using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;
using Xunit;

namespace Verified.Tests.Prove;

/// <summary>
/// The prover on small theorems of this file: it proves true statements, refutes false ones, and proves nothing from a
/// contradiction.
/// </summary>
public sealed class ExplorationTests
{
    [Fact]
    public void Explores_each_possible_side_once()
    {
        var seen = new List<int>();
        Run(
            (path, x) =>
            {
                var side = 0;
                if (x < 10)
                    side += 1;
                if (x < 5)
                    side += 2; // not where x >= 10
                seen.Add(side);
            }
        );
        Assert.Equal([0, 1, 3], seen.Order());
    }

    [Fact]
    public void Refutes_what_one_value_breaks()
    {
        var refuted = Assert.Throws<RefutedException>(() => Run((path, x) => path.Require(x != 12345, "x is another")));
        Assert.Equal("x is another", refuted.Message);
    }

    [Fact]
    public void Proves_what_holds_of_every_value() =>
        Assert.Equal(
            2,
            Run(
                (path, x) =>
                {
                    if ((x & 1) == 0)
                        path.Require((x & (x - 1)) != x | x == 0, "clearing the lowest bit changes x");
                    else
                        path.Require(x != 0, "odd is not 0");
                }
            )
        );

    [Fact]
    public void A_contradictory_hypothesis_leaves_no_path() =>
        Assert.Equal(
            0,
            Run(
                (path, x) =>
                {
                    path.Assume(x < 5);
                    path.Assume(x > 7);
                    path.Require(x == 99, "anything");
                }
            )
        );

    [Fact]
    public void A_path_that_nothing_is_shown_to_take_is_no_path()
    {
        using var terms = new Terms();
        Terms.Current = terms;
        using var reasoner = new Reasoner(terms);
        Assert.Throws<ProverException>(() => new Exploration(terms, reasoner).Explore(() => { }));
    }

    [Fact]
    public void A_choice_is_the_first_in_cyclic_order()
    {
        // The candidates are rows 3 and 9. After 5 the first is 9; after 9 it is 3.
        Run(
            (path, x) => { },
            (terms, path, instances) =>
            {
                var tables = new SymbolicTables(
                    (_, _) => 0,
                    terms,
                    (instances, new Choosing(terms, instances, path)),
                    keys: 256
                );
                tables.Make(new("column", Table.Thread, 1), Limits.Shipping.Threads);
                foreach (var (after, expected) in (ReadOnlySpan<(uint, uint)>)[(5, 9), (9, 3)])
                {
                    instances.Touch(Table.Thread, 3);
                    instances.Touch(Table.Thread, 9);
                    var (found, row) = tables.First(Table.Thread, after, row => row == 3 | row == 9);
                    path.Require(found & row == expected, $"after {after} comes {expected}");
                }
            }
        );
    }

    [Fact]
    public void A_goal_with_a_part_that_is_known_not_to_hold_is_not_shown() =>
        Run(
            (path, x) =>
            {
                // The terms are built before the part is known, because otherwise they would not be conjunctions.
                var (first, second, both) = ((x >= 9) & (x != 3), (x != 3) & (x >= 9), (x < 9) & (x != 7));
                path.Assume(x < 5);
                Assert.True(path.Shows(x < 9));
                Assert.False(path.Shows(first));
                Assert.False(path.Shows(second));
                Assert.True(path.Shows(both));
            }
        );

    private static int Run(Action<Exploration, Symbolic> run, Action<Terms, Exploration, Instances>? more = null)
    {
        using var terms = new Terms();
        Terms.Current = terms;
        using var reasoner = new Reasoner(terms);
        var path = new Exploration(terms, reasoner);
        var instances = new Instances(reasoner, path);
        path.Explore(() =>
        {
            instances.Begin();
            run(path, terms.Variable("x"));
            more?.Invoke(terms, path, instances);
            path.IsTaken();
        });
        return path.Paths;
    }
}
