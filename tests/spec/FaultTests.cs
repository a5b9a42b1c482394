using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Spec;

/// <summary>
/// Exceptions as ipc with the pager (interface, section 14). The pager of a is b, and the pager of b is c.
/// </summary>
public class FaultTests
{
    private const uint A = 1,
        B = 2,
        C = 3,
        Write = 2,
        InvalidOpcode = 6,
        Breakpoint = 3,
        Eip = 0x1000;

    private readonly State<Concrete> s;
    private readonly Kernel<Concrete> kernel;

    public FaultTests()
    {
        s = Boot.Initial(
            new(4, 1, 2),
            new[] { A, B, C }.Select(task => new BootThread(Id(task), 1, 10, Eip, 0x2000, Pager: Id(task + 1)))
        );
        kernel = new(s);
        kernel.Settle(s);
    }

    [Theory]
    [InlineData(0x12345677u, 5u, 0x12345674u)]
    [InlineData(0x12345677u, 7u, 0x12345676u)]
    public void A_page_fault_tells_where_whether_it_wrote_and_the_instruction(uint address, uint code, uint word)
    {
        Ipc(B, Descriptor.None, 1, 0);
        Enter(A, Entry.PageFault, address, code);
        Assert.Equal(
            (word, Eip, 0u, Id(A), Code.Done),
            (s.Edx[B].Value, s.Ebx[B].Value, s.Edi[B].Value, s.Esi[B].Value, s.Eax[B].Value)
        );
        Assert.Equal((B, ThreadStatus.ReceivingFrom), (s.Current.Value, s.Status[A].Value));
    }

    [Fact]
    public void Another_exception_has_an_odd_word()
    {
        Ipc(B, Descriptor.None, 1, 0);
        Enter(A, Entry.Exception, 12, 0x12);
        Assert.Equal(0x00120C01u, s.Edx[B].Value);
    }

    [Fact]
    public void The_answer_restarts_the_thread_with_its_registers_as_they_were()
    {
        (s.Eax[A], s.Edx[A], s.Ebx[A], s.Edi[A], s.Esi[A], s.Ebp[A]) = (1, 2, 3, 4, 5, 6);
        Enter(A, Entry.PageFault, 0x5000, Write);
        Assert.Equal(ThreadStatus.Sending, s.Status[A].Value);
        Ipc(B, Descriptor.None, 0, Id(A));
        Assert.Equal(0x5002u, s.Edx[B].Value);
        Ipc(B, 0, Descriptor.None, Id(A));
        Assert.Equal((ThreadStatus.Ready, 0u), (s.Status[A].Value, s.Faulting[A].Value));
        Assert.Equal(
            (1u, 2u, 3u, 4u, 5u, 6u, Eip),
            (
                s.Eax[A].Value,
                s.Edx[A].Value,
                s.Ebx[A].Value,
                s.Edi[A].Value,
                s.Esi[A].Value,
                s.Ebp[A].Value,
                s.Eip[A].Value
            )
        );
    }

    [Theory]
    [InlineData(Entry.Exception, InvalidOpcode, true)]
    [InlineData(Entry.Exception, Breakpoint, false)]
    [InlineData(Entry.PageFault, 0u, true)]
    public void A_fault_sets_the_resume_flag_and_a_trap_does_not(Entry entry, uint argument, bool sets)
    {
        Enter(A, entry, argument);
        Assert.Equal(sets, (s.Eflags[A].Value & Flags.Resume) != 0);
    }

    [Theory]
    [InlineData(ThreadId.Nil)]
    [InlineData(0x04020002u)]
    [InlineData(0x04010001u)]
    public void Without_a_pager_a_thread_stops_for_ever(uint pager)
    {
        s.Pager[A] = pager;
        Enter(A, Entry.PageFault, 0x5000);
        Assert.Equal((ThreadStatus.Stopped, 0u), (s.Status[A].Value, s.Faulting[A].Value));
    }

    [Fact]
    public void Pagers_fault_too()
    {
        Enter(A, Entry.PageFault, 0x5000);
        Enter(B, Entry.PageFault, 0x6000);
        Ipc(C, Descriptor.None, 1, 0);
        Assert.Equal((0x6000u, Id(B)), (s.Edx[C].Value, s.Esi[C].Value));
        Ipc(C, 0, Descriptor.None, Id(B));
        Ipc(B, Descriptor.None, 1, 0);
        Assert.Equal((0x5000u, Id(A)), (s.Edx[B].Value, s.Esi[B].Value));
    }

    [Fact]
    public void The_end_of_a_time_slice_is_reported_to_the_preempter()
    {
        s.Preempter[A] = Id(B);
        Ipc(B, Descriptor.None, 1, 0);
        Enter(A, Entry.IdNearest);
        s.Slice[A] = 1;
        Enter(A, Entry.Tick);
        Assert.Equal((0x2000u, Eip, Id(A), B), (s.Edx[B].Value, s.Ebx[B].Value, s.Esi[B].Value, s.Current.Value));
        Assert.Equal((ThreadStatus.ReceivingFrom, 10u, 1u), (s.Status[A].Value, s.Slice[A].Value, s.Consumed[A].Value));
        Ipc(B, 0, Descriptor.None, Id(A));
        Assert.Equal(ThreadStatus.Ready, s.Status[A].Value);
    }

    [Fact]
    public void Without_a_preempter_the_next_thread_has_its_turn()
    {
        s.Slice[A] = 1;
        Enter(A, Entry.Tick);
        Assert.Equal((ThreadStatus.Ready, B), (s.Status[A].Value, s.Current.Value));
    }

    private static uint Id(uint task) => ThreadId.Make<Concrete>(4, task, 0, 1).Value;

    private void Ipc(uint thread, uint send, uint receive, uint partner)
    {
        (s.Eax[thread], s.Ebp[thread], s.Ecx[thread], s.Esi[thread]) = (send, receive, Timeouts.Infinite, partner);
        Enter(thread, Entry.Ipc);
    }

    private void Enter(uint thread, Entry entry, uint argument = 0, uint code = 0)
    {
        while (s.Current.Value != thread)
        {
            s.Esi[s.Current] = Id(thread);
            kernel.Step(Entry.ThreadSwitch);
            kernel.Settle(s);
        }

        kernel.Step(entry, argument, code);
        kernel.Settle(s);
        foreach (var invariant in Invariants<Concrete>.All)
            for (var i = 0u; i < State<Concrete>.Rows(invariant.Over, s.Limits); i++)
            for (var j = 0u; j < (invariant.Pairs ? s.Limits.Threads : 1); j++)
                Assert.True(invariant.Holds(s, i, j).Known, invariant.Name);
    }
}
