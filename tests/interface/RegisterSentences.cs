using Verified.Machine.Processor;
using Verified.Proofs.Events;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>Sections 12 and 13: small spaces and the processor's registers.</summary>
public sealed class RegisterSentences : Scenario
{
    private const uint Number = 5,
        InFirstPages = Page << 12 | 0x800,
        SmallLimit = 0x3FFFFF,
        WholeLimit = 0xFFFFFFFF;

    private static readonly int[] Segments = [SegmentRegister.Ss, SegmentRegister.Ds, SegmentRegister.Es];

    // A has the highest priority, a small-space number, and code in its first pages.
    private void Small()
    {
        (S.Priority[A], S.Eip[A], S.Mappings.Small[TaskOf(A)]) = (Usual + 1, InFirstPages, Number);
        S.Pager[A] = Id(B);
    }

    [Fact, Sentence("12.1")]
    public void Several_tasks_may_have_the_same_small_space()
    {
        foreach (var thread in (uint[])[B, C])
            Enter(A, Entry.ThreadSchedule, eax: 0x0AA00000 | Number << 8 | Usual, ebx: None, esi: Id(thread));
        Is(Number, s => s.Mappings.Small, TaskOf(B));
        Is(Number, s => s.Mappings.Small, TaskOf(C));
    }

    [Fact, Sentence("12.2")]
    public void A_task_in_a_small_space_sees_the_same_pages()
    {
        // Before the call the harness uses every page that the spec says the task has.
        Small();
        Runs(A);
        Assert.True(RunsSmall);
        Enter(A, Entry.IdNearest, esi: 0);
        Is(A, esi: Id(A));
        Assert.True(RunsSmall);
    }

    [Fact, Sentence("12.3", "12.4", "13.4")]
    public void A_use_of_memory_beyond_4_mb_makes_the_space_large_and_is_tried_again()
    {
        Small();
        Enter(A, Entry.Outgrow, esi: 0x500000, argument: FaultMessage.Protection, by: UserInstruction.Of(0x8A, 0x06));
        Is(0, s => s.Mappings.Small, TaskOf(A));
        Is(A, ThreadStatus.Ready, eip: InFirstPages, eflags: 0x10202);
        Runs(A);
        Assert.False(RunsSmall);
    }

    [Fact, Sentence("12.5")]
    public void A_task_without_a_page_in_its_first_4_mb_runs_in_its_large_space()
    {
        (S.Priority[B], S.Mappings.Small[TaskOf(B)], S.Eip[B]) = (Usual + 1, Number, InFirstPages);
        Runs(B);
        Assert.False(RunsSmall);
        Is(Number, s => s.Mappings.Small, TaskOf(B));
    }

    [Fact, Sentence("12.6")]
    public void A_thread_whose_eip_is_beyond_4_mb_runs_in_its_large_space()
    {
        Small();
        S.Eip[A] = Code + A;
        Runs(A);
        Assert.False(RunsSmall);
        Is(Number, s => s.Mappings.Small, TaskOf(A));
    }

    [Fact, Sentence("13.2", "13.3")]
    public void A_thread_keeps_its_flags_over_preemption_and_faults()
    {
        // CF, PF, AF, ZF, SF, DF, OF, NT, AC and ID; IF is 1, and IOPL 0.
        const uint flags = 0x244ED7,
            resume = 0x10000;
        (S.Priority[A], S.Eflags[A], S.Pager[A]) = (Usual + 1, flags, Id(B));
        Tick();
        Is(A, eflags: flags);
        Enter(A, Entry.PageFault, argument: 0x5000);
        Is(A, eflags: flags | resume);
        Receive(B, A);
        Send(B, A);
        Tick();
        Runs(A);
        Is(A, eflags: flags | resume);
    }

    [Fact, Sentence("13.7")]
    public void In_a_large_space_the_segments_are_flat()
    {
        Enter(A, Entry.IdNearest, esi: 0);
        foreach (var number in (int[])[.. Segments, SegmentRegister.Cs, SegmentRegister.Fs, SegmentRegister.Gs])
            Assert.Equal((0u, WholeLimit), (Segment(number).Base, Segment(number).Limit));
    }

    [Fact, Sentence("13.8")]
    public void In_a_small_space_the_segments_have_4_mb_and_two_are_null()
    {
        Small();
        Runs(A);
        foreach (var number in (int[])[.. Segments, SegmentRegister.Cs])
            Assert.Equal(SmallLimit, Segment(number).Limit);
        foreach (var number in (int[])[SegmentRegister.Fs, SegmentRegister.Gs])
            Assert.Equal(0u, Segment(number).Selector);
    }

    [Fact, Sentence("13.6", "13.9")]
    public void A_selector_that_a_thread_has_loaded_is_lost_at_the_next_tick()
    {
        Runs(Current());
        var before = Segment(SegmentRegister.Ds);
        Step(new(Entry.Tick, Loaded: new LoadedSegment(SegmentRegister.Ds, 0)));
        Assert.Equal(before, Segment(SegmentRegister.Ds));
    }

    private uint Current()
    {
        Begin();
        return S.Current.Value;
    }
}
