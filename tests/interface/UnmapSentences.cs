using Verified.Proofs.Events;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>Sections 5 and 11, fpage_unmap: pages that are removed, become read-only, or stay.</summary>
public sealed class UnmapSentences : Scenario
{
    private const uint At = 0x20,
        Other = 0x21,
        Frame = 4;

    // A's page is B's, and B's is C's; all can be written.
    private void MapOn()
    {
        Map(A, Page, B, At);
        Map(B, At, C, Other);
    }

    private void Unmap(uint fpage, uint mask) => Enter(A, Entry.FpageUnmap, eax: fpage, ecx: mask);

    [Fact, Sentence("5.1", "5.4", "11.5")]
    public void Every_mapping_derived_from_the_page_goes_directly_or_not()
    {
        MapOn();
        Unmap(Pages(Page), Fpage.Unmap);
        Maps(B, At, null);
        Maps(C, Other, null);
        Maps(A, Page, Frame, writable: true);
    }

    [Fact, Sentence("5.2", "5.4")]
    public void Without_the_unmap_bit_derived_mappings_become_read_only()
    {
        MapOn();
        Unmap(Pages(Page), 0);
        Maps(B, At, Frame, writable: false);
        Maps(C, Other, Frame, writable: false);
        Maps(A, Page, Frame, writable: true);
    }

    [Fact, Sentence("5.3")]
    public void With_own_the_callers_page_goes_as_well()
    {
        MapOn();
        Unmap(Pages(Page), Fpage.Own | Fpage.Unmap);
        Maps(A, Page, null);
        Maps(C, Other, null);
    }

    [Fact, Sentence("5.3")]
    public void With_own_the_callers_page_becomes_read_only_as_well()
    {
        MapOn();
        Unmap(Pages(Page), Fpage.Own);
        Maps(A, Page, Frame, writable: false);
    }

    [Theory, Sentence("5.5", "1.17", "1.18")]
    [InlineData(0u)]
    [InlineData(Page << 12 | 11u << 2)]
    [InlineData(Page << 12 | 33u << 2)]
    [InlineData(Second << 12 | 13u << 2)]
    public void An_invalid_fpage_changes_nothing(uint fpage)
    {
        MapOn();
        Unmap(fpage, Fpage.Own | Fpage.Unmap);
        Maps(A, Page, Frame, writable: true);
        Maps(A, Second, 5, writable: true);
        Maps(C, Other, Frame, writable: true);
    }

    [Fact, Sentence("5.6", "1.16")]
    public void The_whole_space_is_memory_alone()
    {
        Unmap(Fpage.Whole, Fpage.Own | Fpage.Unmap);
        Maps(A, Page, null);
        Maps(A, ReadOnly, null);
        Maps(A, PageOfPort(Port), Limits.Shipping.Paging.Frames + Port / 16);
    }

    [Fact, Sentence("5.7")]
    public void Other_bits_of_the_mask_are_ignored()
    {
        MapOn();
        Unmap(Pages(Page), 0x7FFFFFFD);
        Maps(A, Page, Frame, writable: true);
        Maps(B, At, Frame, writable: false);
        Unmap(Pages(Page), 0x7FFFFFFF);
        Maps(A, Page, Frame, writable: true);
        Maps(B, At, null);
    }

    [Fact, Sentence("5.8", "11.26", "11.22")]
    public void Ports_can_be_taken_away_but_not_made_read_only()
    {
        S.Pager[A] = Id(B);
        Unmap(Ports(Port), Fpage.Own);
        Use();
        Runs(A);
        Unmap(Ports(Port), Fpage.Own | Fpage.Unmap);
        Use();
        Is(A, ThreadStatus.Sending);
    }

    // OUT DX,AL completes, or the kernel is entered.
    private void Use() => Enter(A, Entry.Protection, edx: Port, argument: 0xEE, by: UserInstruction.Of(0xEE));

    [Fact, Sentence("11.15")]
    public void A_page_that_was_removed_is_gone_from_the_tlb()
    {
        // Before each call the harness uses every page of the caller, so the TLB has them.
        S.Pager[A] = Id(B);
        Unmap(Pages(Page), Fpage.Own | Fpage.Unmap);
        Enter(A, Entry.PageFault, argument: Page << 12);
        Is(A, ThreadStatus.Sending);
    }

    [Fact, Sentence("11.15")]
    public void A_page_that_became_read_only_cannot_be_written_any_more()
    {
        S.Pager[A] = Id(B);
        Unmap(Pages(Page), Fpage.Own);
        Enter(A, Entry.PageFault, argument: Page << 12, code: 2);
        Is(A, ThreadStatus.Sending);
    }
}
