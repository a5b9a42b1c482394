using Verified.Spec;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>Section 16: interrupts as messages.</summary>
public sealed class InterruptSentences : Scenario
{
    private const uint Keyboard = 1,
        KeyboardId = 2,
        Serial = 4,
        SerialId = 5;

    private void Ask(uint thread, uint id, uint timeouts = ZeroToReceive) =>
        Ipc(thread, No, Closed, id, timeouts, 1, 2, 3);

    private bool IsMasked(uint line) => (S.Masked.Value >> (int)line & 1) != 0;

    [Fact, Sentence("16.1", "16.7", "16.9", "1.10")]
    public void An_interrupt_is_a_message_from_its_id_with_three_words_0()
    {
        Ask(A, KeyboardId);
        Ask(A, KeyboardId, Never);
        Is(A, ThreadStatus.Sleeping);
        Line(Keyboard);
        Is(A, ThreadStatus.Ready, 0, edx: 0, ebx: 0, edi: 0, esi: KeyboardId);
        Assert.True(IsMasked(Keyboard));
    }

    [Fact, Sentence("16.7")]
    public void An_open_receive_waits_for_it_too()
    {
        Ask(A, KeyboardId);
        Wait(A);
        Line(Keyboard);
        Is(A, ThreadStatus.Ready, 0, esi: KeyboardId);
    }

    [Fact, Sentence("16.2", "16.3")]
    public void A_receive_with_timeout_zero_associates_and_a_later_one_takes_a_pending_one()
    {
        Ask(A, KeyboardId);
        Ends(A, 0x20);
        Is(A, s => s.Handler, KeyboardId);
        Ask(A, KeyboardId);
        Ends(A, 0x20);
        Line(Keyboard);
        Ask(A, KeyboardId);
        Is(A, ThreadStatus.Ready, 0, edx: 0, esi: KeyboardId);
    }

    [Theory, Sentence("16.4", "16.5")]
    [InlineData(KeyboardId)]
    [InlineData(1u)]
    [InlineData(3u)]
    public void Another_threads_or_the_kernels_returns_10h(uint id)
    {
        Ask(B, KeyboardId);
        Ask(A, id);
        Ends(A, 0x10);
    }

    [Theory, Sentence("16.4", "1.10")]
    [InlineData(17u)]
    [InlineData(18u)]
    public void An_interrupt_that_does_not_exist_returns_10h(uint id)
    {
        Ask(A, id);
        Ends(A, 0x10);
    }

    [Fact, Sentence("16.6")]
    public void A_second_one_returns_10h()
    {
        Ask(A, KeyboardId);
        Ask(A, SerialId);
        Ends(A, 0x10);
        Is(0, s => s.Handler, SerialId);
    }

    [Fact, Sentence("16.8")]
    public void An_open_receive_takes_a_pending_interrupt_before_waiting_senders()
    {
        Ask(A, KeyboardId);
        Ask(A, KeyboardId);
        Line(Keyboard);
        Send(B, A);
        Wait(A);
        Is(A, ThreadStatus.Ready, esi: KeyboardId);
        Is(B, ThreadStatus.Sending);
    }

    [Fact, Sentence("16.10", "16.11", "16.9")]
    public void A_receive_that_finds_none_pending_unmasks_the_line()
    {
        Ask(A, KeyboardId);
        Assert.False(IsMasked(Keyboard));
        Line(Keyboard);
        Assert.True(IsMasked(Keyboard));
        Is(1, s => s.Pending, KeyboardId);
        Ask(A, KeyboardId);
        Assert.True(IsMasked(Keyboard));
        Ask(A, KeyboardId);
        Ends(A, 0x20);
        Assert.False(IsMasked(Keyboard));
    }

    [Fact, Sentence("16.12", "16.13")]
    public void A_closed_receive_from_nil_with_timeout_zero_gives_it_up()
    {
        Ask(A, KeyboardId);
        Line(Keyboard);
        Ask(A, ThreadId.Nil);
        Ends(A, 0x20);
        Is(0, s => s.Handler, KeyboardId);
        Is(0, s => s.Pending, KeyboardId);
        Assert.True(IsMasked(Keyboard));
    }

    [Fact, Sentence("16.14")]
    public void A_spurious_interrupt_counts_as_line_7()
    {
        // The line is masked, but the controller reports the interrupt.
        Ask(A, 8);
        Line(7);
        Ask(A, 8);
        Is(A, ThreadStatus.Ready, 0, esi: 8);
        Assert.True(IsMasked(7));
        Line(7);
        Is(1, s => s.Pending, 8);
    }

    [Fact, Sentence("16.15")]
    public void A_receive_without_timeout_zero_from_one_that_the_caller_has_not_returns_10h()
    {
        Ask(A, KeyboardId, Never);
        Ends(A, 0x10);
    }

    [Fact, Sentence("16.16")]
    public void A_send_to_an_interrupts_id_returns_10h()
    {
        Ask(A, KeyboardId);
        Ipc(A, 0, No, KeyboardId);
        Ends(A, 0x10);
        Ipc(A, 0, No, SerialId);
        Ends(A, 0x10);
    }
}
