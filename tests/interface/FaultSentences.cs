using Verified.Proofs.Events;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>Sections 14 and 15: faults, exceptions and the end of a slice, as ipc. A's pager is B.</summary>
public sealed class FaultSentences : Scenario
{
    private const uint Absent = 0x00123457,
        Resume = 0x10000,
        At = 0x20;

    public FaultSentences() => S.Pager[A] = Id(B);

    private void Fault(uint address = Absent, uint code = 0) =>
        Enter(A, Entry.PageFault, argument: address, code: code);

    private void Raise(uint vector, params byte[] bytes) =>
        Enter(A, Entry.Exception, eip: Code + 0x801, argument: vector, by: UserInstruction.Of(bytes));

    [Theory, Sentence("14.1", "14.2", "14.3", "14.4", "14.5")]
    [InlineData(0u, 0x00123454u)]
    [InlineData(2u, 0x00123456u)]
    public void A_page_fault_is_a_message_to_the_pager_in_the_threads_name(uint code, uint word)
    {
        Wait(B);
        Let(A);
        Fault(code: code);
        Is(B, ThreadStatus.Ready, 0, edx: word, ebx: Code + A, edi: 0, esi: Id(A));
        Is(A, ThreadStatus.ReceivingFrom);
        Is(B, s => s.Partner, A);
    }

    [Theory, Sentence("11.28", "11.29", "11.27")]
    [InlineData(true, 1u, true)]
    [InlineData(false, 1u, false)]
    [InlineData(true, 0u, false)]
    public void A_thread_with_mcp_0_gets_pages_by_answers_of_its_chief_only(bool isChief, uint mcp, bool isMapped)
    {
        (S.Mcp[A], S.Mcp[B], S.Pager[B]) = (mcp, 0, Id(A));
        if (isChief)
            S.Mappings.Chief[TaskOf(B)] = TaskOf(A);
        Let(B);
        Enter(B, Entry.PageFault, argument: Absent, code: 0);
        Receive(A, B);
        Ipc(A, Item, No, Id(B), Never, 0x123000, Pages(Page));
        Maps(B, 0x123, isMapped ? 4 : null);
        Is(B, ThreadStatus.Ready);
        Ends(A, 0);
    }

    [Fact, Sentence("14.5", "14.16")]
    public void The_thread_waits_closed_with_the_whole_space_as_its_window()
    {
        Map(Sigma0, 7, B, At);
        Let(A);
        Fault();
        Receive(B, A);
        Is(A, ThreadStatus.ReceivingFrom);
        Send(C, A, Zero);
        Ends(C, 0x30);
        Ipc(B, Item, No, Id(A), Never, 0x123000, Pages(At));
        Maps(A, 0x123, 7);
        Is(A, ThreadStatus.Ready);
    }

    [Fact, Sentence("14.6", "14.15")]
    public void The_words_of_the_answer_are_ignored_and_no_register_changes()
    {
        Enter(A, Entry.PageFault, eax: 10, ecx: 11, edx: 12, ebx: 13, ebp: 14, esi: 15, edi: 16, argument: Absent);
        Receive(B, A);
        Send(B, A);
        Is(A, ThreadStatus.Ready, 10, 11, 12, 13, 14, 15, 16, 0x8000 + A, Code + A);
    }

    [Fact, Sentence("14.7", "1.36")]
    public void The_report_and_its_answer_have_no_timeouts()
    {
        Enter(A, Entry.PageFault, ecx: Zero, argument: Absent);
        Tick(5);
        Is(A, ThreadStatus.Sending);
        Receive(B, A);
        Tick(5);
        Is(A, ThreadStatus.ReceivingFrom);
    }

    [Theory, Sentence("14.8")]
    [InlineData(ThreadId.Nil)]
    [InlineData(0x04050001u)]
    [InlineData(0x04060002u)]
    public void A_thread_whose_pager_does_not_exist_or_is_itself_stops(uint pager)
    {
        S.Pager[A] = pager;
        Fault();
        Is(A, ThreadStatus.Stopped);
    }

    [Theory, Sentence("14.10")]
    [InlineData(6u, 0x00000601u, new byte[] { 0x0F, 0x0B })]
    [InlineData(0u, 0x00000001u, new byte[] { 0xD4, 0x00 })]
    public void Another_exception_has_the_word_of_its_vector(uint vector, uint word, byte[] bytes)
    {
        Wait(B);
        Raise(vector, bytes);
        Is(B, ThreadStatus.Ready, edx: word, ebx: Code + 0x801, edi: 0);
    }

    [Fact, Sentence("14.11")]
    public void A_breakpoint_is_reported_behind_its_instruction()
    {
        Wait(B);
        Raise(3, 0xCC);
        Is(B, edx: 0x301, ebx: Code + 0x801);
        Is(A, eip: Code + 0x801);
    }

    [Theory, Sentence("14.12", "14.13", "11.26")]
    [InlineData(new byte[] { 0xEC }, 0x60u, 0xF0006010u)]
    [InlineData(new byte[] { 0xED }, 0x6Eu, 0xF0006014u)]
    [InlineData(new byte[] { 0xEF }, 0x7Eu, 0xF0000020u)]
    [InlineData(new byte[] { 0xE4, 0x60 }, 0u, 0xF0006010u)]
    [InlineData(new byte[] { 0x66, 0xF3, 0x6D }, 0x60u, 0xF0006010u)]
    public void A_use_of_ports_without_the_right_is_reported_with_the_smallest_fpage(
        byte[] bytes,
        uint port,
        uint fpage
    )
    {
        Wait(B);
        Protect(bytes, port);
        Is(B, ThreadStatus.Ready, edx: fpage);
    }

    [Theory, Sentence("14.14")]
    [InlineData(new byte[] { 0x66, 0xF3, 0x2E, 0x6D })]
    [InlineData(new byte[] { 0xF4 })]
    public void Behind_three_prefixes_it_is_exception_13(byte[] bytes)
    {
        Wait(B);
        Protect(bytes, 0x60);
        Is(B, ThreadStatus.Ready, edx: 0xD01);
    }

    private void Protect(byte[] bytes, uint port) =>
        Enter(
            A,
            Entry.Protection,
            edx: port,
            argument: UserInstruction.Of(bytes).FirstDword,
            by: UserInstruction.Of(bytes)
        );

    [Fact, Sentence("14.17")]
    public void If_map_nodes_run_out_for_an_answer_only_the_pager_gets_the_code()
    {
        S.Mappings.Next[S.Mappings.Next[S.Mappings.FreeNode]] = 0;
        Map(Sigma0, 7, B, At);
        Map(Sigma0, 8, B, At + 1);
        Enter(A, Entry.PageFault, eax: 0x77, argument: Absent);
        Receive(B, A);
        Ipc(B, Item, No, Id(A), Never, 0, Pages(At));
        Ends(B, 0x70);
        Is(A, ThreadStatus.Ready, eax: 0x77);
    }

    [Fact, Sentence("13.4")]
    public void A_fault_that_restarts_its_instruction_sets_rf()
    {
        Fault();
        Is(A, eflags: 0x202 | Resume);
    }

    [Fact, Sentence("13.5")]
    public void A_single_step_is_reported_as_exception_1()
    {
        const uint trap = 0x100;
        Wait(B);
        Enter(A, Entry.Exception, eip: Code + 0x801, eflags: 0x202 | trap, argument: 1, by: UserInstruction.Of(0x90));
        Is(B, ThreadStatus.Ready, edx: 0x101, ebx: Code + 0x801);
    }

    [Theory, Sentence("13.10", "13.11", "13.12")]
    [InlineData(new byte[] { 0xDB, 0xE3 })]
    [InlineData(new byte[] { 0x9B })]
    [InlineData(new byte[] { 0xD9, 0xC0 })]
    public void Every_x87_instruction_raises_exception_7_at_the_instruction(byte[] bytes)
    {
        Wait(B);
        Raise(7, bytes);
        Is(B, ThreadStatus.Ready, edx: 0x701, ebx: Code + 0x801);
    }

    [Theory, Sentence("13.3", "13.13")]
    [InlineData(new byte[] { 0xFA })]
    [InlineData(new byte[] { 0xFB })]
    [InlineData(new byte[] { 0x0F, 0x23, 0xF8 })]
    [InlineData(new byte[] { 0x0F, 0x22, 0xC0 })]
    [InlineData(new byte[] { 0x0F, 0x22, 0xD8 })]
    public void An_instruction_that_would_change_system_registers_is_exception_13(byte[] bytes)
    {
        Wait(B);
        Protect(bytes, 0);
        Is(B, ThreadStatus.Ready, edx: 0xD01);
    }

    [Fact, Sentence("15.1", "15.2")]
    public void The_end_of_a_slice_is_reported_and_the_answer_resumes()
    {
        (S.Preempter[A], S.Slice[A], S.Priority[A], S.Status[B], S.Ebp[B]) = (
            Id(B),
            1,
            Usual + 1,
            ThreadStatus.ReceivingAny,
            Open
        );
        Tick();
        Is(B, ThreadStatus.Ready, 0, edx: 0x8000 + A, ebx: Code + A, edi: 0, esi: Id(A));
        Is(A, ThreadStatus.ReceivingFrom);
        Send(B, A);
        Runs(A);
    }

    [Theory, Sentence("15.3")]
    [InlineData(ThreadId.Nil)]
    [InlineData(0x04050001u)]
    [InlineData(0x04060002u)]
    public void Without_a_valid_preempter_the_thread_competes_on(uint preempter)
    {
        (S.Preempter[A], S.Slice[A], S.Priority[A]) = (preempter, 1, Usual + 1);
        Tick();
        Runs(A);
        Is(10, s => s.Slice, A);
    }
}
