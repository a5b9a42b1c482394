using Verified.Proofs.Events;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>Section 11: exhausted resources, pages that σ0 keeps, operations in progress, and ports.</summary>
public sealed class MappingSentences : Scenario
{
    private const uint At = 0x20,
        FrameOfPage = 4,
        FrameOfSecond = 5;

    [Fact, Sentence("11.13", "11.14", "1.35")]
    public void If_map_nodes_run_out_both_get_the_code_and_what_was_mapped_stays()
    {
        S.Mappings.Next[S.Mappings.FreeNode] = 0;
        Wait(B, receive: Window | Open);
        Give(A, B, Pages(Page, 13), At << 12);
        Ends(A, 0x70);
        Ends(B, 0x62);
        Maps(B, At, FrameOfPage);
        Maps(B, At + 1, null);
    }

    [Fact, Sentence("11.13")]
    public void If_page_tables_run_out_both_get_the_code()
    {
        S.Mappings.FreeTable = 0;
        Wait(B, receive: Window | Open);
        Give(A, B, Pages(Page), At << 12);
        Ends(A, 0x70);
        Ends(B, 0x62);
    }

    [Fact, Sentence("11.16")]
    public void Sigma0_grants_nothing_away_and_keeps_its_pages()
    {
        Map(Sigma0, 7, B, At, Fpage.Writable | Fpage.Grant);
        Maps(B, At, 7, writable: true);
        Enter(Sigma0, Entry.FpageUnmap, eax: Pages(7), ecx: Fpage.Own | Fpage.Unmap);
        Maps(B, At, null);
        Maps(Sigma0, 7, 7, writable: true);
    }

    [Fact, Sentence("11.17")]
    public void An_item_to_sigma0_maps_nothing()
    {
        Wait(Sigma0, receive: Window | Open);
        Give(A, Sigma0, Pages(Page), At << 12);
        Ends(Sigma0, 0);
        Is(Sigma0, ebx: Pages(Page));
        Maps(Sigma0, At, null);
    }

    [Fact, Sentence("11.18")]
    public void Frame_0_belongs_to_nobody()
    {
        Maps(Sigma0, 0, null);
        Map(Sigma0, 0, B, At);
        Maps(B, At, null);
    }

    [Fact, Sentence("11.19")]
    public void A_mapping_that_is_derived_through_255_others_is_the_last()
    {
        // The page of σ0, then of A, and then of B and C in turn, made by the kernel's own steps.
        var (source, at) = (TaskOf(A), Page);
        for (var depth = 2u; depth <= 255; depth++)
        {
            var target = depth % 2 == 0 ? TaskOf(B) : TaskOf(C);
            Boot.Run(S, Operations.Map, Fpage.Writable, source, at, target, 0x100 + depth, 1);
            (source, at) = (target, 0x100 + depth);
        }

        (S.Mappings.Item, S.Mappings.Source, S.Mappings.SourcePage, S.Mappings.Target, S.Mappings.TargetPage) = (
            0,
            0,
            0,
            0,
            0
        );
        Wait(B, receive: Window | Open);
        Give(C, B, Pages(at), At << 12);
        Ends(C, 0x70);
        Ends(B, 0x62);
        Maps(B, At, null);
        Maps(C, at, FrameOfPage, writable: true);
    }

    [Fact, Sentence("11.20", "11.21")]
    public void An_operation_under_way_is_finished_before_another_begins()
    {
        S.Priority[C] = Usual + 1;
        Wait(C, 0x01000008);
        Tick(17);
        Wait(B, receive: Window | Open);
        Give(A, B, Pages(Page, 13), At << 12, between: new InterruptBetweenSteps(2));
        Runs(C);
        Is(B, ThreadStatus.Mapping);
        Enter(C, Entry.FpageUnmap, eax: 0, ecx: 0);
        Runs(C);
        Is(B, ThreadStatus.Ready, 2);
        Maps(B, At, FrameOfPage);
        Maps(B, At + 1, FrameOfSecond);
    }

    [Fact, Sentence("11.22", "11.23", "1.22")]
    public void Ports_are_mapped_to_the_same_ports_whatever_the_hot_spot()
    {
        Wait(B, receive: Window | Open);
        Give(A, B, Ports(Port), 0x12345000);
        Maps(B, PageOfPort(Port), Limits.Shipping.Paging.Frames + Port / 16);
        Enter(A, Entry.FpageUnmap, eax: Ports(Port), ecx: Fpage.Unmap);
        Maps(B, PageOfPort(Port), null);
    }

    [Theory, Sentence("11.24")]
    [InlineData(Fpage.PortsTag << 24 | Port << 8 | 4u << 2, true)]
    [InlineData(Fpage.PortsTag << 24 | 16u << 2, true)]
    [InlineData(Fpage.PortsTag << 24 | (Port + 16) << 8 | 4u << 2, false)]
    [InlineData(0x40000u | 14u << 2, false)]
    public void A_window_takes_the_ports_that_it_contains(uint window, bool takes)
    {
        Wait(B, receive: window | 2 | Open);
        Give(A, B, Ports(Port));
        Ends(B, 2);
        Maps(B, PageOfPort(Port), takes ? Limits.Shipping.Paging.Frames + Port / 16 : null);
    }

    [Fact, Sentence("11.25", "1.16")]
    public void An_item_of_the_whole_space_gives_memory_alone()
    {
        Wait(B, receive: Window | Open);
        Give(A, B, Fpage.Whole | Fpage.Writable);
        Maps(B, Page, FrameOfPage, writable: true);
        Maps(B, ReadOnly, 6, writable: false);
        Maps(B, PageOfPort(Port), null);
    }

    [Fact, Sentence("11.25")]
    public void An_item_of_the_whole_space_gives_no_ports_to_a_window_of_ports()
    {
        Wait(B, receive: Ports(Port, rights: Item) | Open);
        Give(A, B, Fpage.Whole | Fpage.Writable, PageOfPort(Port) << 12);
        Ends(B, 2);
        Maps(B, PageOfPort(Port), null);
    }

    [Fact, Sentence("1.24")]
    public void Of_ports_w_means_nothing()
    {
        Wait(B, receive: Window | Open);
        Give(A, B, Ports(Port, rights: 0));
        Enter(B, Entry.Protection, edx: Port, argument: 0xEE, by: UserInstruction.Of(0xEE));
        Runs(B);
    }
}
