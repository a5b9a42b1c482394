using Verified.Proofs.Commands;
using Xunit;

namespace Verified.Tests.Commands;

/// <summary>
/// The live row on a terminal of 80 and 120 columns, also if the terminal changes its width. After the check, the
/// screen has the printed lines and nothing else.
/// </summary>
public sealed class StatusLineTests
{
    private const string LongText =
        "57 of 235, now spec.receive, spec.accept, image.ipc-slow, image.thread_schedule, image.sets.remove_ready, and "
        + "the rest of the theorems";

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void A_long_text_leaves_no_piece_behind(int width)
    {
        using var screen = new Screen(width);
        using (var status = new StatusLine(screen, () => screen.Width, "prove", new Clock()))
        {
            status.Say(LongText, 0.25);
            Assert.Single(screen.Rows);
            Assert.Equal(width - 1, screen.Rows[0].Length);
            status.Say("short", 0.5);
            Assert.Equal("prove 0:00: short", screen.Rows[0]);
            status.Above(() => screen.WriteLine("prove spec.map: proved"));
            status.Say(LongText);
            status.Refresh();
        }

        Assert.Equal(["prove spec.map: proved", ""], screen.Rows);
    }

    [Theory]
    [InlineData(80, 120, true)]
    [InlineData(120, 80, true)]
    [InlineData(120, 30, true)]
    [InlineData(80, 120, false)]
    [InlineData(120, 80, false)]
    [InlineData(120, 30, false)]
    public void A_new_width_leaves_no_piece_behind(int before, int after, bool rewraps)
    {
        using var screen = new Screen(before);
        using (var status = new StatusLine(screen, () => screen.Width, "prove", new Clock()))
        {
            status.Above(() => screen.WriteLine("first"));
            status.Say(LongText);
            screen.Resize(after, rewraps);
            status.Say(LongText);
            status.Above(() => screen.WriteLine("second"));
            screen.Resize(before, rewraps);
            status.Refresh();
        }

        Assert.Equal(["first", "second", ""], screen.Rows);
    }

    // Without the rule of the cursor's place, a row that the terminal wrapped again would leave its upper part behind.
    [Fact]
    public void The_screen_of_these_tests_shows_what_a_cursor_at_the_row_s_end_would_leave()
    {
        using var screen = new Screen(120);
        screen.Write("\r\e[J" + LongText[..119]);
        screen.Resize(80, rewraps: true);
        screen.Write("\r\e[Jend\n");
        Assert.Equal([LongText[..80], "end", ""], screen.Rows);
    }

    [Fact]
    public void The_row_has_the_elapsed_time_and_an_estimate_of_the_rest()
    {
        Assert.Equal("prove 0:01: some", StatusLine.Row("prove", TimeSpan.FromSeconds(1), "some", 0.5));
        Assert.Equal(
            "prove 1:00, about 3:00 left: some",
            StatusLine.Row("prove", TimeSpan.FromMinutes(1), "some", 0.25)
        );
        Assert.Equal("check 1:00:01: all", StatusLine.Row("check", TimeSpan.FromSeconds(3601), "all", null));
        Assert.Equal("check 0:09: all", StatusLine.Row("check", TimeSpan.FromSeconds(9), "all", 1));
    }

    [Fact]
    public void The_row_shows_the_time_that_passes()
    {
        using var screen = new Screen(80);
        var clock = new Clock();
        using var status = new StatusLine(screen, () => screen.Width, "diff", clock);
        status.Say("10 of 40 events", 0.25);
        clock.Now += TimeSpan.FromSeconds(20);
        status.Refresh();
        Assert.Equal(["diff 0:20, about 1:00 left: 10 of 40 events"], screen.Rows);
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
