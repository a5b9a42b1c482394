using Verified.Proofs.Events;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>Sections 2, 4 and 8: system calls, id_nearest, and the lthreads of a task.</summary>
public sealed class ThreadSentences : Scenario
{
    private const uint NewThread = A + 2,
        UserFlags = 0x202;

    private void ExRegs(
        uint lthread,
        uint esp = None,
        uint eip = None,
        uint preempter = None,
        uint pager = None,
        InterruptBetweenSteps? between = null
    ) => Enter(A, Entry.LthreadExRegs, eax: lthread, ecx: esp, edx: eip, ebx: preempter, esi: pager, between: between);

    [Fact, Sentence("2.1", "2.2", "2.3")]
    public void A_call_changes_no_register_but_its_results()
    {
        const uint flags = UserFlags | 0x8D5;
        Enter(
            A,
            Entry.IdNearest,
            eax: 1,
            ecx: 2,
            edx: 3,
            ebx: 4,
            ebp: 5,
            esi: 6,
            edi: 7,
            eip: Code + 0x800,
            eflags: flags
        );
        Is(
            A,
            ThreadStatus.Ready,
            eax: 0,
            ecx: 2,
            edx: 3,
            ebx: 4,
            ebp: 5,
            esi: 6,
            edi: 7,
            esp: 0x8000 + A,
            eip: Code + 0x800,
            eflags: flags
        );
    }

    [Theory, Sentence("2.5", "14.10")]
    [InlineData(0x38u)]
    [InlineData(0x80u)]
    [InlineData(0x20u)]
    public void Another_vector_raises_an_exception(uint vector)
    {
        S.Pager[A] = Id(B);
        Wait(B);
        var code = UserInstruction.Of(0xCD, (byte)vector);
        Enter(A, Entry.Protection, argument: code.FirstDword, code: vector * 8 + 2, by: code);
        Is(B, ThreadStatus.Ready, edx: (vector * 8 + 2) << 16 | 0x0D01);
    }

    [Fact, Sentence("4.1", "4.3")]
    public void Id_nearest_of_nil_is_the_callers_id()
    {
        Enter(A, Entry.IdNearest, eax: 5, esi: 0);
        Is(A, eax: 0, esi: Id(A));
    }

    [Theory, Sentence("4.2", "4.3")]
    [InlineData(0x04060001u)]
    [InlineData(None)]
    [InlineData(7u)]
    public void Id_nearest_of_any_other_id_is_that_id(uint id)
    {
        Enter(A, Entry.IdNearest, eax: 5, esi: id);
        Is(A, eax: 0, esi: id);
    }

    [Fact, Sentence("8.1", "8.2", "8.4", "8.11")]
    public void Ex_regs_returns_the_old_values_and_sets_the_new_ones()
    {
        (S.Pager[A2], S.Preempter[A2]) = (Id(B), Id(C));
        ExRegs(1, 0x9000, Code + 0x200, Id(Sigma0), Id(A));
        Is(A, eax: UserFlags, ecx: 0x8000 + A2, edx: Code + A2, ebx: Id(C), esi: Id(B));
        Is(A2, ThreadStatus.Ready, esp: 0x9000, eip: Code + 0x200);
        Is(Id(Sigma0), s => s.Preempter, A2);
        Is(Id(A), s => s.Pager, A2);
    }

    [Fact, Sentence("8.3", "8.10")]
    public void All_ones_leave_a_value_and_without_an_eip_the_flags()
    {
        (S.Pager[A2], S.Eflags[A2]) = (Id(B), UserFlags | 0x401);
        ExRegs(1);
        Is(A2, esp: 0x8000 + A2, eip: Code + A2, eflags: UserFlags | 0x401);
        Is(Id(B), s => s.Pager, A2);
    }

    [Fact, Sentence("8.5", "8.7", "8.8", "13.1", "15.4", "1.11")]
    public void An_lthread_starts_when_eip_and_esp_are_given()
    {
        S.Mcp[A] = 7;
        ExRegs(2, 0x9000, Code + 0x200);
        Is(NewThread, ThreadStatus.Ready, 0, 0, 0, 0, 0, 0, 0, 0x9000, Code + 0x200, UserFlags);
        Is(0x04050801, s => s.Id, NewThread);
        Is(Usual, s => s.Priority, NewThread);
        Is(7, s => s.Mcp, NewThread);
        Is(10, s => s.Quantum, NewThread);
        Is(ThreadId.Nil, s => s.Preempter, NewThread);
    }

    [Theory, Sentence("8.6")]
    [InlineData(2u, None, Code)]
    [InlineData(2u, 0x9000u, None)]
    [InlineData(16u, 0x9000u, Code)]
    [InlineData(None, 0x9000u, Code)]
    public void Without_such_an_lthread_every_result_is_all_ones(uint lthread, uint esp, uint eip)
    {
        ExRegs(lthread, esp, eip, 1, 2);
        Is(A, eax: None, ecx: None, edx: None, ebx: None, esi: None);
        Is(NewThread, ThreadStatus.Inactive);
    }

    [Fact, Sentence("8.9", "8.11")]
    public void A_given_eip_starts_with_new_flags_and_the_old_ones_are_returned()
    {
        S.Eflags[A2] = UserFlags | 0x401;
        ExRegs(1, eip: Code + 0x200);
        Is(A2, eflags: UserFlags, eip: Code + 0x200);
        Is(A, eax: UserFlags | 0x401);
    }

    [Fact, Sentence("8.12", "8.13")]
    public void A_receive_is_cancelled_with_40h()
    {
        Receive(A2, B);
        ExRegs(1);
        Ends(A2, 0x40);
    }

    [Fact, Sentence("8.12", "8.13")]
    public void A_send_is_cancelled_with_50h()
    {
        Send(A2, B);
        ExRegs(1);
        Ends(A2, 0x50);
    }

    [Fact, Sentence("8.14")]
    public void A_thread_whose_fault_is_being_reported_raises_it_again()
    {
        S.Pager[A2] = Id(B);
        Enter(A2, Entry.PageFault, eax: 0x77, argument: 0x5000);
        Is(A2, ThreadStatus.Sending);
        ExRegs(1);
        Is(A2, ThreadStatus.Ready, eax: 0x77);
        Enter(A2, Entry.PageFault, argument: 0x5000);
        Is(A2, ThreadStatus.Sending);
    }

    [Fact, Sentence("8.15", "14.8", "14.9")]
    public void A_stopped_thread_runs_again_after_ex_regs_only()
    {
        Enter(A2, Entry.PageFault, argument: 0x5000);
        Is(A2, ThreadStatus.Stopped);
        Tick(30);
        Is(A2, ThreadStatus.Stopped);
        ExRegs(1);
        Is(A2, ThreadStatus.Ready);
    }

    [Fact, Sentence("8.16")]
    public void The_call_waits_until_the_threads_item_is_mapped()
    {
        // C wakes while A2's item is mapped to B; A then wants to change A2.
        S.Priority[C] = Usual + 1;
        Wait(C, 0x01000008);
        Tick(17);
        Wait(B, receive: Window | Open);
        Give(A2, B, Pages(Page, 13), 0x20000, between: new InterruptBetweenSteps(2));
        Is(A2, ThreadStatus.Giving);
        Let(A);
        var eip = S.Eip[A].Value;
        ExRegs(1, esp: 0x9000);
        Is(A2, ThreadStatus.Ready, eax: 0, esp: 0x8000 + A2);
        Is(A, eip: eip - 2);
        Maps(B, 0x20, 4);
        Maps(B, 0x21, 5);
    }

    [Fact, Sentence("8.17")]
    public void A_caller_that_sets_its_own_eip_goes_on_there()
    {
        ExRegs(0, eip: Code + 0x300);
        Runs(A);
        Is(A, eip: Code + 0x300);
    }
}
