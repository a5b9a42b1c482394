using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Spec;

/// <summary>Interrupts as messages: their handlers, their arrival, and the masking of their lines.</summary>
public sealed class InterruptTests
{
    private const uint Driver = 1,
        Other = 2,
        Serial = 5,
        Spurious = 8;

    private readonly State<Concrete> s;
    private readonly Kernel<Concrete> kernel;

    public InterruptTests()
    {
        s = Boot.Initial(new(4, 1, 2), [new(Id(Driver), 1, 9, 0x1000, 0x2000), new(Id(Other), 0, 9, 0x1000, 0x2000)]);
        kernel = new(s);
        kernel.Settle(s);
        Assert.Equal(Driver, s.Current.Value);
    }

    [Fact]
    public void The_first_to_receive_with_timeout_zero_has_it()
    {
        Assert.Equal(Code.ReceiveTimeout, Receive(Serial, Timeouts.ZeroReceiveOnly));
        Assert.Equal((Driver, Serial), (s.Handler[Serial].Value, s.Handles[Driver].Value));
        foreach (var timeouts in (uint[])[Timeouts.ZeroReceiveOnly, Timeouts.Infinite])
        {
            Switch();
            Assert.Equal(Code.NoPartner, Receive(Serial, timeouts));
        }
    }

    [Theory]
    [InlineData(1u)] // the timer
    [InlineData(3u)] // the second controller
    [InlineData(17u)]
    public void Nobody_has_the_kernels_nor_what_there_is_not(uint id) =>
        Assert.Equal(Code.NoPartner, Receive(id, Timeouts.ZeroReceiveOnly));

    [Fact]
    public void Without_timeout_zero_nothing_is_associated() =>
        Assert.Equal(Code.NoPartner, Receive(Serial, Timeouts.Infinite));

    [Fact]
    public void A_thread_has_one_at_most_until_it_gives_it_up()
    {
        Receive(Serial, Timeouts.ZeroReceiveOnly);
        Assert.Equal(Code.NoPartner, Receive(Spurious, Timeouts.ZeroReceiveOnly));
        Assert.Equal(Code.ReceiveTimeout, Receive(ThreadId.Nil, Timeouts.ZeroReceiveOnly));
        Assert.Equal(
            (0u, 0u, Interrupts.AllMasked),
            (s.Handler[Serial].Value, s.Handles[Driver].Value, s.Masked.Value)
        );
        Assert.Equal(Code.ReceiveTimeout, Receive(Spurious, Timeouts.ZeroReceiveOnly));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    public void Who_waits_gets_it_at_once_and_preempts(uint receive)
    {
        Receive(Serial, Timeouts.ZeroReceiveOnly);
        Ipc(Descriptor.None, receive, Timeouts.Infinite, Serial);
        Assert.Equal(Other, s.Current.Value);
        Assert.False(IsMasked(Serial));
        Interrupt(Serial);
        Assert.Equal((Driver, Code.Done, Serial), (s.Current.Value, s.Eax[Driver].Value, s.Esi[Driver].Value));
        Assert.Equal((0u, 0u, 0u), (s.Edx[Driver].Value, s.Ebx[Driver].Value, s.Edi[Driver].Value));
        Assert.True(IsMasked(Serial));
    }

    [Fact]
    public void Who_does_not_wait_gets_it_later_and_its_line_is_masked_so_long()
    {
        Receive(Serial, Timeouts.ZeroReceiveOnly);
        Assert.False(IsMasked(Serial));
        Interrupt(Serial);
        Assert.Equal((1u, true), (s.Pending[Serial].Value, IsMasked(Serial)));
        Assert.Equal(Code.Done, Receive(Serial, Timeouts.Infinite));
        Assert.Equal((0u, true), (s.Pending[Serial].Value, IsMasked(Serial)));
        Assert.Equal(Code.ReceiveTimeout, Receive(Serial, Timeouts.ZeroReceiveOnly));
        Assert.False(IsMasked(Serial));
    }

    [Fact]
    public void It_comes_before_waiting_senders_and_they_do_not_keep_it_masked()
    {
        Receive(Serial, Timeouts.ZeroReceiveOnly);
        Interrupt(Serial);
        Switch();
        Ipc(0, Descriptor.None, Timeouts.Infinite, Id(Driver));
        Assert.Equal(ThreadStatus.Sending, s.Status[Other].Value);
        Ipc(Descriptor.None, 1, Timeouts.Infinite, 0);
        Assert.Equal((Code.Done, Serial, true), (s.Eax[Driver].Value, s.Esi[Driver].Value, IsMasked(Serial)));
        Ipc(Descriptor.None, 1, Timeouts.Infinite, 0);
        Assert.Equal((Code.Done, Id(Other), false), (s.Eax[Driver].Value, s.Esi[Driver].Value, IsMasked(Serial)));
    }

    [Fact]
    public void A_wait_for_it_may_have_a_deadline()
    {
        Receive(Serial, Timeouts.ZeroReceiveOnly);
        Ipc(Descriptor.None, 0, Timeouts.Word((0, 0), Timeouts.Encode(2000)), Serial);
        for (var i = 0; s.Status[Driver] != ThreadStatus.Ready; i++)
        {
            Assert.True(i < 5);
            kernel.Step(Entry.Tick);
            kernel.Settle(s);
        }

        Assert.Equal(Code.ReceiveTimeout, s.Eax[Driver].Value);
    }

    [Fact]
    public void Nobodys_changes_nothing()
    {
        var (stage, current) = (s.Stage.Value, s.Current.Value);
        Interrupt(Spurious);
        Assert.Equal((stage, current, Interrupts.AllMasked), (s.Stage.Value, s.Current.Value, s.Masked.Value));
    }

    private bool IsMasked(uint id) => (s.Masked.Value & Interrupts.Bit<Concrete>(id).Value) != 0;

    /// <summary>The current thread receives from an id. Returns its code, or its status if it waits.</summary>
    private uint Receive(uint id, uint timeouts)
    {
        var me = s.Current.Value;
        Ipc(Descriptor.None, 0, timeouts, id);
        return s.Eax[me].Value;
    }

    private void Ipc(uint send, uint receive, uint timeouts, uint partner)
    {
        var me = s.Current;
        (s.Eax[me], s.Ebp[me], s.Ecx[me], s.Esi[me]) = (send, receive, timeouts, partner);
        kernel.Step(Entry.Ipc);
        kernel.Settle(s);
    }

    private void Interrupt(uint id)
    {
        kernel.Step(Entry.Interrupt, id);
        kernel.Settle(s);
    }

    // Switches to the other thread, for any priority.
    private void Switch()
    {
        s.Esi[s.Current] = Id(3 - s.Current.Value);
        kernel.Step(Entry.ThreadSwitch);
        kernel.Settle(s);
    }

    private static uint Id(uint task) => ThreadId.Make<Concrete>(4, task, 0, 1).Value;
}
