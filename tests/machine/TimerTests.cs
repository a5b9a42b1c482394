using Verified.Machine.Chips;
using Xunit;

namespace Verified.Tests.Machine;

/// <summary>The timer and the clock by their data sheets.</summary>
public class TimerTests
{
    [Theory]
    [InlineData(0, 5, 99, false)]
    [InlineData(0, 5, 100, true)]
    [InlineData(2, 5, 98, true)]
    [InlineData(2, 5, 99, false)]
    [InlineData(3, 5, 49, true)]
    [InlineData(3, 5, 50, false)]
    [InlineData(4, 5, 100, false)]
    [InlineData(4, 5, 101, true)]
    public void A_timer_s_output_follows_its_mode(int mode, int start, int clock, bool output)
    {
        var pit = new Pit();
        pit.SetGate2(true, 0);
        pit.Write(0x43, (byte)(0xB0 | mode << 1), start);
        pit.Write(0x42, 100, start);
        pit.Write(0x42, 0, start);
        Assert.Equal(output, pit.Output2(start + clock));
    }

    [Theory]
    // Mode, clock of the second count, then the clocks at which channel 0 rises: 60 after 100.
    [InlineData(2, 30, new long[] { 100, 160, 220 })]
    [InlineData(2, 130, new long[] { 100, 200, 260 })]
    [InlineData(3, 30, new long[] { 80, 140, 200 })]
    [InlineData(3, 70, new long[] { 100, 160, 220 })]
    public void A_periodic_timer_s_next_count_waits_for_the_end_of_the_present_one(int mode, int second, long[] rises)
    {
        var pit = new Pit();
        pit.Write(0x43, (byte)(0x10 | mode << 1), 0);
        pit.Write(0x40, 100, 0);
        var seen = new List<long>();
        for (var now = 1; now <= rises[^1]; now++)
        {
            var before = pit.Output0(now - 1);
            if (now == second)
                pit.Write(0x40, 60, now);
            if (pit.Advance(now))
                seen.Add(now);
            Assert.Equal(seen.Count > 0 && seen[^1] == now, !before && pit.Output0(now));
        }
        Assert.Equal(rises, seen);
    }

    [Fact]
    public void A_count_that_waits_is_null_and_the_present_one_is_read()
    {
        var pit = new Pit();
        pit.Write(0x43, 0x14, 0);
        pit.Write(0x40, 100, 0);
        pit.Write(0x40, 60, 30);
        pit.Write(0x43, 0xE2, 40);
        Assert.Equal((0xD4, 60), (pit.Read(0x40, 40), pit.Read(0x40, 40)));
        pit.Write(0x43, 0xE2, 101);
        Assert.Equal((0x94, 59), (pit.Read(0x40, 101), pit.Read(0x40, 101)));
    }

    [Fact]
    public void A_timer_s_gate_holds_its_count_and_read_back_latches_status_and_count()
    {
        var pit = new Pit();
        pit.Write(0x43, 0xB0, 0);
        pit.Write(0x42, 0x00, 0);
        pit.Write(0x42, 0x10, 0);
        pit.SetGate2(false, 0x100);
        pit.Write(0x43, 0xC8, 0x200);
        Assert.Equal((0x30, 0x00, 0x0F), (pit.Read(0x42, 0x300), pit.Read(0x42, 0x300), pit.Read(0x42, 0x300)));
        pit.SetGate2(true, 0x400);
        pit.Write(0x43, 0x80, 0x410);
        Assert.Equal((0xF0, 0x0E), (pit.Read(0x42, 0x500), pit.Read(0x42, 0x500)));
    }

    [Fact]
    public void A_timer_counts_in_decimal_where_told()
    {
        var pit = new Pit();
        pit.Write(0x43, 0x35, 0);
        pit.Write(0x40, 0x00, 0);
        pit.Write(0x40, 0x10, 0);
        pit.Write(0x43, 0x00, 1);
        Assert.Equal((0x99, 0x09), (pit.Read(0x40, 1), pit.Read(0x40, 1)));
    }

    [Fact]
    public void The_clock_counts_seconds_and_interrupts_periodically()
    {
        var clock = new Rtc(64 << 20);
        clock.Select(0x0B);
        clock.Write(0x42);
        Assert.Equal(1_000_000_000L / 1024 + 1, clock.NextEvent);
        clock.Advance(clock.NextEvent);
        Assert.True(clock.Interrupts);
        clock.Select(0x0C);
        Assert.Equal(0xC0, clock.Read());
        Assert.False(clock.Interrupts);
        clock.Advance(75_000_000_000);
        clock.Select(0);
        Assert.Equal(0x15, clock.Read());
        clock.Select(2);
        Assert.Equal(1, clock.Read());
    }

    [Fact]
    public void A_new_rate_of_the_clock_does_not_end_a_period_early()
    {
        // 2 Hz, set a little after half a second: the next edge of the divider is at the full second (MC146818A,
        // "periodic interrupt rate").
        var clock = new Rtc(64 << 20);
        clock.Advance(600_000_000);
        byte Flags()
        {
            clock.Select(12);
            return clock.Read();
        }

        Flags();
        clock.Select(10);
        clock.Write(0x2F);
        clock.Advance(999_999_999);
        Assert.Equal(0, Flags());
        clock.Advance(1_000_000_000);
        Assert.Equal(0x40, Flags() & 0x40);
    }

    [Fact]
    public void The_clock_tells_the_size_of_memory()
    {
        var clock = new Rtc(64 << 20);
        byte At(byte cell)
        {
            clock.Select(cell);
            return clock.Read();
        }
        Assert.Equal(
            (640, 63 * 1024, 48 << 4),
            (At(0x15) | At(0x16) << 8, At(0x17) | At(0x18) << 8, At(0x34) | At(0x35) << 8)
        );
    }

    [Theory]
    [InlineData(997_700_000, false)]
    [InlineData(998_000_000, true)]
    [InlineData(999_999_999, true)]
    [InlineData(1_000_000_000, false)]
    public void The_clock_tells_that_an_update_is_in_progress(long now, bool updating)
    {
        var clock = new Rtc(64 << 20);
        clock.Select(10);
        clock.Advance(now);
        Assert.Equal(updating, (clock.Read() & 0x80) != 0);
    }
}
