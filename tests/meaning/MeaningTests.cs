using Verified.Proofs.Check;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Mutation;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Meaning;

/// <summary>
/// The purpose of the kernel is stated by named properties, and a consistently wrong kernel violates them.
/// </summary>
public sealed class MeaningTests
{
    [Fact]
    public void Names_of_properties_are_distinct()
    {
        string[] names =
        [
            .. Statements<Concrete>.All.Select(property => property.Name),
            .. Laws.All.Select(law => law.Name),
            .. SpaceHistory.Names,
            .. TurnHistory.Names,
            DelayHistory.Name,
        ];
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Fact]
    public void Each_law_holds() => Assert.All(Laws.All, law => Assert.Null(law.Violated()));

    [Fact]
    public void Every_property_of_one_step_is_in_a_theorem_unless_it_searches() =>
        Assert.Equal(
            OfSteps().Order(StringComparer.Ordinal),
            Enum.GetValues<Entry>().SelectMany(MeaningTheorem.Of).Distinct().Order(StringComparer.Ordinal)
        );

    [Fact]
    public void A_property_holds_where_a_step_has_written_nothing() =>
        Assert.Null(FuzzRun.Run(new(Seed: 3, Count: 60, Limits: new(4, 4, 4), LooksEverywhere: true)).Failure);

    [Theory]
    [InlineData("a message that waited loses its third word", "message-words-arrive")]
    [InlineData("a receiver gets its own id as the sender's", "message-names-its-sender")]
    [InlineData("fpage_unmap keeps the caller's own page", SpaceHistory.Between)]
    [InlineData("a grant maps", SpaceHistory.Between)]
    [InlineData("a flush leaves mappings derived from derived pages", SpaceHistory.Between)]
    [InlineData("a failed map operation ends as if it had not", "a-map-item-ends-as-it-must")]
    [InlineData("waiting senders starve: the lowest number comes first", "senders-take-turns")]
    [InlineData("round robin is unfair: the turn never moves on", "the-picked-thread-is-ready")]
    [InlineData("lthread_ex_regs does not cancel an ipc", "ex-regs-ends-a-wait")]
    [InlineData("a new thread may give any priority", "priority-is-within-mcp")]
    [InlineData("a task that is being deleted starts threads", "ex-regs-reads-and-sets")]
    [InlineData("giver and taker hear of the other's abortion", "a-map-item-ends-as-it-must")]
    [InlineData("an inactive task stays its creator's", "a-new-thread-is-as-asked")]
    [InlineData("a deleted thread leaves the sender that it has served to the next one", "a-deleted-thread-is-gone")]
    [InlineData("a page is passed over with the empty ones before it", SpaceHistory.Abstract)]
    [InlineData("a wait for a deleted thread goes on in a thread behind an inactive one", SpaceHistory.Deleted)]
    public void A_consistently_wrong_kernel_violates_a_named_property(string mutant, string property)
    {
        var trials = new MeaningTrials(new(Sources.Spec));
        var result = trials.Try(MeaningMutant.All.Single(each => each.What == mutant));
        Assert.Equal(property, result.Property);
    }

    [Fact]
    public void The_table_of_changes_is_the_specs()
    {
        var spec = new ChangedSpec(Sources.Spec);
        Assert.All(MeaningMutant.All, mutant =>
            Assert.NotEqual(spec.TextOf(mutant.File), mutant.Change(spec.TextOf(mutant.File)))
        );
        Assert.True(MeaningMutant.All.Select(mutant => mutant.What).Distinct().Count() == MeaningMutant.All.Count);
    }

    [Fact]
    public void A_change_of_a_text_that_is_gone_is_refused_in_a_line() =>
        Assert.Contains(
            "Ipc.cs has no text",
            Assert
                .Throws<FormatException>(() => new MeaningMutant("x", "steps/Ipc.cs", "no such text", "").Change("{ }"))
                .Message
        );

    private static IEnumerable<string> OfSteps() =>
        Statements<Concrete>.All.Where(property => !property.Searches).Select(property => property.Name);
}
