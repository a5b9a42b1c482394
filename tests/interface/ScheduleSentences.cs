using Verified.Spec;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>Sections 6 and 7: thread_switch and thread_schedule.</summary>
public sealed class ScheduleSentences : Scenario
{
    private const uint Infinite = ScheduleParam.Infinite,
        TenTicks = 0x0AA00000;

    // The threads but A, B and the onlooker wait.
    private void OnlyAAndB()
    {
        foreach (var thread in (uint[])[A2, C, Sigma0])
            Wait(thread);
    }

    private void Schedule(uint thread, uint param, uint preempter = None) =>
        Enter(A, Entry.ThreadSchedule, eax: param, ebx: preempter, esi: Id(thread));

    private void Switch(uint id) => Enter(A, Entry.ThreadSwitch, esi: id);

    [Theory, Sentence("6.1", "6.6", "6.7")]
    [InlineData(ThreadId.Nil)]
    [InlineData(0x04050001u)]
    [InlineData(0x04060002u)]
    [InlineData(None)]
    public void A_switch_to_no_ready_thread_yields_and_the_caller_gets_a_fresh_slice(uint id)
    {
        S.Slice[A] = 3;
        OnlyAAndB();
        Let(A);
        Enter(A, Entry.ThreadSwitch, esi: id);
        Runs(B);
        Is(10, s => s.Slice, A);
    }

    [Fact, Sentence("6.2")]
    public void A_ready_thread_that_is_named_gets_the_processor_whatever_its_priority()
    {
        Switch(Id(Onlooker));
        Runs(Onlooker);
    }

    [Fact, Sentence("6.7")]
    public void A_thread_that_waits_counts_as_nil()
    {
        Wait(B);
        var slice = S.Slice[B].Value;
        Switch(Id(B));
        Is(B, ThreadStatus.ReceivingAny);
        Is(slice, s => s.Slice, B);
    }

    [Theory, Sentence("6.3", "6.4", "6.5", "6.6")]
    [InlineData(7u, 5u, 12u)]
    [InlineData(250u, 5u, 255u)]
    [InlineData(250u, 250u, 255u)]
    [InlineData(Infinite, 5u, 255u)]
    [InlineData(5u, Infinite, Infinite)]
    public void The_rest_of_the_slice_is_added_to_the_others(uint mine, uint its, uint sum)
    {
        // A has the processor from the start, because only A has the priority.
        (S.Priority[A], S.Slice[A], S.Quantum[A], S.Slice[B], S.Quantum[B]) = (Usual + 1, mine, 9, its, its);
        Switch(Id(B));
        Is(sum, s => s.Slice, B);
        Is(9, s => s.Slice, A);
    }

    [Fact, Sentence("6.8")]
    public void A_ready_thread_without_time_is_a_valid_destination()
    {
        (S.Slice[B], S.Quantum[B]) = (0, 0);
        Switch(Id(B));
        Runs(B);
    }

    [Fact, Sentence("7.1", "7.2", "7.3", "7.5", "7.6", "7.16", "7.25", "7.23")]
    public void Schedule_reads_without_change()
    {
        (S.ExternalPreempter[B], S.Mappings.Small[TaskOf(B)]) = (Id(C), 5);
        Receive(B, C);
        Schedule(B, None);
        Is(A, eax: TenTicks | 0xC << 16 | 5 << 8 | Usual, ebx: Id(C), esi: Id(C));
        Is(Id(C), s => s.ExternalPreempter, B);
        Is(Usual, s => s.Priority, B);
        Is(10, s => s.Quantum, B);
    }

    [Fact, Sentence("7.4")]
    public void Schedule_returns_the_microseconds_of_all_ticks()
    {
        S.Consumed[B] = 0x10000000;
        Schedule(B, None);
        Is(A, edx: 0x3E, ecx: 0x80000000);
        var before = S.Consumed[A].Value;
        Tick();
        Is(before + 1, s => s.Consumed, A);
    }

    [Fact, Sentence("7.7")]
    public void Any_other_external_preempter_is_stored()
    {
        Schedule(B, None, 0x12345);
        Is(0x12345, s => s.ExternalPreempter, B);
    }

    [Theory, Sentence("7.8", "7.11")]
    [InlineData(ThreadId.Nil)]
    [InlineData(0x04060002u)]
    [InlineData(None)]
    public void Schedule_fails_if_esi_names_no_thread(uint id)
    {
        Enter(A, Entry.ThreadSchedule, eax: 1, ecx: 2, edx: 3, ebx: 4, esi: id);
        Is(A, ThreadStatus.Ready, eax: None, ecx: 2, edx: 3, ebx: 4, esi: id);
    }

    [Theory, Sentence("7.9", "7.10", "7.11")]
    [InlineData(51u, TenTicks | 1u)]
    [InlineData(51u, None)]
    [InlineData(50u, TenTicks | 51u)]
    public void Schedule_fails_above_the_mcp(uint priority, uint param)
    {
        (S.Mcp[A], S.Priority[B]) = (50, priority);
        Schedule(B, param, 7);
        Is(A, eax: None);
        Is(priority, s => s.Priority, B);
        Is(0, s => s.ExternalPreempter, B);
    }

    [Theory, Sentence("7.12", "7.13", "7.14", "7.15", "7.18", "7.20")]
    [InlineData(0x05A00000u, 5u)]
    [InlineData(0x01F00000u, 1u)]
    [InlineData(0x07B00000u, 1u)]
    [InlineData(0x09B00000u, 2u)]
    [InlineData(0xFF900000u, 255u)]
    [InlineData(0xFF100000u, 255u)]
    [InlineData(0x00A00000u, 0u)]
    [InlineData(0x00000000u, Infinite)]
    [InlineData(0xAB000000u, Infinite)]
    [InlineData(0x05AF0000u, 5u)]
    public void A_new_length_starts_a_fresh_slice(uint param, uint ticks)
    {
        S.Slice[B] = 3;
        Schedule(B, param | Usual);
        Is(ticks, s => s.Quantum, B);
        Is(ticks, s => s.Slice, B);
    }

    [Theory, Sentence("7.16", "7.17", "7.19")]
    [InlineData(10u, TenTicks)]
    [InlineData(255u, 0xFFA00000u)]
    [InlineData(0u, 0x00A00000u)]
    [InlineData(Infinite, 0u)]
    public void A_length_that_was_read_can_be_written_back(uint ticks, uint length)
    {
        (S.Quantum[B], S.Slice[B]) = (ticks, ticks is 10 or 255 ? 3 : ticks);
        var slice = S.Slice[B].Value;
        Schedule(B, None);
        Is(A, eax: length | Usual);
        Schedule(B, S.Eax[A].Value);
        Is(ticks, s => s.Quantum, B);
        Is(slice, s => s.Slice, B);
    }

    [Theory, Sentence("7.21", "7.22")]
    [InlineData(1u, 1u)]
    [InlineData(127u, 127u)]
    [InlineData(0u, 9u)]
    [InlineData(128u, 9u)]
    [InlineData(255u, 9u)]
    public void Numbers_from_1_to_127_are_small_spaces(uint given, uint number)
    {
        S.Mappings.Small[TaskOf(B)] = 9;
        Schedule(B, TenTicks | given << 8 | Usual);
        Is(number, s => s.Mappings.Small, TaskOf(B));
    }

    [Theory, Sentence("7.24", "10.8")]
    [InlineData(Usual + 1, true)]
    [InlineData(Usual, false)]
    public void A_thread_that_is_raised_above_the_caller_runs(uint priority, bool runs)
    {
        S.Priority[B] = 50;
        Schedule(B, TenTicks | priority);
        Runs(runs ? B : A);
    }

    [Fact, Sentence("7.25", "7.3")]
    public void The_old_state_says_what_the_thread_does()
    {
        Send(B, C);
        Schedule(B, None);
        Is(A, eax: TenTicks | 0xD << 16 | Usual, esi: Id(C));
        Schedule(A, None);
        Is(A, eax: TenTicks | Usual, esi: 0);
        Enter(C, Entry.PageFault, argument: 0x5000);
        Schedule(C, None);
        Is(A, eax: TenTicks | 0xF << 16 | Usual);
    }

    [Theory, Sentence("7.25")]
    [InlineData(ThreadStatus.Ready, 0)]
    [InlineData(ThreadStatus.Resuming, 0)]
    [InlineData(ThreadStatus.Mapping, 8)]
    public void The_old_state_of_a_thread_that_can_run_says_whether_it_maps(uint status, uint state)
    {
        S.Status[B] = status;
        Schedule(B, None);
        Is(A, eax: TenTicks | state << 16 | Usual, esi: 0);
    }

    [Fact, Sentence("7.25")]
    public void The_old_state_of_a_thread_whose_fault_is_reported_is_1()
    {
        S.Pager[B] = Id(C);
        Enter(B, Entry.PageFault, argument: 0x5000);
        Schedule(B, None);
        Is(A, eax: TenTicks | 1 << 16 | Usual, esi: Id(C));
    }
}
