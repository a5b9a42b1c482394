using Verified.Kernel;
using Verified.Proofs.Prove;
using Verified.Proofs.Values;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Prove;

/// <summary>
/// Users reach only pages of their own spaces. The kernel and its view take the places of small spaces from one
/// definition, so only this theorem finds that the definition is wrong.
/// </summary>
public sealed class ReachTheoremTests
{
    private static readonly Layout Shipping = new(Limits.Shipping);

    [Fact]
    public void Users_reach_the_pages_of_their_own_spaces() =>
        Assert.Null(new ReachTheorem(Shipping).Prove().Refutation);

    [Theory]
    [InlineData(1u)]
    [InlineData(uint.MaxValue)]
    public void Segments_that_begin_at_another_tasks_small_space_are_refuted(uint further) =>
        Assert.StartsWith(
            "every directory leads from a page of a small space",
            Refutation(new(Shipping, baseOf: task => UserSegments.BaseOf<Symbolic>(task + further))),
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(UserSegments.LastOfData + Layout.PageSize)]
    [InlineData(uint.MaxValue)]
    public void Large_spaces_that_reach_a_small_one_are_refuted(uint lastOfData) =>
        Assert.StartsWith(
            "its task's directory leads from a page of a large space",
            Refutation(new(Shipping, lastOfData: lastOfData)),
            StringComparison.Ordinal
        );

    private static string Refutation(ReachTheorem theorem) =>
        theorem.Prove().Refutation?.What ?? throw new InvalidOperationException("it is proved");
}
