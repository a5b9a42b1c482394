using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Spec;

/// <summary>
/// Slices of length 0, which use only donated time, and infinite slices (interface, 7.14 to 7.19 and 10.5 to 10.14):
/// 1.0 has the processor, 2.0 has the same priority and the special slice, 3.0 waits with the same priority.
/// </summary>
public sealed class TimeSliceTests
{
    private const uint Me = 1,
        Other = 2,
        Third = 3,
        Zero = 0x00A00001,
        InfiniteSlice = 0x00000001;

    private readonly State<Concrete> s;
    private readonly Kernel<Concrete> kernel;

    public TimeSliceTests()
    {
        s = Boot.Initial(new(4, 1, 4), [Thread(Me), Thread(Other), Thread(Third)]);
        s.Status[Third] = ThreadStatus.Sleeping;
        kernel = new(s);
        kernel.Settle(s);
        Assert.Equal(Me, s.Current.Value);
    }

    [Fact]
    public void A_thread_with_slice_length_0_never_competes()
    {
        Schedule(Other, Zero);
        for (var tick = 0; tick < 25; tick++)
        {
            Step(Entry.Tick);
            Assert.Equal(Me, s.Current.Value);
        }

        Assert.Equal((ThreadStatus.Ready, 0u), (s.Status[Other].Value, s.Consumed[Other].Value));
    }

    [Fact]
    public void Slice_length_0_takes_the_rest_of_the_slice_at_once()
    {
        Assert.True(s.Competes(Other).Known);
        Schedule(Other, Zero);
        Assert.Equal((0u, 0u, false), (s.Slice[Other].Value, s.Quantum[Other].Value, s.Competes(Other).Known));
    }

    [Fact]
    public void Slice_length_0_reads_back_as_0()
    {
        Schedule(Other, Zero);
        Assert.Equal(Zero, Schedule(Other, ThreadId.Invalid));
    }

    [Fact]
    public void If_only_threads_without_time_are_ready_the_processor_idles()
    {
        Schedule(Other, Zero);
        Sleep();
        Assert.Equal((Stages.Idle, State<Concrete>.Nobody), (s.Stage.Value, s.Current.Value));
        Step(Entry.Tick);
        Assert.Equal(Stages.Idle, s.Stage.Value);
    }

    [Fact]
    public void Donated_ticks_run_until_they_are_used_up()
    {
        Schedule(Other, Zero);
        Switch(Other);
        Assert.Equal((Other, 10u), (s.Current.Value, s.Slice[Other].Value));
        for (var tick = 0; tick < 9; tick++)
            Step(Entry.Tick);
        Assert.Equal((Other, 1u), (s.Current.Value, s.Slice[Other].Value));
        Step(Entry.Tick);
        Assert.Equal((Me, 0u, 10u), (s.Current.Value, s.Slice[Other].Value, s.Consumed[Other].Value));
    }

    [Fact]
    public void A_thread_with_donated_ticks_left_competes()
    {
        Schedule(Other, Zero);
        (s.Status[Third], s.Priority[Third]) = (ThreadStatus.ReceivingAny, 2);
        Switch(Other);
        Ipc(0, Descriptor.None, Third);
        Assert.Equal((Third, true), (s.Current.Value, s.Competes(Other).Known));
    }

    [Fact]
    public void A_call_gives_the_processor_until_the_next_tick()
    {
        Schedule(Other, Zero);
        s.Status[Other] = ThreadStatus.ReceivingAny;
        Ipc(0, 0, Other);
        Assert.Equal((Other, 0u), (s.Current.Value, s.Slice[Other].Value));
        Step(Entry.Tick);
        Assert.Equal(
            (Stages.Idle, ThreadStatus.Ready, 1u),
            (s.Stage.Value, s.Status[Other].Value, s.Consumed[Other].Value)
        );
    }

    [Fact]
    public void A_reply_in_time_costs_nothing()
    {
        Schedule(Other, Zero);
        s.Status[Other] = ThreadStatus.ReceivingAny;
        Ipc(0, 0, Other);
        Ipc(0, 1, Me);
        Assert.Equal((Me, ThreadStatus.ReceivingAny), (s.Current.Value, s.Status[Other].Value));
    }

    [Fact]
    public void A_send_whose_sender_goes_on_gives_no_time()
    {
        Schedule(Other, Zero);
        s.Status[Other] = ThreadStatus.ReceivingAny;
        Ipc(0, Descriptor.None, Other);
        Assert.Equal(
            (Me, ThreadStatus.Ready, false),
            (s.Current.Value, s.Status[Other].Value, s.Competes(Other).Known)
        );
    }

    [Fact]
    public void A_wakeup_gives_no_time()
    {
        Schedule(Other, Zero);
        (s.Status[Other], s.Timed[Other], s.Deadline[Other]) = (ThreadStatus.Sleeping, 1, s.Clock + 1);
        Step(Entry.Tick);
        Assert.Equal(
            (Me, ThreadStatus.Ready, false),
            (s.Current.Value, s.Status[Other].Value, s.Competes(Other).Known)
        );
    }

    [Fact]
    public void An_interrupt_gives_no_time()
    {
        Schedule(Other, Zero);
        (s.Handler[5], s.Handles[Other], s.Masked, s.Status[Other]) = (
            Other,
            5,
            s.Masked & ~Interrupts.Bit<Concrete>(5),
            ThreadStatus.ReceivingAny
        );
        s.Priority[Other] = 3;
        Step(Entry.Interrupt, 5);
        Assert.Equal((Me, ThreadStatus.Ready), (s.Current.Value, s.Status[Other].Value));
    }

    [Fact]
    public void A_thread_that_gives_up_its_own_slices_runs_until_the_next_tick()
    {
        Schedule(Me, Zero);
        Assert.Equal(Me, s.Current.Value);
        Step(Entry.Tick);
        Assert.Equal(Other, s.Current.Value);
        for (var tick = 0; tick < 25; tick++)
            Step(Entry.Tick);
        Assert.Equal(Other, s.Current.Value);
    }

    [Fact]
    public void A_thread_with_slice_length_0_that_yields_has_no_time()
    {
        Schedule(Other, Zero);
        Switch(Other);
        Switch(ThreadId.Nil);
        Assert.Equal((Me, 0u), (s.Current.Value, s.Slice[Other].Value));
    }

    [Fact]
    public void The_end_of_donated_time_is_reported_to_the_preempter()
    {
        Schedule(Other, Zero);
        s.Preempter[Other] = s.Id[Third];
        Switch(Other);
        for (var tick = 0; tick < 10; tick++)
            Step(Entry.Tick);
        Assert.Equal(
            (ThreadStatus.Sending, 1u, Third),
            (s.Status[Other].Value, s.Faulting[Other].Value, s.Partner[Other].Value)
        );
    }

    [Fact]
    public void A_new_length_gives_a_thread_its_slices_back()
    {
        Schedule(Other, Zero);
        Schedule(Other, 0x05A00001);
        Assert.Equal((5u, 5u, true), (s.Slice[Other].Value, s.Quantum[Other].Value, s.Competes(Other).Known));
    }

    [Fact]
    public void A_new_thread_inherits_slice_length_0()
    {
        var siblings = Boot.Initial(new(4, 2, 4), [Thread(1) with { Quantum = 0 }]);
        var first = siblings.Row(Id(1));
        (siblings.Stage, siblings.Current) = (Stages.User, first);
        (siblings.Eax[first], siblings.Ecx[first], siblings.Edx[first]) = (1, 0x1000, 0x2000);
        new Kernel<Concrete>(siblings).Step(Entry.LthreadExRegs);
        Assert.Equal(
            (ThreadStatus.Ready, 0u, false),
            (siblings.Status[first + 1].Value, siblings.Slice[first + 1].Value, siblings.Competes(first + 1).Known)
        );
    }

    [Fact]
    public void An_infinite_slice_is_never_used_up()
    {
        Schedule(Me, InfiniteSlice);
        for (var tick = 0; tick < 1000; tick++)
            Step(Entry.Tick);
        Assert.Equal((Me, 1000u), (s.Current.Value, s.Consumed[Me].Value));
    }

    [Fact]
    public void An_infinite_slice_reads_back_as_infinite()
    {
        Schedule(Other, 0x77000001);
        Assert.Equal(InfiniteSlice, Schedule(Other, ThreadId.Invalid));
    }

    [Fact]
    public void An_infinite_slice_donates_255_ticks()
    {
        Schedule(Me, InfiniteSlice);
        Switch(Other);
        Assert.Equal((255u, ScheduleParam.Infinite), (s.Slice[Other].Value, s.Slice[Me].Value));
    }

    [Fact]
    public void Ticks_donated_to_an_infinite_slice_leave_it_infinite()
    {
        Schedule(Other, InfiniteSlice);
        Switch(Other);
        Assert.Equal((Other, ScheduleParam.Infinite), (s.Current.Value, s.Slice[Other].Value));
    }

    private static uint Id(uint task) => ThreadId.Make<Concrete>(4, task, 0, 1).Value;

    private static BootThread Thread(uint task) => new(Id(task), 1, 10, 0x1000, 0x2000);

    private uint Schedule(uint thread, uint param)
    {
        var me = s.Current;
        (s.Eax[me], s.Ebx[me], s.Esi[me]) = (param, ThreadId.Invalid, s.Id[thread]);
        Step(Entry.ThreadSchedule);
        return s.Eax[me].Value;
    }

    private void Switch(uint thread)
    {
        s.Esi[s.Current] = thread == ThreadId.Nil ? ThreadId.Nil : s.Id[thread];
        Step(Entry.ThreadSwitch);
    }

    private void Sleep() => Ipc(Descriptor.None, 0, State<Concrete>.Nobody);

    private void Ipc(uint send, uint receive, uint partner)
    {
        var me = s.Current;
        (s.Eax[me], s.Ebp[me], s.Ecx[me], s.Esi[me]) = (send, receive, Timeouts.Infinite, s.Id[partner]);
        Step(Entry.Ipc);
    }

    private void Step(Entry entry, uint argument = 0)
    {
        kernel.Step(entry, argument);
        kernel.Settle(s);
        foreach (var invariant in Invariants<Concrete>.All)
            for (var i = 0u; i < State<Concrete>.Rows(invariant.Over, s.Limits); i++)
            for (var j = 0u; j < (invariant.Pairs ? s.Limits.Threads : 1); j++)
                Assert.True(invariant.Holds(s, i, j).Known, invariant.Name);
    }
}
