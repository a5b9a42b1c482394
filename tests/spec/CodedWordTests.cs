using FsCheck;
using FsCheck.Fluent;
using Verified.Spec;
using Verified.Spec.Values;
using Verified.Tests.Interface;
using Xunit;

namespace Verified.Tests.Spec;

/// <summary>
/// Every coded word of the interface, value by value: no rule for ordinary values captures a special one, and a value
/// that was read can be written back. CodedWordRoundTrips makes the kernel do it, on the spec and on the image.
/// </summary>
public sealed class CodedWordTests
{
    private static readonly Arbitrary<uint> Words = Arb.From(
        Gen.Frequency(
            (3, Gen.Choose(int.MinValue, int.MaxValue).Select(word => (uint)word)),
            (
                1,
                Gen.Elements(
                    0u,
                    1u,
                    2u,
                    3u,
                    4u,
                    0x7FFFFFFFu,
                    0x80000000u,
                    0xFFFFFFFCu,
                    0xFFFFFFFDu,
                    0xFFFFFFFEu,
                    0xFFFFFFFFu
                )
            )
        )
    );

    [Fact]
    [Sentence("7.16", "7.19")]
    public void Every_slice_length_that_is_read_can_be_written_back()
    {
        for (var ticks = 0u; ticks <= ScheduleParam.Infinite; ticks++)
        {
            var word = ScheduleParam.Of<Concrete>(7, 5, ticks, ThreadStatus.Sleeping, 0);
            Assert.Equal(
                (ticks, 7u, 5u),
                (ScheduleParam.Ticks(word).Value, ScheduleParam.Priority(word).Value, ScheduleParam.Small(word).Value)
            );
            Assert.NotEqual(ThreadId.Invalid, word.Value);
        }
    }

    [Fact]
    public void Every_mantissa_and_exponent_of_a_slice_is_zero_infinite_or_a_number_of_ticks()
    {
        for (var exponent = 0u; exponent < 16; exponent++)
        for (var mantissa = 0u; mantissa < 256; mantissa++)
        {
            var ticks = ScheduleParam.Ticks<Concrete>(mantissa << 24 | exponent << 20).Value;
            Assert.Equal(
                Timeouts.Decode(mantissa, exponent) switch
                {
                    null => ScheduleParam.Infinite,
                    0 => 0u,
                    { } time => (uint)Math.Clamp(time / 1024, 1, 255),
                },
                ticks
            );
        }
    }

    [Fact]
    [Sentence("7.20")]
    public void Bits_19_to_16_of_a_parameter_mean_nothing() =>
        Check(word =>
            ScheduleParam.Ticks<Concrete>(word) == ScheduleParam.Ticks<Concrete>(word ^ 0xF0000)
            & ScheduleParam.Small<Concrete>(word) == ScheduleParam.Small<Concrete>(word ^ 0xF0000)
            & ScheduleParam.Priority<Concrete>(word) == ScheduleParam.Priority<Concrete>(word ^ 0xF0000)
        );

    [Fact]
    public void A_small_space_has_a_number_from_1_to_127()
    {
        for (var number = 0u; number < 256; number++)
            Assert.Equal(number is >= 1 and <= 127, ScheduleParam.IsSmall<Concrete>(number).Known);
    }

    [Fact]
    [Sentence("1.25", "1.26", "1.27")]
    public void Every_timeout_is_zero_infinite_or_a_number_of_ticks()
    {
        for (var exponent = 0u; exponent < 16; exponent++)
        for (var mantissa = 0u; mantissa < 256; mantissa++)
        {
            var time = Timeouts.Decode(mantissa, exponent);
            Concrete send = Timeouts.Word((mantissa, exponent), (0, 0)),
                receive = Timeouts.Word((0, 0), (mantissa, exponent));
            Assert.Equal(
                (time is null, time == 0),
                (Timeouts.SendIsInfinite(send).Known, Timeouts.SendIsZero(send).Known)
            );
            Assert.Equal(
                (time is null, time == 0),
                (Timeouts.ReceiveIsInfinite(receive).Known, Timeouts.ReceiveIsZero(receive).Known)
            );
            if (time is not > 0)
                continue;
            var ticks = (uint)((time.Value + 999) / 1000 + 1);
            Assert.Equal((ticks, ticks), (Timeouts.SendTicks(send).Value, Timeouts.ReceiveTicks(receive).Value));
        }
    }

    [Fact]
    [Sentence("1.28")]
    public void Page_fault_timeouts_mean_nothing() =>
        Check(word =>
            Timeouts.SendIsZero<Concrete>(word) == Timeouts.SendIsZero<Concrete>(word ^ 0xFF00)
            & Timeouts.SendIsInfinite<Concrete>(word) == Timeouts.SendIsInfinite<Concrete>(word ^ 0xFF00)
            & Timeouts.ReceiveIsZero<Concrete>(word) == Timeouts.ReceiveIsZero<Concrete>(word ^ 0xFF00)
            & Timeouts.ReceiveIsInfinite<Concrete>(word) == Timeouts.ReceiveIsInfinite<Concrete>(word ^ 0xFF00)
        );

    [Fact]
    [Sentence("1.15", "1.17")]
    public void Every_size_of_an_fpage_is_valid_or_not()
    {
        for (var size = 0u; size < 64; size++)
        {
            Assert.Equal(size is >= 12 and <= 32, IsValid(size << 2));
            Assert.Equal(size is >= 4 and <= 16, IsValid(Fpage.PortsTag << 24 | size << 2));

            // The address is not a multiple of a larger size.
            Assert.Equal(size == 12, IsValid(0x00001000 | size << 2));
            Assert.Equal(size is >= 12 and <= 31, IsValid(0x80000000 | size << 2));
            Assert.Equal(size == 4, IsValid(Fpage.PortsTag << 24 | 1 << 12 | size << 2));
            if (size is >= 12 and <= 32)
                Assert.Equal(1u << (int)(size - 12), Fpage.Pages<Concrete>(size << 2).Value);
        }
    }

    [Fact]
    public void Rights_and_bits_11_to_8_do_not_make_an_fpage_invalid() =>
        Check(word =>
            Fpage.IsValid<Concrete>(word) == Fpage.IsValid<Concrete>(word ^ 0xF00)
            & Fpage.IsValid<Concrete>(word) == Fpage.IsValid<Concrete>(word ^ 3)
        );

    [Fact]
    public void A_send_descriptor_is_none_registers_or_memory() =>
        Check(word =>
            Descriptor.SendsMemory<Concrete>(word) == word is >= 4
            & Descriptor.HasItem<Concrete>(word) == ((word & 2) != 0)
        );

    [Fact]
    public void A_receive_descriptor_is_none_registers_memory_or_a_window() =>
        Check(word =>
            Descriptor.ReceivesMemory<Concrete>(word) == (word >= 4 && (word & 2) == 0)
            & Descriptor.IsWindow<Concrete>(word) == ((word & 2) != 0 && IsValid(word))
            & !(Descriptor.ReceivesMemory<Concrete>(word) & Descriptor.IsWindow<Concrete>(word))
            & Descriptor.Open<Concrete>(word) == ((word & 1) != 0)
        );

    [Fact]
    public void None_is_no_window_although_its_bits_say_so() =>
        Assert.False(Descriptor.IsWindow<Concrete>(Descriptor.None).Known);

    [Fact]
    [Sentence("1.10")]
    public void Interrupts_have_the_ids_1_to_16()
    {
        for (var id = 0u; id < 64; id++)
        {
            Assert.Equal(id is >= 1 and <= 16, Interrupts.IsId<Concrete>(id).Known);
            Assert.Equal(id is >= 1 and <= 16 and not (1 or 3), Interrupts.IsUsers<Concrete>(id).Known);
        }

        Check(word => Interrupts.IsId<Concrete>(word) == word is >= 1 and <= 16);
    }

    [Fact]
    public void The_fields_of_an_id_make_it_again() =>
        Check(word =>
            ThreadId.Make<Concrete>(
                word >> 24,
                ThreadId.Task<Concrete>(word),
                ThreadId.Lthread<Concrete>(word),
                ThreadId.Version<Concrete>(word)
            ) == word
        );

    [Fact]
    [Sentence("14.13")]
    public void The_fpage_of_a_fault_is_valid_and_has_the_ports()
    {
        foreach (var width in (uint[])[1, 2, 4])
            for (var first = 0u; first + width <= 0x10000; first++)
            {
                Concrete fpage = Fpage.OfPorts<Concrete>(first, first + width - 1);
                var (page, pages) = (Fpage.Page(fpage).Value & 0xFFF, Fpage.Pages(fpage).Value);
                Assert.True(
                    Fpage.IsValid(fpage).Known
                        && Fpage.IsPorts(fpage).Known
                        && page <= first >> 4
                        && (first + width - 1) >> 4 < page + pages
                );
            }
    }

    private static bool IsValid(uint fpage) => Fpage.IsValid<Concrete>(fpage).Known;

    private static void Check(Func<uint, Truth> holds) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(Words, word => holds(word).Known));
}
