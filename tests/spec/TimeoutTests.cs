using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Spec;

public class TimeoutTests
{
    [Fact]
    public void Every_mantissa_and_exponent_decodes_and_encodes()
    {
        for (var exponent = 0u; exponent < 16; exponent++)
        for (var mantissa = 0u; mantissa < 256; mantissa++)
        {
            var time = Timeouts.Decode(mantissa, exponent);
            Assert.Equal(exponent == 0 ? null : mantissa * (ulong)Math.Pow(4, 15 - exponent), time);
            var (m, e) = Timeouts.Encode(time);
            Assert.Equal(time, Timeouts.Decode(m, e));
            Assert.True(exponent == 0 || e >= exponent);

            Concrete word = Timeouts.Word((mantissa, exponent), (mantissa ^ 0xFF, exponent));
            Assert.Equal(time == 0, Timeouts.SendIsZero(word).Known);
            Assert.Equal(Timeouts.Decode(mantissa ^ 0xFF, exponent) == 0, Timeouts.ReceiveIsZero(word).Known);
        }
    }

    [Fact]
    public void An_encoded_time_is_never_shorter()
    {
        for (var time = 1UL; time < 255UL << 28; time += time / 3 + 1)
        {
            var (mantissa, exponent) = Timeouts.Encode(time);
            var encoded = Timeouts.Decode(mantissa, exponent)!.Value;
            Assert.True(encoded >= time && encoded - time < time / 32 + 1);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Timeouts.Encode((255UL << 28) + 1));
    }
}
