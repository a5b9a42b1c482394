using Verified.Spec;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>Section 10: ticks, waits, priorities, turns and slices.</summary>
public sealed class TimeSentences : Scenario
{
    private const uint Infinite = ScheduleParam.Infinite;

    private void Schedule(uint thread, uint param) =>
        Enter(A, Entry.ThreadSchedule, eax: param, ebx: None, esi: Id(thread));

    private void Switch(uint id) => Enter(A, Entry.ThreadSwitch, esi: id);

    [Fact, Sentence("10.1", "18.6", "18.5")]
    public void A_tick_is_a_millisecond()
    {
        (S.Clock, S.Time) = (0xFFFFFFFF, 0xFFFFFFFF);
        Tick();
        Processor(0, "Clock");
        Processor(999, "Time");
        Processor(1, "TimeHigh");
    }

    [Theory, Sentence("10.2", "1.25", "1.27")]
    [InlineData(0x010100FFu, 2)]
    [InlineData(0xFA0100FFu, 2)]
    [InlineData(0xFA0100FEu, 2)]
    [InlineData(0xFB0100FEu, 3)]
    [InlineData(0x010100F9u, 6)]
    public void A_wait_of_t_microseconds_ends_at_tick_t_divided_by_1000_rounded_up_and_one(uint timeouts, int ticks)
    {
        Wait(A, timeouts);
        Tick(ticks - 1);
        Is(A, ThreadStatus.ReceivingAny);
        Tick();
        Ends(A, 0x20);
    }

    [Theory, Sentence("1.25", "1.26")]
    [InlineData(0xFF000000u, ThreadStatus.ReceivingAny)]
    [InlineData(0x00000001u, ThreadStatus.Ready)]
    [InlineData(0x00FF00FFu, ThreadStatus.Ready)]
    public void An_exponent_of_0_is_infinite_and_a_mantissa_of_0_zero(uint timeouts, uint status)
    {
        Wait(A, timeouts);
        Is(A, status);
    }

    [Fact, Sentence("1.28")]
    public void Page_fault_timeouts_are_ignored()
    {
        Send(A, B, 0x0000FF00);
        Is(A, ThreadStatus.Sending);
        Tick(3);
        Is(A, ThreadStatus.Sending);
    }

    [Fact, Sentence("10.3")]
    public void The_highest_priority_runs_first()
    {
        (S.Priority[B], S.Priority[C]) = (Usual + 1, Usual + 2);
        Runs(C);
        Wait(C);
        Runs(B);
    }

    [Fact, Sentence("10.4")]
    public void Threads_of_one_priority_are_picked_in_turn()
    {
        S.Picked[Usual] = A2;
        foreach (var thread in (uint[])[B, C, Sigma0, A, A2, B])
        {
            Runs(thread);
            Tick(10);
        }
    }

    [Fact, Sentence("10.5", "10.6")]
    public void Each_tick_takes_one_from_the_slice_and_a_used_up_one_is_fresh_again()
    {
        S.Picked[Usual] = A2;
        Runs(B);
        Tick(9);
        Is(1, s => s.Slice, B);
        Runs(B);
        Tick();
        Is(10, s => s.Slice, B);
        Runs(C);
    }

    [Fact, Sentence("10.5", "7.15")]
    public void An_infinite_slice_is_not_used_up()
    {
        (S.Priority[A], S.Slice[A], S.Quantum[A]) = (Usual + 1, Infinite, Infinite);
        Tick(300);
        Runs(A);
        Is(Infinite, s => s.Slice, A);
    }

    [Fact, Sentence("10.7", "10.9", "10.13", "7.14")]
    public void If_only_threads_without_time_are_ready_the_processor_idles()
    {
        foreach (var thread in (uint[])[A2, B, C, Sigma0])
            Wait(thread);
        Schedule(Onlooker, 0x00A00000);
        Schedule(A, 0x00A00000 | Usual);
        Tick();
        Idles();
        Is(A, ThreadStatus.Ready);
    }

    [Fact, Sentence("10.10")]
    public void Donated_ticks_are_a_slice_with_which_a_thread_competes_until_they_are_used_up()
    {
        (S.Quantum[A], S.Slice[A], S.Quantum[B], S.Slice[B], S.Priority[A]) = (3, 3, 0, 0, Usual + 1);
        foreach (var thread in (uint[])[A2, C, Sigma0])
            (S.Status[thread], S.Ebp[thread]) = (ThreadStatus.ReceivingAny, Open);
        Switch(Id(B));
        Runs(B);
        Is(3, s => s.Slice, B);
        Tick();
        Runs(A);
        Wait(A);
        Runs(B);
        Tick(2);
        Runs(Onlooker);
        Is(0, s => s.Slice, B);
    }

    [Fact, Sentence("10.11", "10.12")]
    public void A_call_gives_the_processor_to_a_thread_without_time_until_the_next_tick()
    {
        (S.Quantum[B], S.Slice[B], S.Status[B], S.Ebp[B]) = (0, 0, ThreadStatus.ReceivingAny, Open);
        Call(A, B);
        Runs(B);
        Got(B, A);
        Tick();
        Assert.NotEqual(B, S.Current.Value);
    }

    [Fact, Sentence("10.14")]
    public void A_wakeup_makes_a_thread_without_time_ready_and_gives_it_none()
    {
        (S.Quantum[B], S.Slice[B], S.Priority[B]) = (0, 0, Usual + 1);
        (S.Status[B], S.Ebp[B], S.Timed[B], S.Deadline[B]) = (ThreadStatus.ReceivingAny, Open, 1, 2);
        Tick(2);
        Ends(B, 0x20);
        Is(0, s => s.Slice, B);
        Assert.NotEqual(B, S.Current.Value);
    }
}
