using Verified.Kernel;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Fuzz;

public sealed class EventWeightsTests
{
    private const int Draws = 100_000;

    [Fact]
    public void Events_are_drawn_as_often_as_their_weights_say()
    {
        var random = new Random(1);
        var drawn = Enumerable
            .Range(0, Draws)
            .Select(_ => EventWeights.Events.Draw(random))
            .CountBy(entry => entry)
            .ToDictionary();
        foreach (var (entry, percent) in EventWeights.Events.Shares)
            Assert.InRange(100.0 * drawn[entry] / Draws, percent - 0.5, percent + 0.5);
        Assert.Equal(Draws, drawn.Values.Sum());
    }

    [Fact]
    public void A_weight_that_is_multiplied_by_ten_makes_its_alternative_more_common()
    {
        var few = new Choice<Entry>((5, Entry.FpageUnmap), (95, Entry.Ipc));
        var many = new Choice<Entry>((50, Entry.FpageUnmap), (95, Entry.Ipc));
        Assert.Equal([5, 95], few.Shares.Select(share => Math.Round(share.Percent)));
        Assert.Equal([34, 66], many.Shares.Select(share => Math.Round(share.Percent)));
    }

    [Fact]
    public void Every_entry_of_the_table_of_vectors_has_a_weight() =>
        Assert.Empty(
            WaysIn
                .All.Select(way => way.Entry)
                .OfType<Entry>()
                .Except(EventWeights.Events.Shares.Where(share => share.Percent > 0).Select(share => share.What))
        );
}
