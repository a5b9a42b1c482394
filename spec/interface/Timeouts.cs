using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// The timeout word of ipc (interface, 1.25 to 1.28): <c>m_rcv[31:24] m_snd[23:16] p_snd[15:12] p_rcv[11:8] e_snd[7:4]
/// e_rcv[3:0]</c>.
/// <list type="bullet">
/// <item>e = 0 is infinite.</item>
/// <item>e &gt; 0 with m = 0 is zero.</item>
/// <item>Any other timeout is m * 4^(15-e) microseconds.</item>
/// </list>
/// </summary>
public static class Timeouts
{
    public const uint Infinite = 0;
    public const uint ZeroReceiveOnly = 0x01;
    public const uint ZeroBoth = 0x11;

    /// <summary>The length of a tick.</summary>
    public const uint TickMicroseconds = 1000;

    /// <summary>A bound above the ticks of the longest finite timeout.</summary>
    public const uint MostTicks = 1u << 29;

    public static Truth SendIsZero<W>(W timeouts)
        where W : struct, IWord<W> => ((timeouts & 0xF0) != 0) & ((timeouts & 0x00FF0000) == 0);

    public static Truth ReceiveIsZero<W>(W timeouts)
        where W : struct, IWord<W> => ((timeouts & 0x0F) != 0) & ((timeouts & 0xFF000000) == 0);

    public static Truth SendIsInfinite<W>(W timeouts)
        where W : struct, IWord<W> => (timeouts & 0xF0) == 0;

    public static Truth ReceiveIsInfinite<W>(W timeouts)
        where W : struct, IWord<W> => (timeouts & 0x0F) == 0;

    /// <summary>Ticks of a finite send timeout.</summary>
    public static W SendTicks<W>(W timeouts)
        where W : struct, IWord<W> => Ticks(timeouts >> 16 & 0xFF, timeouts >> 4 & 0xF);

    /// <summary>Ticks of a finite receive timeout.</summary>
    public static W ReceiveTicks<W>(W timeouts)
        where W : struct, IWord<W> => Ticks(timeouts >> 24, timeouts & 0xF);

    /// <summary>
    /// The ticks of 1 ms that last at least m * 4^(15-e) microseconds, for e &gt; 0. The result is rounded up, plus one
    /// because the present tick has already begun. The addition of 999 does not carry: above 255 * 4^4 the last ten
    /// bits of the low word are 0. The mask changes no quotient; it tells the prover the bound.
    /// </summary>
    private static W Ticks<W>(W m, W e)
        where W : struct, IWord<W>
    {
        var (high, low) = (m >> 2 >> (e + e), m << (30 ^ (e + e)));
        return (W.Divide(high, low + (TickMicroseconds - 1), TickMicroseconds).Quotient & (MostTicks - 1)) + 1;
    }

    /// <summary>The microseconds of a mantissa (0..255) and an exponent (0..15); null for infinite.</summary>
    public static ulong? Decode(uint mantissa, uint exponent)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mantissa, 255u);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(exponent, 15u);
        return exponent == 0 ? null : (ulong)mantissa << (int)(2 * (15 - exponent));
    }

    /// <summary>
    /// The shortest timeout that lasts at least <paramref name="microseconds"/> (null: infinite). Its exponent is the
    /// largest one that can hold it.
    /// </summary>
    public static (uint Mantissa, uint Exponent) Encode(ulong? microseconds)
    {
        if (microseconds is not { } time)
            return (0, 0);
        for (var exponent = 15u; exponent > 0; exponent--)
        {
            var unit = 1UL << (int)(2 * (15 - exponent));
            var mantissa = time / unit + (time % unit == 0 ? 0u : 1u);
            if (mantissa <= 255)
                return ((uint)mantissa, exponent);
        }

        throw new ArgumentOutOfRangeException(
            nameof(microseconds),
            microseconds,
            $"the longest finite timeout is {255UL << 28} microseconds"
        );
    }

    /// <summary>
    /// The timeout word of a send timeout and a receive timeout, each as (mantissa, exponent). Page-fault timeouts are
    /// infinite.
    /// </summary>
    public static uint Word((uint Mantissa, uint Exponent) send, (uint Mantissa, uint Exponent) receive) =>
        receive.Mantissa << 24 | send.Mantissa << 16 | send.Exponent << 4 | receive.Exponent;
}
