using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Spec;

/// <summary>
/// Ports that are mapped, taken away, and used without the right (interface, sections 11 and 14); σ0 is the pager of a,
/// and b has no pager.
/// </summary>
public class PortTests
{
    private const uint A = 1,
        Sigma0 = 2,
        B = 3,
        Eip = 0x1000,
        Grant = 1,
        Item = 2;

    private readonly State<Concrete> s;
    private readonly Kernel<Concrete> kernel;

    public PortTests()
    {
        var limits = new Limits(4, 1, 2) { Paging = new(4, 64, 16) { Ports = 16 } };
        s = Boot.Initial(
            limits,
            new[] { A, Sigma0, B }.Select(task => new BootThread(Id(task), 1, 10, Eip, 0x2000, Pager: Id(Sigma0))),
            frame => frame == 1
        );
        kernel = new(s);
        kernel.Settle(s);
    }

    [Theory]
    [InlineData(0x000060E4u, 0u, 0x60u, 0x60u, 2u)]
    [InlineData(0x000060E7u, 0u, 0x60u, 0x63u, 2u)]
    [InlineData(0x0060E566u, 0u, 0x60u, 0x61u, 3u)]
    [InlineData(0x000000ECu, 0xABCD0064u, 0x64u, 0x64u, 1u)]
    [InlineData(0x0000EF66u, 0x64u, 0x64u, 0x65u, 2u)]
    [InlineData(0x006D66F3u, 0xFFFFu, 0xFFFFu, 0x10000u, 3u)]
    [InlineData(0x006EF32Eu, 0x3F8u, 0x3F8u, 0x3F8u, 3u)]
    public void An_instruction_tells_which_ports_it_wants(
        uint instruction,
        uint edx,
        uint first,
        uint last,
        uint length
    )
    {
        var access = PortAccess<Concrete>.Of(instruction, edx);
        Assert.Equal(
            (true, first, last, length),
            (access.IsPorts.Known, access.First.Value, access.Last.Value, access.Length.Value)
        );
    }

    [Theory]
    [InlineData(0x000000F4u, 1u)]
    [InlineData(0x000060E3u, 1u)]
    [InlineData(0xEC66F32Eu, 3u)]
    [InlineData(0x0000ECF0u, 1u)]
    public void Others_want_none_and_so_do_those_behind_three_prefixes(uint instruction, uint length)
    {
        var access = PortAccess<Concrete>.Of(instruction, 0x60);
        Assert.Equal((false, length), (access.IsPorts.Known, access.Length.Value));
    }

    [Theory]
    [InlineData(0x60u, 0x63u, 0xF0006010u)]
    [InlineData(0x6Fu, 0x70u, 0xF0006014u)]
    [InlineData(0x7Fu, 0x80u, 0xF0000020u)]
    [InlineData(0xFFFFu, 0xFFFFu, 0xF0FFF010u)]
    [InlineData(0x0000u, 0xFFFFu, 0xF0000040u)]
    public void The_least_fpage_has_the_first_port_and_the_last(uint first, uint last, uint fpage) =>
        Assert.Equal(fpage, Fpage.OfPorts<Concrete>(first, last).Value);

    [Fact]
    public void A_port_without_the_right_is_reported_and_the_answer_maps_it()
    {
        Receive(Sigma0, 1);
        Protect(A, 0x000000ED, 0x6E);
        Assert.Equal((0xF0006014u, Eip), (s.Edx[Sigma0].Value, s.Ebx[Sigma0].Value));
        Assert.False(Has(A, 6));
        Send(Sigma0, A, 0, 0xF0006014);
        Assert.Equal((true, true, false), (Has(A, 6), Has(A, 7), Has(A, 5)));
        Assert.Equal((ThreadStatus.Ready, Eip, 0x6Eu), (s.Status[A].Value, s.Eip[A].Value, s.Edx[A].Value));

        // The instruction is now forbidden for another reason.
        Receive(Sigma0, 1);
        Protect(A, 0x000000ED, 0x6E);
        Assert.Equal(0x00000D01u, s.Edx[Sigma0].Value);
    }

    [Theory]
    [InlineData(0xFFFFu)]
    [InlineData(0x100u)]
    public void Ports_that_there_are_not_are_no_fault_of_ports(uint port)
    {
        Receive(Sigma0, 1);
        Protect(A, 0x000000EF, port);
        Assert.Equal(0x00000D01u, s.Edx[Sigma0].Value);
    }

    [Theory]
    [InlineData(0xF0000040u, Fpage.Whole, 0x0000FFFFu)]
    [InlineData(0xF0000040u, 0xF0000040u, 0x0000FFFFu)]
    [InlineData(0xF0000040u, 0xF0004018u, 0x000000F0u)]
    [InlineData(0xF0004014u, 0xF0004018u, 0x00000030u)]
    [InlineData(0xF0004014u, 0xF0008018u, 0u)]
    [InlineData(0xF0003010u, 0x80000000u | 31 << 2, 0x00000008u)]
    [InlineData(0xF0003010u, 0x00003000u | 12 << 2, 0u)]
    [InlineData(0xF0003014u, Fpage.Whole, 0u)]
    [InlineData(0xF0000044u, Fpage.Whole, 0u)]
    [InlineData(0x00001000u | 12 << 2, 0xF0001010u, 0u)]
    [InlineData(Fpage.Whole, Fpage.Whole, 0u)]
    public void A_window_takes_the_ports_that_are_in_it(uint item, uint window, uint groups)
    {
        Receive(A, window | Item | 1);
        Send(Sigma0, A, 0x5000, item);
        Assert.Equal(groups, Groups(A));
        Assert.Equal(Code.Mapped, s.Eax[A].Value);
    }

    [Fact]
    public void What_is_taken_from_the_giver_is_taken_from_all()
    {
        Receive(A, Fpage.Whole | Item);
        Send(Sigma0, A, 0, 0xF0000040);
        Receive(B, 0xF0000040 | Item);
        Send(A, B, 0, 0xF0004014 | Grant);
        Assert.Equal((0x0000FFCFu, 0x00000030u), (Groups(A), Groups(B)));
        Unmap(Sigma0, 0xF0004010, Fpage.Unmap);
        Assert.Equal((0x0000FFCFu, 0x00000020u, 0x0000FFFFu), (Groups(A), Groups(B), Groups(Sigma0)));

        // Only of memory; and read-only has no effect.
        Unmap(A, Fpage.Whole, Fpage.Unmap | Fpage.Own);
        Unmap(A, 0xF0000040, Fpage.Own);
        Assert.Equal(0x0000FFCFu, Groups(A));
        Unmap(A, 0xF0000040, Fpage.Unmap | Fpage.Own);
        Assert.Equal((0u, 0x20u), (Groups(A), Groups(B)));
    }

    private static uint Id(uint task) => ThreadId.Make<Concrete>(4, task, 0, 1).Value;

    private bool Has(uint task, uint group) => s.NodeOf(task, s.Limits.Paging.UserPages + group).Value != 0;

    private uint Groups(uint task) =>
        Enumerable.Range(0, 16).Aggregate(0u, (groups, group) => groups | (Has(task, (uint)group) ? 1u << group : 0));

    private void Protect(uint thread, uint instruction, uint edx)
    {
        s.Edx[thread] = edx;
        Enter(thread, Entry.Protection, instruction);
    }

    private void Receive(uint thread, uint descriptor)
    {
        (s.Eax[thread], s.Ebp[thread], s.Ecx[thread], s.Esi[thread]) = (
            Descriptor.None,
            descriptor | 1,
            Timeouts.Infinite,
            0
        );
        Enter(thread, Entry.Ipc);
    }

    private void Send(uint thread, uint to, uint hotSpot, uint item)
    {
        (s.Eax[thread], s.Ebp[thread], s.Ecx[thread], s.Esi[thread]) = (
            Item,
            Descriptor.None,
            Timeouts.Infinite,
            Id(to)
        );
        (s.Edx[thread], s.Ebx[thread]) = (hotSpot, item);
        Enter(thread, Entry.Ipc);
    }

    private void Unmap(uint thread, uint fpage, uint mask)
    {
        (s.Eax[thread], s.Ecx[thread]) = (fpage, mask);
        Enter(thread, Entry.FpageUnmap);
    }

    private void Enter(uint thread, Entry entry, uint argument = 0)
    {
        while (s.Current.Value != thread)
        {
            s.Esi[s.Current] = Id(thread);
            kernel.Step(Entry.ThreadSwitch);
            kernel.Settle(s);
        }

        kernel.Step(entry, argument);
        kernel.Settle(s);
        foreach (var invariant in Invariants<Concrete>.All)
            for (var i = 0u; i < State<Concrete>.Rows(invariant.Over, s.Limits); i++)
            for (var j = 0u; j < (invariant.Pairs ? s.Limits.Threads : 1); j++)
                Assert.True(invariant.Holds(s, i, j).Known, invariant.Name);
    }
}
