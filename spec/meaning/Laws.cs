using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>
/// The meaning of the words of the interface, for every value that they can have (interface, sections 1, 7 and 14).
/// </summary>
public static class Laws
{
    public static readonly IReadOnlyList<Law> All =
    [
        new(
            "timeouts-last-as-asked",
            "1.25 1.26 1.27 10.2",
            "a finite wait of t microseconds lasts ceil(t / 1000) + 1 ticks",
            Timeout
        ),
        new(
            "fpages-have-their-size",
            "1.14 1.15 1.17 1.18 1.19 1.22 1.23",
            "an fpage has 2^s bytes or ports, and is valid if its size and base are valid",
            OfFpages
        ),
        new(
            "slices-have-their-length",
            "7.12 7.13 7.14 7.15",
            "a slice of m * 4^(15-e) microseconds has the corresponding number of ticks",
            Slices
        ),
        new("the-clock-carries", "18.5 18.6", "the time after FFFFFFFFh microseconds goes on in the high word", Carry),
        new(
            "ports-are-the-smallest-fpage",
            "14.12 14.13",
            "ports are reported with the smallest I/O fpage that contains them all",
            OfPorts
        ),
    ];

    // A tick of a slice counts as 1,024 microseconds. 256 ticks mean an infinite slice.
    private static string? Slices()
    {
        for (var e = 0u; e <= 15; e++)
        for (var m = 0u; m <= 255; m++)
        {
            var ticks = ((ulong)m << (int)(2 * (15 - e))) / 1024;
            var expected =
                e == 0 ? 256
                : m == 0 ? 0
                : Math.Clamp(ticks, 1, 255);
            if (ScheduleParam.Ticks((Concrete)(m << 24 | e << 20)).Value != expected)
                return $"slice m = {m}, e = {e}";
        }

        return null;
    }

    private static string? Carry()
    {
        var s = Boot.Initial(new(2, 1, 2), []);
        (s.Stage, s.Time) = (Stages.Idle, uint.MaxValue);
        new Kernel<Concrete>(s).Step(Entry.Tick);
        return (s.Time.Value, s.TimeHigh.Value) == (999, 1) ? null : $"{s.TimeHigh}:{s.Time}";
    }

    private static string? Timeout()
    {
        for (var e = 1u; e <= 15; e++)
        for (var m = 1u; m <= 255; m++)
        {
            var ticks = (((ulong)m << (int)(2 * (15 - e))) + 999) / 1000 + 1;
            var (send, receive) = ((Concrete)(m << 16 | e << 4), (Concrete)(m << 24 | e));
            if (Timeouts.SendTicks(send).Value != ticks)
                return $"send timeout {send}: {Timeouts.SendTicks(send).Value} ticks";
            if (Timeouts.ReceiveTicks(receive).Value != ticks)
                return $"receive timeout {receive}: {Timeouts.ReceiveTicks(receive).Value} ticks";
        }

        return null;
    }

    private static string? OfFpages()
    {
        foreach (var tag in (uint[])[0, 0xF0000000])
            for (var size = 0u; size < 64; size++)
            for (var bit = 12; bit <= 32; bit++)
            {
                var place = (bit == 32 ? 0 : 1u << bit) & (tag == 0 ? 0xFFFFFFFF : 0x00FFF000);
                if (tag == 0 && place >> 24 == 0xF0)
                    continue;
                var fpage = tag | place | size << 2 | 0xF00;
                var (least, most) = tag == 0 ? (12u, 32u) : (4u, 16u);
                var bytes = 1UL << (int)(size - least);
                var isValid =
                    size >= least && size <= most && ((tag | place) >> 12 & (tag == 0 ? ~0u : 0xFFF)) % bytes == 0;
                if (Fpage.IsValid((Concrete)fpage).Known != isValid)
                    return $"fpage {fpage:X8}h";
                if (isValid && Fpage.Pages((Concrete)fpage).Value != bytes)
                    return $"size of fpage {fpage:X8}h";
            }

        return null;
    }

    private static string? OfPorts()
    {
        for (var first = 0u; first < 0x10000; first += 7)
            foreach (var width in (uint[])[1, 2, 4])
            {
                var last = first + width - 1;
                if (last > 0xFFFF)
                    continue;
                var size = 4u;
                while (first >> (int)size != last >> (int)size)
                    size++;
                var expected = 0xF0000000 | first >> (int)size << (int)size >> 4 << 12 | size << 2;
                if (FaultMessage.OfPorts<Concrete>(first, last).Value != expected)
                    return $"ports {first:X}h to {last:X}h";
            }

        return null;
    }
}
