using Verified.Proofs.Check;
using Xunit;

namespace Verified.Tests.Check;

/// <summary>The states that each invariant excludes.</summary>
public sealed class ExcludedTests
{
    [Fact]
    public void Every_invariant_excludes_what_it_is_there_for() => Assert.Empty(Excluded.Failures());

    [Fact]
    public void A_good_state_is_not_excluded() =>
        Assert.Contains("lets pass", new Excluded("slices-fit", s => s.Slice[2] = 255).Failure());

    [Fact]
    public void A_missing_invariant_is_told() =>
        Assert.Equal("there is no such invariant", new Excluded("slices-negative", _ => { }).Failure());
}
