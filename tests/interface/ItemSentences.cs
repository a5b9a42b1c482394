using Verified.Proofs.Events;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>Sections 3 and 11, map items: the mappings that arrive, and their places.</summary>
public sealed class ItemSentences : Scenario
{
    private const uint At = 0x20,
        Other = 0x21,
        FrameOfPage = 4,
        FrameOfSecond = 5;

    [Fact, Sentence("3.24", "3.26", "1.31", "1.20", "1.21", "11.1")]
    public void A_message_with_m_maps_the_page_into_the_window()
    {
        Map(A, Page, B, At);
        Maps(B, At, FrameOfPage, writable: true);
        Maps(A, Page, FrameOfPage, writable: true);
    }

    [Fact, Sentence("3.25")]
    public void The_words_of_an_item_arrive_like_others()
    {
        Map(A, Page, B, At);
        Is(B, edx: At << 12, ebx: Pages(Page), edi: 3, esi: Id(A));
    }

    [Theory, Sentence("3.27", "1.17", "1.18")]
    [InlineData(11u << 2)]
    [InlineData(33u << 2)]
    [InlineData(0x1000u | 13u << 2)]
    public void An_invalid_window_is_none(uint window)
    {
        Wait(B, receive: window | 2 | Open);
        Give(A, B, Pages(Page), At << 12);
        Ends(B, 0);
        Maps(B, At, null);
    }

    [Fact, Sentence("3.28")]
    public void Without_a_window_an_item_maps_nothing()
    {
        Wait(B);
        Give(A, B, Pages(Page), At << 12);
        Ends(B, 0);
        Ends(A, 0);
        Maps(B, At, null);
    }

    [Theory, Sentence("3.29", "1.17", "1.18")]
    [InlineData(0u)]
    [InlineData(Page << 12 | 11u << 2)]
    [InlineData(Second << 12 | 13u << 2)]
    public void An_invalid_send_fpage_maps_nothing_and_m_says_that_there_is_a_window(uint fpage)
    {
        Wait(B, receive: Window | Open);
        Give(A, B, fpage, At << 12);
        Ends(B, 2);
        Maps(B, At, null);
    }

    [Fact, Sentence("3.36")]
    public void The_sender_goes_on_to_its_receive_part_when_the_item_is_mapped()
    {
        // C wakes in the middle, and has the higher priority.
        S.Priority[C] = Usual + 1;
        Wait(C, 0x01000008);
        Tick(17);
        Wait(B, receive: Window | Open);
        Let(A);
        Is(C, ThreadStatus.ReceivingAny);
        Ipc(A, Item, Closed, Id(B), Never, At << 12, Pages(Page), between: new InterruptBetweenSteps(1));
        Runs(C);
        Is(A, ThreadStatus.Giving);
        Help(B);
        Is(A, ThreadStatus.ReceivingFrom);
        Maps(B, At, FrameOfPage);
    }

    [Fact, Sentence("11.2")]
    public void A_grant_moves_the_mapping()
    {
        Map(A, Page, B, At, Fpage.Writable | Fpage.Grant);
        Maps(B, At, FrameOfPage, writable: true);
        Maps(A, Page, null);
    }

    [Fact, Sentence("11.3")]
    public void An_occupied_destination_is_flushed_first()
    {
        Map(A, Page, B, At);
        Map(B, At, C, Other);
        Map(A, Second, B, At);
        Maps(B, At, FrameOfSecond);
        Maps(C, Other, null);
    }

    [Fact, Sentence("11.4")]
    public void If_that_flush_destroys_the_source_the_destination_ends_empty()
    {
        Map(A, Page, B, At);
        Map(B, At, A, Page);
        Maps(A, Page, null);
        Maps(B, At, null);
    }

    [Theory, Sentence("11.6", "11.7", "1.20")]
    [InlineData(Page, 0u, false)]
    [InlineData(Page, Fpage.Writable, true)]
    [InlineData(ReadOnly, Fpage.Writable, false)]
    public void A_mapping_has_the_rights_of_its_source_at_most(uint page, uint rights, bool writable)
    {
        Map(A, page, B, At, rights);
        Map(B, At, C, Other);
        Maps(B, At, S.Mappings.Frame[S.NodeOf(TaskOf(A), page)].Value, writable);
        Maps(C, Other, S.Mappings.Frame[S.NodeOf(TaskOf(A), page)].Value, writable);
    }

    [Fact, Sentence("11.8")]
    public void A_grant_without_w_makes_the_whole_subtree_read_only()
    {
        Map(A, Page, C, Other);
        Map(A, Page, B, At, Fpage.Grant);
        Maps(B, At, FrameOfPage, writable: false);
        Maps(C, Other, FrameOfPage, writable: false);
    }

    [Fact, Sentence("11.9")]
    public void A_message_within_a_task_maps_nothing()
    {
        Wait(A2, receive: Window | Open);
        Give(A, A2, Pages(Page), At << 12);
        Ends(A2, 0);
        Maps(A, At, null);
    }

    [Theory, Sentence("11.27")]
    [InlineData(Fpage.Writable)]
    [InlineData(Fpage.Grant)]
    public void A_thread_with_mcp_0_maps_and_grants_nothing(uint rights)
    {
        S.Mcp[A] = 0;
        Wait(B, receive: Window | Open);
        Give(A, B, Pages(Page, rights: rights), At << 12);
        Ends(A, 0);
        Ends(B, 0);
        Is(B, edx: At << 12, ebx: Pages(Page, rights: rights), edi: 3, esi: Id(A));
        Maps(B, At, null);
        Maps(A, Page, FrameOfPage);
    }

    [Fact, Sentence("11.28")]
    public void A_window_of_a_thread_with_mcp_0_is_none()
    {
        S.Mcp[B] = 0;
        S.Mappings.Chief[TaskOf(B)] = TaskOf(A);
        Wait(B, receive: Window | Open);
        Give(A, B, Pages(Page), At << 12);
        Ends(B, 0);
        Maps(B, At, null);
    }

    [Fact, Sentence("11.28")]
    public void An_item_that_waited_maps_nothing_to_a_thread_with_mcp_0()
    {
        S.Mcp[B] = 0;
        Give(A, B, Pages(Page), At << 12);
        Wait(B, receive: Window | Open);
        Ends(B, 0);
        Ends(A, 0);
        Maps(B, At, null);
    }

    [Theory, Sentence("11.10")]
    [InlineData(0x7000u, 0x43u)]
    [InlineData(0x0FFFu, 0x40u)]
    [InlineData(0xFFFFF000u, 0x43u)]
    public void The_hot_spot_says_where_in_a_larger_window(uint hot, uint page)
    {
        Wait(B, receive: Pages(0x40, 14, 2) | Open);
        Give(A, B, Pages(Page), hot);
        Maps(B, page, FrameOfPage);
    }

    [Theory, Sentence("11.11")]
    [InlineData(0x0000u, FrameOfPage)]
    [InlineData(0x1000u, FrameOfSecond)]
    [InlineData(0xFFFFF000u, FrameOfSecond)]
    public void The_hot_spot_says_where_in_a_larger_source(uint hot, uint frame)
    {
        Wait(B, receive: Pages(0x40, 12, 2) | Open);
        Give(A, B, Pages(Page, 13), hot);
        Maps(B, 0x40, frame);
        Maps(B, 0x41, null);
    }

    [Fact, Sentence("11.12")]
    public void A_page_that_the_sender_does_not_have_leaves_the_destination()
    {
        Map(A, Page, B, At);
        Map(A, 0x30, B, At);
        Maps(B, At, FrameOfPage);
    }

    [Fact, Sentence("1.19", "1.15")]
    public void Bits_11_to_8_of_an_fpage_are_ignored()
    {
        Map(A, Page, B, At);
        Wait(C, receive: Window | Open);
        Give(A, C, Pages(Page) | 0xF00, At << 12);
        Maps(C, At, FrameOfPage);
    }

    [Fact, Sentence("1.14")]
    public void An_fpage_has_2_to_the_s_bytes()
    {
        Wait(B, receive: Window | Open);
        Give(A, B, Pages(Page, 13), At << 12);
        Maps(B, At, FrameOfPage);
        Maps(B, At + 1, FrameOfSecond);
        Maps(B, At + 2, null);
    }
}
