using Verified.Spec;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>Section 3, ipc: messages, and how the two parts end. Each test is on the spec and on the image.</summary>
public sealed class IpcSentences : Scenario
{
    private const uint TwoTicks = 0x010100FF,
        Memory = 0x1000;

    [Fact, Sentence("3.1", "3.2", "3.16", "3.18", "1.29", "1.30")]
    public void Three_words_and_the_senders_id_arrive_with_code_0()
    {
        Wait(B);
        Send(A, B);
        Got(B, A);
    }

    [Fact, Sentence("3.3")]
    public void Ecx_and_ebp_of_the_receiver_keep_their_values()
    {
        Wait(B, timeouts: 0xAB000000);
        Send(A, B);
        Is(B, ecx: 0xAB000000, ebp: Open);
    }

    [Fact, Sentence("3.4", "3.17")]
    public void A_closed_receive_takes_a_message_from_its_partner_only()
    {
        Receive(B, C);
        Send(A, B);
        Is(A, ThreadStatus.Sending);
        Is(B, ThreadStatus.ReceivingFrom);
        Send(C, B);
        Got(B, C);
        Is(A, ThreadStatus.Sending);
    }

    [Fact, Sentence("3.5", "3.7")]
    public void A_send_waits_up_to_its_timeout()
    {
        Send(A, B, TwoTicks);
        Is(A, ThreadStatus.Sending);
        Tick();
        Is(A, ThreadStatus.Sending);
        Tick();
        Ends(A, 0x30);
    }

    [Fact, Sentence("3.6", "1.32")]
    public void A_send_with_timeout_zero_to_a_thread_that_does_not_wait_ends_at_once()
    {
        Call(A, B, ZeroToSend);
        Ends(A, 0x30);
    }

    [Fact, Sentence("3.8")]
    public void A_receive_that_nobody_answers_ends_at_its_timeout()
    {
        Wait(A, TwoTicks);
        Tick();
        Is(A, ThreadStatus.ReceivingAny);
        Tick();
        Ends(A, 0x20);
    }

    [Fact, Sentence("3.9", "1.32")]
    public void A_receive_with_timeout_zero_that_finds_no_message_ends_at_once()
    {
        Wait(A, ZeroToReceive);
        Ends(A, 0x20);
    }

    [Fact, Sentence("3.10")]
    public void A_failed_send_skips_the_receive_part()
    {
        Send(C, A);
        Ipc(A, 0, Open, Id(B), ZeroToSend);
        Ends(A, 0x30);
        Is(C, ThreadStatus.Sending);
    }

    [Fact, Sentence("3.11")]
    public void No_time_passes_between_the_parts_of_a_call()
    {
        Wait(B);
        Call(A, B);
        Is(A, ThreadStatus.ReceivingFrom);
        Send(B, A, Zero);
        Ends(B, 0);
        Got(A, B);
    }

    [Fact, Sentence("3.12")]
    public void A_reply_with_timeout_zero_reaches_a_caller()
    {
        Call(A, B);
        Wait(B);
        Send(B, A, Zero);
        Got(A, B);
    }

    [Theory, Sentence("3.13", "1.2", "1.3", "1.4", "1.1")]
    [InlineData(ThreadId.Nil)]
    [InlineData(None)]
    [InlineData(0x04060002u)]
    [InlineData(0x04090001u)]
    [InlineData(0x04050001u)]
    [InlineData(0x05060001u)]
    [InlineData(0x04060401u)]
    [InlineData(0x01060001u)]
    public void A_send_to_what_is_no_other_thread_returns_10h(uint id)
    {
        Ipc(A, 0, No, id);
        Ends(A, 0x10);
    }

    [Theory, Sentence("3.14")]
    [InlineData(None)]
    [InlineData(0x04060002u)]
    [InlineData(0x04090001u)]
    public void A_closed_receive_from_an_id_that_names_no_thread_returns_10h(uint id)
    {
        Ipc(A, No, Closed, id);
        Ends(A, 0x10);
    }

    [Fact, Sentence("3.15")]
    public void A_closed_receive_from_nil_ends_with_its_timeout_only()
    {
        Send(B, A);
        Ipc(A, No, Closed, ThreadId.Nil, TwoTicks);
        Is(A, ThreadStatus.Sleeping);
        Tick(2);
        Ends(A, 0x20);
        Is(B, ThreadStatus.Sending);
    }

    [Fact, Sentence("3.19")]
    public void A_successful_ipc_without_receive_part_returns_0()
    {
        Wait(B);
        Send(A, B);
        Ends(A, 0);
        Ipc(C, No, No, Id(A));
        Ends(C, 0);
    }

    [Theory, Sentence("3.20")]
    [InlineData(4u)]
    [InlineData(Memory)]
    [InlineData(0xFFFFFFFCu)]
    public void A_send_descriptor_with_an_address_returns_F0h(uint send)
    {
        Wait(B);
        Ipc(A, send, No, Id(B));
        Ends(A, 0xF0);
        Is(B, ThreadStatus.ReceivingAny);
    }

    [Theory, Sentence("3.21", "3.22")]
    [InlineData(4u)]
    [InlineData(5u)]
    [InlineData(Memory)]
    public void A_receive_descriptor_with_an_address_returns_E0h_after_the_message_was_sent(uint receive)
    {
        Wait(B);
        Ipc(A, 0, receive, Id(B));
        Ends(A, 0xE0);
        Got(B, A);
    }

    [Fact, Sentence("3.23")]
    public void Propagation_is_ignored()
    {
        Wait(B);
        Ipc(A, 1, No, Id(B));
        Got(B, A);
    }

    [Fact, Sentence("3.30", "3.31")]
    public void An_open_receive_takes_waiting_senders_in_turn()
    {
        foreach (var sender in (uint[])[A, B, C])
            Send(sender, Sigma0);
        foreach (var sender in (uint[])[A, B, C, A, B])
        {
            Wait(Sigma0);
            Got(Sigma0, sender);
            Send(sender, Sigma0);
        }
    }

    [Fact, Sentence("3.32")]
    public void A_call_to_a_waiting_thread_gives_it_the_processor()
    {
        Wait(B);
        Call(A, B);
        Runs(B);
        Ipc(B, 0, Open, Id(A));
        Runs(A);
    }

    [Fact, Sentence("3.32")]
    public void A_thread_of_higher_priority_gets_the_processor_before_the_partner()
    {
        // C, ready, gives the processor away by thread_switch.
        S.Priority[C] = Usual + 1;
        Wait(B);
        Call(A, B);
        Runs(C);
        Got(B, A);
    }

    [Fact, Sentence("3.33")]
    public void A_caller_that_does_not_wait_keeps_the_processor()
    {
        Wait(B);
        Send(A, B);
        Runs(A);
    }

    [Fact, Sentence("3.33")]
    public void A_receiver_of_higher_priority_takes_the_processor_from_a_sender_that_goes_on()
    {
        S.Priority[B] = Usual + 1;
        Wait(B);
        Send(A, B);
        Runs(B);
    }

    [Fact, Sentence("3.34")]
    public void A_closed_receive_takes_the_message_of_a_waiting_sender_at_once()
    {
        Send(A, B);
        Receive(B, A, ZeroToReceive);
        Got(B, A);
        Ends(A, 0);
    }

    [Fact, Sentence("3.35")]
    public void A_closed_receive_from_the_caller_itself_waits_until_its_timeout()
    {
        Receive(A, A, TwoTicks);
        Is(A, ThreadStatus.ReceivingFrom);
        Tick(2);
        Ends(A, 0x20);
    }

    [Fact, Sentence("1.33", "1.34")]
    public void After_a_failed_part_nothing_was_transferred_and_the_other_sees_no_code()
    {
        S.Eax[B] = 0x1234;
        Send(A, B, Zero);
        Ends(A, 0x30);
        Is(B, eax: 0x1234, edx: 0, ebx: 0, edi: 0, esi: 0);
    }
}
