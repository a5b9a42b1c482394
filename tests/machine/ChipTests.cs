using Verified.Machine.Chips;
using Xunit;

namespace Verified.Tests.Machine;

/// <summary>The chips by their data sheets, register by register.</summary>
public class ChipTests
{
    private static Pic Pic(byte icw4 = 1, bool level = false, int cascade = -1)
    {
        var pic = new Pic(cascade);
        pic.Write(0, (byte)(0x13 | (level ? 8 : 0)));
        pic.Write(1, 0x20);
        pic.Write(1, icw4);
        pic.Write(1, 0);
        return pic;
    }

    private static void Request(Pic pic, params int[] lines)
    {
        foreach (var line in lines)
        {
            pic.SetLine(line, false);
            pic.SetLine(line, true);
        }
    }

    [Fact]
    public void A_lower_request_waits_for_the_end_of_the_higher()
    {
        var pic = Pic();
        Request(pic, 3, 5);
        Assert.Equal((0x23, -1), (pic.Acknowledge(), pic.Pending));
        Request(pic, 1);
        Assert.Equal(0x21, pic.Acknowledge());
        pic.Write(0, 0x20);
        Assert.Equal(-1, pic.Pending);
        pic.Write(0, 0x20);
        Assert.Equal(5, pic.Pending);
    }

    [Fact]
    public void Rotation_makes_the_served_line_the_lowest()
    {
        var pic = Pic();
        Request(pic, 2, 3);
        pic.Acknowledge();
        pic.Write(0, 0xA0);
        Request(pic, 2);
        Assert.Equal(0x23, pic.Acknowledge());
        pic.Write(0, 0x63);
        pic.Write(0, 0xC0 | 4);
        Request(pic, 4, 5);
        Assert.Equal(5, pic.Pending);
    }

    [Fact]
    public void Automatic_end_leaves_nothing_in_service()
    {
        var pic = Pic(icw4: 3);
        Request(pic, 0, 1);
        Assert.Equal((0x20, 0x21), (pic.Acknowledge(), pic.Acknowledge()));
        pic.Write(0, 0x0B);
        Assert.Equal(0, pic.Read(0));
    }

    [Fact]
    public void Special_mask_mode_lets_lower_lines_through_a_masked_one_in_service()
    {
        var pic = Pic();
        Request(pic, 1, 6);
        pic.Acknowledge();
        pic.Write(1, 2);
        Assert.Equal(-1, pic.Pending);
        pic.Write(0, 0x68);
        Assert.Equal(6, pic.Pending);
    }

    [Fact]
    public void A_poll_reads_and_acknowledges_the_request()
    {
        var pic = Pic();
        Request(pic, 4);
        pic.Write(0, 0x0C);
        Assert.Equal((0x84, -1), (pic.Read(0), pic.Pending));
        pic.Write(0, 0x0C);
        Assert.Equal(0, pic.Read(0));
    }

    [Fact]
    public void A_level_counts_as_long_as_it_is_high()
    {
        var pic = Pic(level: true);
        pic.SetLine(3, true);
        pic.Acknowledge();
        pic.Write(0, 0x20);
        Assert.Equal(3, pic.Pending);
        pic.SetLine(3, false);
        Assert.Equal(-1, pic.Pending);
    }

    [Fact]
    public void The_second_controller_interrupts_again_for_each_of_its_requests()
    {
        var pics = new PicPair();
        foreach (
            var (port, value) in new (uint, byte)[]
            {
                (0x20, 0x11),
                (0x21, 0x20),
                (0x21, 4),
                (0x21, 1),
                (0xA0, 0x11),
                (0xA1, 0x28),
                (0xA1, 2),
                (0xA1, 3),
                (0x21, 0),
                (0xA1, 0),
            }
        )
            pics.Write(port, value);
        pics.SetLine(9, true);
        pics.SetLine(12, true);
        Assert.Equal(0x29, pics.Acknowledge());
        pics.Write(0x20, 0x20);
        Assert.Equal(0x2C, pics.Acknowledge());
    }

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

    [Fact]
    public void The_crt_controller_is_at_the_ports_of_colour_or_of_monochrome()
    {
        var display = new Vga();
        int Kept(uint port)
        {
            display.Write(port, 14);
            display.Write(port + 1, 0x55);
            return display.Read(port + 1);
        }
        Assert.Equal((0x55, 0xFF), (Kept(0x3D4), Kept(0x3B4)));
        display.Write(0x3C2, 0x66);
        Assert.Equal((0xFF, 0x55), (Kept(0x3D4), Kept(0x3B4)));
    }

    [Theory]
    // Identification, plain and translated.
    [InlineData(0x04, new[] { 0xF2 }, new[] { 0xFA, 0xAB, 0x83 })]
    [InlineData(0x44, new[] { 0xF2 }, new[] { 0xFA, 0xAB, 0x41 })]
    // Queries the scan code set after reset, after another set is chosen, and after an impossible choice.
    [InlineData(0x04, new[] { 0xF0, 0 }, new[] { 0xFA, 0xFA, 2 })]
    [InlineData(0x44, new[] { 0xF0, 0 }, new[] { 0xFA, 0xFA, 0x41 })]
    [InlineData(0x44, new[] { 0xF0, 1, 0xF0, 0 }, new[] { 0xFA, 0xFA, 0xFA, 0xFA, 0x43 })]
    [InlineData(0x44, new[] { 0xF0, 3, 0xF0, 0 }, new[] { 0xFA, 0xFA, 0xFA, 0xFA, 0x3F })]
    [InlineData(0x04, new[] { 0xF0, 4, 0xF0, 0 }, new[] { 0xFA, 0xFE, 0xFA, 0xFA, 2 })]
    [InlineData(0x04, new[] { 0xF0, 1, 0xFF, 0xF0, 0 }, new[] { 0xFA, 0xFA, 0xFA, 0xAA, 0xFA, 0xFA, 2 })]
    // LEDs; the last byte again, untranslated before it is translated.
    [InlineData(0x44, new[] { 0xED, 7, 0xF2, 0xFE }, new[] { 0xFA, 0xFA, 0xFA, 0xAB, 0x41, 0x41 })]
    [InlineData(0x44, new[] { 0xEE, 0xF7 }, new[] { 0xEE, 0xFE })]
    public void The_keyboard_answers(int mode, int[] commands, int[] answers)
    {
        var keyboard = new KeyboardController(tested: true);
        keyboard.Write(0x64, 0x60);
        keyboard.Write(0x60, (byte)mode);
        foreach (var command in commands)
            keyboard.Write(0x60, (byte)command);
        foreach (var answer in answers)
        {
            Assert.Equal(1, keyboard.Read(0x64) & 1);
            Assert.Equal(answer, keyboard.Read(0x60));
        }

        Assert.Equal(0, keyboard.Read(0x64) & 1);
    }

    [Fact]
    public void The_keyboard_controller_has_a_memory()
    {
        var keyboard = new KeyboardController(tested: true);
        foreach (var cell in (int[])[1, 31])
        {
            keyboard.Write(0x64, (byte)(0x60 + cell));
            keyboard.Write(0x60, (byte)(0xA0 + cell));
        }

        foreach (var cell in (int[])[31, 1])
        {
            keyboard.Write(0x64, (byte)(0x20 + cell));
            Assert.Equal(0xA0 + cell, keyboard.Read(0x60));
        }

        keyboard.Write(0x64, 0x20);
        Assert.Equal(5, keyboard.Read(0x60));
    }

    [Fact]
    public void The_keyboard_controller_tests_itself_gates_address_line_20_and_resets()
    {
        var (gate, resets) = (true, 0);
        var keyboard = new KeyboardController(tested: false)
        {
            AddressGate = open => gate = open,
            Reset = () => resets++,
        };
        Assert.Equal(0, keyboard.Read(0x64) & 4);
        keyboard.Write(0x64, 0xAA);
        // The system flag shows that the test has passed; the data register keeps its value.
        Assert.Equal(
            (5, 0x55, 4, 0x55),
            (keyboard.Read(0x64) & 5, keyboard.Read(0x60), keyboard.Read(0x64) & 5, keyboard.Read(0x60))
        );
        keyboard.Write(0x64, 0xD1);
        keyboard.Write(0x60, 0xDD);
        Assert.False(gate);
        keyboard.Write(0x60, 0xFF);
        Assert.Equal((0xFA, 0xAA), (keyboard.Read(0x60), keyboard.Read(0x60)));
        keyboard.Write(0x64, 0xFE);
        Assert.Equal(1, resets);
    }

    [Fact]
    public void The_serial_port_interrupts_by_fifo_level_and_time_out()
    {
        var uart = new Uart();
        uart.Write(4, 8);
        uart.Write(2, 0x41);
        uart.Write(1, 1);
        uart.Receive("abc"u8);
        Assert.Equal((true, 0xCC), (uart.Interrupts, uart.Read(2)));
        uart.Receive("d"u8);
        Assert.Equal(0xC4, uart.Read(2));
        for (var i = 0; i < 4; i++)
            uart.Read(0);
        Assert.Equal((false, 0xC1), (uart.Interrupts, uart.Read(2)));
    }

    [Fact]
    public void The_serial_port_s_receiver_is_emptied_of_what_has_arrived()
    {
        // At the start a driver has read nothing yet. A later reset loses the 16 bytes of the FIFO.
        var uart = new Uart();
        uart.Receive([.. Enumerable.Range(1, 20).Select(i => (byte)i)]);
        uart.Write(2, 0x07);
        Assert.Equal(1, uart.Read(5) & 1);
        Assert.Equal(1, uart.Read(0));
        uart.Write(2, 0x07);
        Assert.Equal(17, uart.Read(0));

        // In loop-back the port receives its own output, and the line is not connected.
        uart.Write(4, 0x10);
        Assert.Equal([18, 19, 20], [uart.Read(0), uart.Read(0), uart.Read(0)]);
        uart.Receive([21]);
        Assert.Equal(0, uart.Read(5) & 1);
        uart.Write(0, 99);
        Assert.Equal(99, uart.Read(0));
        uart.Write(4, 0);
        Assert.Equal(21, uart.Read(0));
    }

    [Fact]
    public void A_parallel_port_sends_each_byte_once_with_or_without_a_strobe()
    {
        var printed = new List<byte>();
        var port = new ParallelPort { Sent = printed.Add };
        port.Write(0, 65);
        port.Write(2, 0x0D);
        port.Write(2, 0x0C);
        port.Write(0, 66);
        Assert.Equal([65, 66], printed);
        Assert.Equal(66, port.Read(0));
    }
}
