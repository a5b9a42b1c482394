using Verified.Proofs.Mutation;
using Xunit;

namespace Verified.Tests.Mutation;

public sealed class SampleTests
{
    private static readonly int[] All = [.. Enumerable.Range(0, 1000)];

    [Fact]
    public void A_sample_is_the_same_for_the_same_seed_in_order_and_has_nothing_twice()
    {
        var sample = Sample.Of(All, 30, 7);
        Assert.Equal(30, sample.Distinct().Count());
        Assert.Equal(sample, Sample.Of(All, 30, 7));
        Assert.NotEqual(sample, Sample.Of(All, 30, 8));
        Assert.Equal(sample, sample.Order());
    }

    [Fact]
    public void A_sample_of_more_than_there_are_is_all() => Assert.Equal(All, Sample.Of(All, int.MaxValue, 7));

    [Fact]
    public void A_larger_sample_has_the_smaller_one_in_it() =>
        Assert.Subset(Sample.Of(All, 60, 7).ToHashSet(), Sample.Of(All, 30, 7).ToHashSet());
}
