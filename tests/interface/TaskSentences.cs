using Verified.Proofs.Events;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>Section 9, task_new. A's task is the chief of B's, and B's is the chief of C's.</summary>
public sealed class TaskSentences : Scenario
{
    private const uint At = 0x20,
        Other = 0x21,
        NewB = 0x05060002;

    public TaskSentences() => (S.Mappings.Chief[TaskOf(B)], S.Mappings.Chief[TaskOf(C)]) = (TaskOf(A), TaskOf(B));

    private void TaskNew(uint task, uint pager, uint mcp = 255, InterruptBetweenSteps? between = null) =>
        Enter(
            A,
            Entry.TaskNew,
            eax: mcp,
            ecx: 0x9000,
            edx: Code + 0x200,
            ebx: pager,
            esi: task << 16 | 0x3C0003FF,
            between: between
        );

    [Fact, Sentence("9.1", "9.4", "9.5", "9.6", "9.8", "9.11", "9.20", "1.12", "13.1", "15.4")]
    public void An_active_task_begins_with_lthread_0()
    {
        TaskNew(TaskOf(B), Id(C));
        Is(A, ThreadStatus.Ready, esi: NewB);
        Is(B, ThreadStatus.Ready, 0, 0, 0, 0, 0, 0, 0, 0x9000, Code + 0x200, 0x202);
        Is(NewB, s => s.Id, B);
        Is(0x04070001, s => s.Pager, B);
        Is(Usual, s => s.Priority, B);
        Is(10, s => s.Quantum, B);
        Is(ThreadId.Nil, s => s.Preempter, B);
        Is(TaskOf(A), s => s.Mappings.Chief, TaskOf(B));
    }

    [Theory, Sentence("9.2", "1.5")]
    [InlineData(7u)]
    [InlineData(2u)]
    [InlineData(0u)]
    [InlineData(255u)]
    public void Another_chiefs_task_returns_nil_and_nothing_else_changes(uint task)
    {
        TaskNew(task, 1);
        Is(A, esi: ThreadId.Nil, eax: 255, ebx: 1);
        Is(C, ThreadStatus.Ready);
        Is(Sigma0, ThreadStatus.Ready);
    }

    [Fact, Sentence("9.3", "9.13", "11.5")]
    public void Threads_space_and_all_tasks_below_go()
    {
        Map(A, Page, B, At);
        Map(B, At, A2, Other);
        TaskNew(TaskOf(B), Id(A));
        Maps(B, At, null);
        Maps(A, Other, null);
        Maps(A, Page, 4, writable: true);
        Is(C, ThreadStatus.Inactive);
        Is(TaskOf(A), s => s.Mappings.Chief, TaskOf(C));
    }

    [Theory, Sentence("9.7")]
    [InlineData(5u, 5u)]
    [InlineData(200u, 50u)]
    [InlineData(None, 50u)]
    public void The_mcp_is_the_smaller_of_the_callers_and_eax(uint given, uint mcp)
    {
        S.Mcp[A] = 50;
        TaskNew(TaskOf(B), Id(A), given);
        Is(mcp, s => s.Mcp, B);
    }

    [Fact, Sentence("9.9", "9.12", "9.11")]
    public void An_inactive_task_is_given_to_the_task_of_a_thread()
    {
        S.Mappings.Version[TaskOf(B)] = 1;
        TaskNew(TaskOf(B), ThreadId.Nil, Id(Sigma0));
        Is(B, ThreadStatus.Inactive);
        Is(TaskOf(Sigma0), s => s.Mappings.Chief, TaskOf(B));
        Is(A, esi: 0x02060001);
    }

    [Fact, Sentence("9.10")]
    public void An_inactive_task_stays_the_callers_if_eax_names_no_thread()
    {
        TaskNew(TaskOf(B), ThreadId.Nil, 0x04060002);
        Is(TaskOf(A), s => s.Mappings.Chief, TaskOf(B));
        Is(A, esi: 0x05060001);
    }

    [Fact, Sentence("1.12", "9.12")]
    public void The_first_incarnation_has_version_1()
    {
        S.Mappings.Chief[20] = TaskOf(A);
        TaskNew(20, ThreadId.Nil, 0);
        Is(A, esi: 0x05140000);
        TaskNew(20, Id(A));
        Is(A, esi: 0x05140001);
        TaskNew(20, Id(A));
        Is(A, esi: 0x05140002);
    }

    [Fact, Sentence("1.13")]
    public void The_version_after_3FFh_is_1()
    {
        (S.Mappings.Chief[20], S.Mappings.Version[20]) = (TaskOf(A), 0x3FF);
        TaskNew(20, Id(A));
        Is(A, esi: 0x05140001);
    }

    [Fact, Sentence("1.2", "9.3")]
    public void An_id_of_a_deleted_thread_names_no_thread()
    {
        TaskNew(TaskOf(B), Id(A));
        Ipc(A, 0, No, 0x04060001, Zero);
        Ends(A, 0x10);
    }

    [Fact, Sentence("9.14")]
    public void Those_that_wait_for_a_deleted_thread_get_10h()
    {
        Send(A2, B);
        Receive(Sigma0, B);
        TaskNew(TaskOf(B), Id(A));
        Ends(A2, 0x10);
        Ends(Sigma0, 0x10);
    }

    // C has the higher priority, so it deletes B's task before the taker gets to its item.
    private void DeleteBetween(uint giver, uint taker)
    {
        (S.Mappings.Chief[TaskOf(B)], S.Mappings.Chief[TaskOf(C)], S.Priority[C]) = (TaskOf(C), 4, Usual + 1);
        Wait(taker, receive: Window | Open);
        Give(giver, taker, Pages(Page));
        Runs(C);
        Is(giver, ThreadStatus.Giving);
        Enter(C, Entry.TaskNew, eax: 0, ecx: 0x9000, edx: Code, ebx: Id(C), esi: TaskOf(B) << 16);
    }

    [Fact, Sentence("9.15")]
    public void A_thread_that_maps_an_item_of_a_deleted_thread_gets_C2h()
    {
        DeleteBetween(giver: B, taker: A);
        Ends(A, 0xC2);
    }

    [Fact, Sentence("9.16")]
    public void A_thread_whose_item_a_deleted_thread_was_mapping_gets_D0h()
    {
        DeleteBetween(giver: A, taker: B);
        Ends(A, 0xD0);
    }

    [Fact, Sentence("9.19")]
    public void A_thread_of_a_task_that_is_being_deleted_may_run_but_starts_no_thread()
    {
        // B wakes while A deletes B's task. B's call finishes the deletion, and then the thread no longer exists.
        S.Priority[B] = Usual + 1;
        Wait(B, 0x01000008);
        Tick(17);
        Let(A);
        TaskNew(TaskOf(B), Id(A), between: new InterruptBetweenSteps(2));
        Runs(B);
        Step(
            new(
                Entry.LthreadExRegs,
                Registers.Of(S, B) with
                {
                    Eax = 1,
                    Ecx = 0x9000,
                    Edx = Code,
                    Ebx = None,
                    Esi = None,
                }
            )
        );
        Is(B + 1, ThreadStatus.Inactive);
        Is(A, ThreadStatus.Ready, esi: NewB);
    }

    [Fact, Sentence("9.17")]
    public void A_fault_that_a_deleted_pager_had_not_answered_is_raised_again()
    {
        S.Pager[A2] = Id(B);
        Enter(A2, Entry.PageFault, eax: 0x77, argument: 0x5000);
        TaskNew(TaskOf(B), Id(A));
        Is(A2, ThreadStatus.Ready, eax: 0x77);
        Enter(A2, Entry.PageFault, argument: 0x5000);
        Is(A2, ThreadStatus.Stopped);
    }

    [Fact, Sentence("9.18")]
    public void A_new_incarnation_has_a_large_space()
    {
        S.Mappings.Small[TaskOf(B)] = 5;
        TaskNew(TaskOf(B), Id(A));
        Is(0, s => s.Mappings.Small, TaskOf(B));
    }

    [Fact, Sentence("9.21", "16.13")]
    public void The_interrupt_of_a_deleted_thread_is_dissociated()
    {
        const uint keyboard = 2;
        Ipc(B, No, Closed, keyboard, ZeroToReceive);
        Is(B, s => s.Handler, keyboard);
        TaskNew(TaskOf(B), Id(A));
        Is(0, s => s.Handler, keyboard);
    }
}
