using Verified.Kernel;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Values;
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

    /// <summary>
    /// A gift that is not possible becomes another gift, so a lone thread unmaps instead of doing anything at all.
    /// </summary>
    [Fact]
    public void A_lone_thread_unmaps_in_place_of_other_gifts()
    {
        var generator = new Generator(2, Limits.Shipping);
        var state = Alone(generator);
        var unmaps = Enumerable
            .Range(0, 1_000)
            .Count(_ => generator.Give(state, [state.Current.Value]).Entry == Entry.FpageUnmap);
        Assert.InRange(unmaps, 860, 960);
    }

    [Fact]
    public void With_enough_threads_a_priority_changes_in_place_of_a_new_thread()
    {
        var generator = new Generator(2, Limits.Shipping);
        var state = Alone(generator);
        uint[] many = [.. Enumerable.Repeat(state.Current.Value, 20)];
        var schedules = Enumerable
            .Range(0, 1_000)
            .Count(_ => generator.Grow(state, many).Entry == Entry.ThreadSchedule);
        Assert.InRange(schedules, 540, 660);
    }

    // The current thread runs, and no other thread is ready or waits.
    private static State<Concrete> Alone(Generator generator)
    {
        var state = generator.Population();
        for (var row = 1u; row < Limits.Shipping.Threads; row++)
            if (state.Current != row)
                state.Status[row] = ThreadStatus.Inactive;
        state.Stage = Stages.User;
        state.Status[state.Current] = ThreadStatus.Ready;
        return state;
    }
}
