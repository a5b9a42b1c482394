using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Spec;

/// <summary>Finite timeouts: a wait ends when its deadline comes, and at no other time.</summary>
public sealed class TimeTests
{
    private const uint A = 1,
        B = 2,
        No = Descriptor.None,
        Closed = 0,
        Open = 1;

    private readonly State<Concrete> s;
    private readonly Kernel<Concrete> kernel;

    public TimeTests()
    {
        s = Boot.Initial(
            new(4, 1, 2),
            [.. new[] { A, B }.Select(task => new BootThread(Id(task), 0, 9, 0x1000, 0x2000))]
        );
        kernel = new(s);
        kernel.Settle(s);
    }

    [Fact]
    public void Ticks_last_at_least_the_timeout_and_less_than_two_more()
    {
        for (var m = 1u; m < 256; m++)
        for (var e = 1u; e < 16; e++)
        {
            Concrete word = Timeouts.Word((m, e), (m, e));
            var microseconds = Timeouts.Decode(m, e)!.Value;
            var ticks = (ulong)Timeouts.ReceiveTicks(word).Value;
            Assert.Equal(ticks, Timeouts.SendTicks(word).Value);

            // The first tick may come at once.
            Assert.InRange((ticks - 1) * 1000, microseconds, microseconds + 999);
            Assert.True(ticks < Timeouts.MostTicks);
        }
    }

    [Theory]
    [InlineData(No, Open, Code.ReceiveTimeout)]
    [InlineData(No, Closed, Code.ReceiveTimeout)]
    [InlineData(0u, No, Code.SendTimeout)]
    public void A_wait_ends_at_its_deadline(uint send, uint receive, uint code)
    {
        var waits = Ipc(send, receive, milliseconds: 5);
        Tick(Left(waits) - 1);
        Assert.NotEqual(ThreadStatus.Ready, s.Status[waits].Value);
        Tick(1);
        Assert.Equal((ThreadStatus.Ready, code, 0u), (s.Status[waits].Value, s.Eax[waits].Value, s.Timed[waits].Value));
    }

    [Fact]
    public void A_deadline_beyond_one_round_of_slots_is_not_due_in_the_first()
    {
        var waits = Ipc(No, Open, milliseconds: 2 * Limits.ClockSlots + 3);
        Assert.InRange(Left(waits), 2 * (int)Limits.ClockSlots, int.MaxValue);
        Tick(Left(waits) - 1);
        Assert.NotEqual(ThreadStatus.Ready, s.Status[waits].Value);
        Tick(1);
        Assert.Equal(ThreadStatus.Ready, s.Status[waits].Value);
    }

    [Fact]
    public void The_clock_may_wrap_while_somebody_waits()
    {
        s.Clock = uint.MaxValue - 1;
        var waits = Ipc(No, Open, milliseconds: 5);
        Tick(Left(waits) - 1);
        Assert.NotEqual(ThreadStatus.Ready, s.Status[waits].Value);
        Tick(1);
        Assert.Equal(ThreadStatus.Ready, s.Status[waits].Value);
    }

    [Fact]
    public void A_deadline_does_not_hit_a_later_wait()
    {
        var receiver = Ipc(No, Open, milliseconds: 5);
        var sender = s.Current.Value;
        Assert.NotEqual(receiver, sender);
        Call(0, No, Timeouts.Infinite, s.Id[receiver].Value);
        Assert.Equal(ThreadStatus.Ready, s.Status[receiver].Value);

        // The same thread waits again, without a deadline.
        while (s.Current.Value != receiver)
            Yield();
        Call(No, Open, Timeouts.Infinite, 0);
        Tick(200);
        Assert.Equal(ThreadStatus.ReceivingAny, s.Status[receiver].Value);
    }

    private int Left(uint thread) => (int)(s.Deadline[thread].Value - s.Clock.Value);

    /// <summary>The current thread waits for the given time. Returns its number.</summary>
    private uint Ipc(uint send, uint receive, uint milliseconds)
    {
        var me = s.Current.Value;
        var timeout = Timeouts.Encode(milliseconds * 1000);
        Call(send, receive, Timeouts.Word(timeout, timeout), Id(3 - me));
        Assert.Equal(1u, s.Timed[me].Value);
        return me;
    }

    private void Call(uint send, uint receive, uint timeouts, uint partner)
    {
        var me = s.Current;
        (s.Eax[me], s.Ebp[me], s.Ecx[me], s.Esi[me]) = (send, receive, timeouts, partner);
        kernel.Step(Entry.Ipc);
        kernel.Settle(s);
    }

    private void Yield()
    {
        s.Esi[s.Current] = ThreadId.Nil;
        kernel.Step(Entry.ThreadSwitch);
        kernel.Settle(s);
    }

    private void Tick(int ticks)
    {
        for (var i = 0; i < ticks; i++)
        {
            kernel.Step(Entry.Tick);
            kernel.Settle(s);
        }
    }

    private static uint Id(uint task) => ThreadId.Make<Concrete>(4, task, 0, 1).Value;
}
