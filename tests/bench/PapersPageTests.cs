using Verified.Proofs.Bench;
using Verified.Tests.Host;
using Verified.Tests.Page;
using Xunit;

namespace Verified.Tests.Bench;

/// <summary>The chart of the paper's tables.</summary>
public sealed class PapersPageTests
{
    private const string Where = "microkernel 80 %, server <20 %>";

    [Fact]
    public void Bars_have_the_scale_of_their_table()
    {
        var page = PapersPage.Of([Of("getpid", 10, 20, 100, 400), Of("read", 10, 50, 100, 200)]);
        // Ratios 2 and 4, 5 and 2: the longest bar is 5.
        Assert.Equal(["80.00", "40.00", "40.00", "100.00"], Widths(page));
        Assert.Contains("--one: 20.00%", page, StringComparison.Ordinal);
        Assert.Contains("2.00 times <em>20.00 cycles</em>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_scale_contains_the_first_way_even_if_all_others_are_faster()
    {
        var page = PapersPage.Of([Of("pipe", 10, 5, 100, 25)]);
        Assert.Equal(["25.00", "50.00"], Widths(page));
        Assert.Contains("--one: 100.00%", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worse_ratio_is_marked_and_shows_where_the_cycles_go()
    {
        var page = PapersPage.Of([Of("getpid", 10, 50, 100, 200), Of("read", 10, 20, 100, 400)]);
        Assert.Single(Parts(page, "<i class=\"ours worse\" style"));
        Assert.Single(Parts(page, "microkernel 80 %, server &lt;20 %&gt;"));
        Assert.DoesNotContain("<20 %>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_of_one_figure_has_a_scale_of_its_own()
    {
        PaperResult fault = new("T5", "fault", PaperTables.Microseconds, [new("L4", 10, 5)], "L4");
        var page = PapersPage.Of([fault]);
        Assert.Equal(["50.00", "100.00"], Widths(page));
        Assert.DoesNotContain("--one:", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_is_one_file_without_scripts()
    {
        var page = PapersPage.Of([Of("getpid", 10, 20, 100, 400)]);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        foreach (var other in (string[])["<script", "http:", "https:", "@style", "@tables", "url("])
            Assert.DoesNotContain(
                other,
                page.Replace("url(#hatch)", "", StringComparison.Ordinal),
                StringComparison.Ordinal
            );
    }

    [FactWith(Tool.Chromium)]
    public void The_chart_fits_a_phone_and_follows_dark_colours()
    {
        var folder = Directory.CreateTempSubdirectory("verified-page").FullName;
        try
        {
            var file = Path.Combine(folder, "papers.html");
            var numbers = Of("/bin/sh process", 42_412, 61_115, 42_412, 62_353) with { Unit = PaperTables.Rate };
            File.WriteAllText(file, PapersPage.Of([numbers, numbers with { Table = "T3" }]));
            using var browser = new Browser();
            browser.Show(360, 800);
            browser.Open($"file://{file}");
            Assert.Equal("true", browser.Evaluate("document.documentElement.scrollWidth <= 360"));
            var light = browser.Evaluate("getComputedStyle(document.querySelector('.ours')).backgroundColor");
            browser.Show(360, 800, isDark: true);
            Assert.NotEqual(
                light,
                browser.Evaluate("getComputedStyle(document.querySelector('.ours')).backgroundColor")
            );
            Assert.Empty(browser.Errors);
            Assert.Empty(browser.Requests);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static PaperResult Of(string what, double first, double ours, double paper, double papers) =>
        new(
            "T2",
            what,
            PaperTables.Cycles,
            [new("native", first, paper), new("library", ours, papers, Where)],
            "Linux"
        );

    private static IEnumerable<string> Widths(string page) =>
        Parts(page, "style=\"width: ").Select(part => part.Split('%')[0]);

    // The text behind each place of a text.
    private static string[] Parts(string page, string text) => page.Split(text)[1..];
}
