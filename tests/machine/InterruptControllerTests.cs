using Verified.Machine.Chips;
using Xunit;

namespace Verified.Tests.Machine;

/// <summary>The interrupt controllers by their data sheet.</summary>
public class InterruptControllerTests
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
}
