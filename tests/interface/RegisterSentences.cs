using Verified.Machine.Processor;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>Sections 12 and 13: small spaces and the processor's registers.</summary>
public sealed class RegisterSentences : Scenario
{
    private const uint Number = 5,
        InFirstPages = Page << 12 | 0x800,
        SmallLimit = 0x3FFFFF,
        CodeLimit = 0xF03FFFFF,
        DataLimit = 0xF17FFFFF;

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
    public void A_task_without_a_page_in_its_first_4_mb_faults_in_its_small_space()
    {
        (S.Priority[B], S.Mappings.Small[TaskOf(B)], S.Eip[B]) = (Usual + 1, Number, InFirstPages);
        S.Pager[B] = Id(C);
        Wait(C);
        Runs(B);
        Assert.True(RunsSmall);
        Enter(B, Entry.PageFault, argument: InFirstPages);
        Is(C, edx: InFirstPages, ebx: InFirstPages, esi: Id(B));
        Is(Number, s => s.Mappings.Small, TaskOf(B));
    }

    [Theory, Sentence("12.7")]
    [InlineData(57u, true)]
    [InlineData(58u, false)]
    [InlineData(63u, false)]
    public void Tasks_from_58_on_run_in_their_large_spaces(uint task, bool isSmall)
    {
        var thread = task * Limits.Shipping.Lthreads;
        (S.Id[thread], S.Status[thread]) = (ThreadId.Make<Concrete>(4, task, 0, 1), ThreadStatus.Ready);
        (S.Priority[thread], S.Quantum[thread], S.Slice[thread]) = (Usual + 1, 10, 10);
        (S.Eip[thread], S.Eflags[thread]) = (InFirstPages, Flags.User);
        (S.Mappings.Version[task], S.Mappings.Small[task]) = (1, Number);
        Tick();
        Runs(thread);
        Assert.Equal(isSmall, RunsSmall);
        Is(Number, s => s.Mappings.Small, task);
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
    public void In_a_large_space_the_segments_start_at_0_and_end_before_the_small_spaces()
    {
        Enter(A, Entry.IdNearest, esi: 0);
        foreach (var number in (int[])[SegmentRegister.Cs, SegmentRegister.Ss])
            Assert.Equal((0u, CodeLimit), (Segment(number).Base, Segment(number).Limit));
        foreach (var number in (int[])[SegmentRegister.Ds, SegmentRegister.Es, SegmentRegister.Fs, SegmentRegister.Gs])
            Assert.Equal((0u, DataLimit), (Segment(number).Base, Segment(number).Limit));
    }

    [Fact, Sentence("13.14")]
    public void An_access_beyond_the_segments_of_a_large_space_is_reported()
    {
        S.Pager[A] = Id(B);
        Wait(B);
        var load = UserInstruction.Of(0x8A, 0x06);
        Enter(A, Entry.Protection, esi: DataLimit + 1, argument: load.FirstDword, by: load);
        Is(B, ThreadStatus.Ready, edx: 0xD01, esi: Id(A));
    }

    [Fact, Sentence("13.14")]
    public void A_stack_beyond_a_large_space_is_reported()
    {
        S.Pager[A] = Id(B);
        Wait(B);
        S.Esp[A] = DataLimit + 0x1001;
        Enter(A, Entry.Exception, argument: 12, by: UserInstruction.Of(0x50));
        Is(B, ThreadStatus.Ready, edx: 0xC01, esi: Id(A));
    }

    [Theory, Sentence("13.15")]
    [InlineData(CodeLimit - 1, CodeLimit - 1)]
    [InlineData(CodeLimit, CodeLimit)]
    [InlineData(CodeLimit + 1, CodeLimit)]
    [InlineData(0xFFFFFFFE, CodeLimit)]
    public void An_eip_beyond_a_large_space_is_its_last_address(uint given, uint eip)
    {
        Enter(A, Entry.LthreadExRegs, eax: 1, ecx: None, edx: given, ebx: None, esi: None);
        Is(A2, eip: eip);
    }

    [Fact, Sentence("13.15")]
    public void A_trap_address_beyond_a_large_space_is_its_last_address()
    {
        S.TrapAddress[A] = CodeLimit + 1;
        Enter(A, Entry.Trap, by: UserInstructions.Trap);
        Is(A, eip: CodeLimit);
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
