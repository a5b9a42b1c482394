using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Spec;

/// <summary>
/// lthread_ex_regs (interface, section 8); 1.0 calls, 1.1 exists, 1.2 was never started, 2.0 is another task's.
/// </summary>
public class ThreadTests
{
    private const uint Me = 4,
        Sibling = 5,
        New = 6,
        Other = 8,
        Leave = ThreadId.Invalid;

    private readonly State<Concrete> s;
    private readonly Kernel<Concrete> kernel;

    public ThreadTests()
    {
        s = Boot.Initial(new(4, 4, 4), [Thread(1, 0, 2), Thread(1, 1, 1), Thread(2, 0, 1)]);
        kernel = new(s);
        kernel.Settle(s);
        Assert.Equal(Me, s.Current.Value);
    }

    [Fact]
    public void It_gives_the_old_values_and_sets_the_new_ones()
    {
        (s.Preempter[Sibling], s.Pager[Sibling]) = (0x11, 0x22);
        ExRegs(1, 0x5000, 0x6000, 0x33, 0x44);
        Assert.Equal((Flags.User, 0x2001u, 0x1001u, 0x11u, 0x22u), Results());
        Assert.Equal((0x5000u, 0x6000u, 0x33u, 0x44u), Values(Sibling));
        Assert.Equal(Me, s.Current.Value);
    }

    [Fact]
    public void Minus_one_leaves_a_value()
    {
        ExRegs(1, Leave, Leave, Leave, Leave);
        Assert.Equal((0x2001u, 0x1001u, 0u, 0u), Values(Sibling));
    }

    [Theory]
    [InlineData(1u, 0x6000u)]
    [InlineData(1u, 0x1001u)]
    [InlineData(0u, 0x6000u)]
    public void A_thread_that_is_given_an_eip_starts_with_the_flags_of_a_new_thread(uint lthread, uint eip)
    {
        s.Eflags[Me + lthread] = Flags.User | Flags.UserBits;
        ExRegs(lthread, Leave, eip, Leave, Leave);
        Assert.Equal(Flags.User | Flags.UserBits, s.Eax[Me].Value);
        Assert.Equal(Flags.User, s.Eflags[Me + lthread].Value);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    public void Without_an_eip_a_thread_keeps_its_flags(uint lthread)
    {
        s.Eflags[Me + lthread] = Flags.User | Flags.UserBits;
        ExRegs(lthread, 0x5000, Leave, 0x33, 0x44);
        Assert.Equal(Flags.User | Flags.UserBits, s.Eflags[Me + lthread].Value);
    }

    [Fact]
    public void A_thread_may_change_itself()
    {
        ExRegs(0, 0x5000, 0x6000, 0x33, 0x44);
        Assert.Equal((Flags.User, 0x2000u, 0x1000u, 0u, 0u), Results());
        Assert.Equal((0x5000u, 0x6000u, 0x33u, 0x44u), Values(Me));
    }

    [Fact]
    public void The_first_eip_and_esp_start_a_thread_like_its_creator()
    {
        ExRegs(2, 0x5000, 0x6000, Leave, 0x44);
        Assert.Equal(
            (s.Id[Me].Value + (2 << 10), ThreadStatus.Ready, Flags.User),
            (s.Id[New].Value, s.Status[New].Value, s.Eflags[New].Value)
        );
        Assert.Equal((2u, 10u, 10u), (s.Priority[New].Value, s.Quantum[New].Value, s.Slice[New].Value));
        Assert.Equal((0x5000u, 0x6000u, 0u, 0x44u), Values(New));
        Assert.True(s.Competes(New).Known);
    }

    [Theory]
    [InlineData(2, Leave, 0x6000u)]
    [InlineData(2, 0x5000u, Leave)]
    [InlineData(4, 0x5000u, 0x6000u)]
    [InlineData(Leave, 0x5000u, 0x6000u)]
    public void Where_there_is_no_thread_every_result_is_minus_one(uint lthread, uint esp, uint eip)
    {
        ExRegs(lthread, esp, eip, 1, 2);
        Assert.Equal((Leave, Leave, Leave, Leave, Leave), Results());
        Assert.Equal((ThreadStatus.Inactive, (0u, 0u, 0u, 0u)), (s.Status[New].Value, Values(New)));
    }

    [Theory]
    [InlineData(ThreadStatus.Sending, Code.SendCancelled)]
    [InlineData(ThreadStatus.ReceivingFrom, Code.ReceiveCancelled)]
    [InlineData(ThreadStatus.ReceivingAny, Code.ReceiveCancelled)]
    [InlineData(ThreadStatus.Sleeping, Code.ReceiveCancelled)]
    [InlineData(ThreadStatus.Resuming, Code.ReceiveCancelled)]
    public void A_pending_ipc_is_cancelled(uint status, uint code)
    {
        (s.Status[Sibling], s.Esi[Sibling]) = (status, s.Id[Other]);
        if (status is ThreadStatus.Sending or ThreadStatus.ReceivingFrom)
            s.Partner[Sibling] = Other;
        ExRegs(1, Leave, Leave, Leave, Leave);
        Assert.Equal(
            (ThreadStatus.Ready, code, 0u),
            (s.Status[Sibling].Value, s.Eax[Sibling].Value, s.Partner[Sibling].Value)
        );
    }

    [Theory]
    [InlineData(ThreadStatus.Stopped, 0u)]
    [InlineData(ThreadStatus.Sending, 1u)]
    [InlineData(ThreadStatus.ReceivingFrom, 1u)]
    public void After_an_exception_there_is_no_code(uint status, uint faulting)
    {
        (s.Status[Sibling], s.Faulting[Sibling], s.Eax[Sibling]) = (status, faulting, 7);
        if (faulting == 1)
            s.Partner[Sibling] = Other;
        ExRegs(1, Leave, Leave, Leave, Leave);
        Assert.Equal(
            (ThreadStatus.Ready, 7u, 0u),
            (s.Status[Sibling].Value, s.Eax[Sibling].Value, s.Faulting[Sibling].Value)
        );
    }

    [Fact]
    public void One_of_a_higher_priority_that_wakes_runs()
    {
        (s.Status[Sibling], s.Priority[Sibling]) = (ThreadStatus.ReceivingAny, 3);
        ExRegs(1, Leave, Leave, Leave, Leave);
        Assert.Equal(Sibling, s.Current.Value);
    }

    private static BootThread Thread(uint task, uint lthread, uint priority) =>
        new(ThreadId.Make<Concrete>(4, task, lthread, 7).Value, priority, 10, 0x1000 + lthread, 0x2000 + lthread);

    private void ExRegs(uint lthread, uint esp, uint eip, uint preempter, uint pager)
    {
        (s.Eax[Me], s.Ecx[Me], s.Edx[Me], s.Ebx[Me], s.Esi[Me]) = (lthread, esp, eip, preempter, pager);
        kernel.Step(Entry.LthreadExRegs);
        kernel.Settle(s);
        foreach (var invariant in Invariants<Concrete>.All)
            for (var i = 0u; i < State<Concrete>.Rows(invariant.Over, s.Limits); i++)
            for (var j = 0u; j < (invariant.Pairs ? s.Limits.Threads : 1); j++)
                Assert.True(invariant.Holds(s, i, j).Known, invariant.Name);
    }

    private (uint Eflags, uint Esp, uint Eip, uint Preempter, uint Pager) Results() =>
        (s.Eax[Me].Value, s.Ecx[Me].Value, s.Edx[Me].Value, s.Ebx[Me].Value, s.Esi[Me].Value);

    private (uint Esp, uint Eip, uint Preempter, uint Pager) Values(uint row) =>
        (s.Esp[row].Value, s.Eip[row].Value, s.Preempter[row].Value, s.Pager[row].Value);
}
