using Verified.Proofs.Bench;
using Xunit;

namespace Verified.Tests.Bench;

/// <summary>Our figures beside the paper's.</summary>
public sealed class PaperResultTests
{
    private const string Where = "microkernel 80 %, programs 20 %";

    [Fact]
    public void A_lower_rate_is_slower()
    {
        Assert.Equal(2, Of(PaperTables.Microseconds, 4, 8, 8).Slower(8, 4));
        Assert.Equal(2, Of(PaperTables.Rate, 8, 4, 8).Slower(4, 8));
    }

    [Theory]
    [InlineData(PaperTables.Microseconds, 30, true)]
    [InlineData(PaperTables.Microseconds, 20, false)]
    [InlineData(PaperTables.Rate, 3, true)]
    [InlineData(PaperTables.Rate, 4, false)]
    public void A_ratio_that_is_worse_than_the_papers_shows_where_the_time_goes(string unit, double ours, bool worse)
    {
        // The paper's way is twice as slow as its first.
        var result = Of(unit, unit == PaperTables.Rate ? 8 : 10, ours, unit == PaperTables.Rate ? 50 : 200);
        Assert.Equal(worse, result.IsWorse(result.Figures[1]));
        Assert.Equal(worse, result.Row().Note.Contains(Where, StringComparison.Ordinal));
    }

    [Fact]
    public void The_row_has_all_figures_and_ratios()
    {
        var row = Of(PaperTables.Microseconds, 10, 15, 200).Row();
        Assert.Equal(("papers", "T9, row", 10.0, PaperTables.Microseconds), (row.Area, row.What, row.Value, row.Unit));
        Assert.Equal("native; library 15.00 (1.50 times); paper: Linux 100.00, library 200.00 (2.00 times)", row.Note);
    }

    [Theory]
    [InlineData(7, true)]
    [InlineData(6, false)]
    public void A_row_without_a_first_way_is_compared_by_its_figure(double ours, bool worse)
    {
        var result = new PaperResult("T9", "row", PaperTables.Microseconds, [new("L4", ours, 6.5, Where)], "L4");
        Assert.Null(result.OurRatio(result.Figures[0]));
        Assert.Null(result.PaperRatio(result.Figures[0]));
        Assert.Equal(worse, result.Row().Note.Contains(Where, StringComparison.Ordinal));
    }

    // The paper's first way takes 100.
    private static PaperResult Of(string unit, double first, double way, double paper) =>
        new("T9", "row", unit, [new("native", first, 100), new("library", way, paper, Where)], "Linux");
}
