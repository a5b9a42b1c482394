using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Spec;

/// <summary>thread_schedule (interface, section 7): 1.0, of priority 2, calls for 2.0, of priority 1.</summary>
public class ScheduleTests
{
    private const uint Me = 1,
        Other = 2,
        Read = ThreadId.Invalid,
        Refused = ThreadId.Invalid;

    private readonly State<Concrete> s;
    private readonly Kernel<Concrete> kernel;

    public ScheduleTests()
    {
        s = Boot.Initial(new(4, 1, 4), [new(Id(Me), 2, 10, 0x1000, 0x2000), new(Id(Other), 1, 7, 0x1000, 0x2000)]);
        kernel = new(s);
        kernel.Settle(s);
    }

    [Theory]
    [InlineData(ThreadStatus.Ready, 0u, 0u)]
    [InlineData(ThreadStatus.Resuming, 0u, 0u)]
    [InlineData(ThreadStatus.Sending, 0u, 0xDu)]
    [InlineData(ThreadStatus.ReceivingFrom, 0u, 0xCu)]
    [InlineData(ThreadStatus.ReceivingAny, 0u, 0xCu)]
    [InlineData(ThreadStatus.Sleeping, 0u, 0xCu)]
    [InlineData(ThreadStatus.Stopped, 0u, 0xFu)]
    [InlineData(ThreadStatus.Sending, 1u, 0x1u)]
    public void It_tells_priority_slice_and_state(uint status, uint faulting, uint state)
    {
        (s.Status[Other], s.Faulting[Other], s.ExternalPreempter[Other], s.Consumed[Other]) = (
            status,
            faulting,
            0x77,
            0x01000000
        );
        var partner = status is ThreadStatus.Sending or ThreadStatus.ReceivingFrom;
        if (partner)
            (s.Partner[Other], s.Esi[Other]) = (Me, s.Id[Me]);
        Schedule(Id(Other), Read, 0x88);
        Assert.Equal(
            (0x07A00001u | state << 16, 0xE8000000u, 3u, 0x77u, partner ? Id(Me) : ThreadId.Nil),
            (s.Eax[Me].Value, s.Ecx[Me].Value, s.Edx[Me].Value, s.Ebx[Me].Value, s.Esi[Me].Value)
        );
        Assert.Equal(
            (1u, 7u, 0x88u),
            (s.Priority[Other].Value, s.Quantum[Other].Value, s.ExternalPreempter[Other].Value)
        );
    }

    [Theory]
    [InlineData(0x10A00000u, 16u)]
    [InlineData(0xFFA00000u, 255u)]
    [InlineData(0x01900000u, 4u)]
    [InlineData(0xFF900000u, 255u)]
    [InlineData(0x10B00000u, 4u)]
    [InlineData(0xFFF00000u, 1u)]
    [InlineData(0x00A00000u, 0u)]
    [InlineData(0x00100000u, 0u)]
    [InlineData(0x00F00000u, 0u)]
    [InlineData(0x05000000u, ScheduleParam.Infinite)]
    [InlineData(0x00000000u, ScheduleParam.Infinite)]
    public void The_slice_is_a_number_of_ticks(uint param, uint ticks)
    {
        Schedule(Id(Other), param, ThreadId.Invalid);
        Assert.Equal(ticks, s.Quantum[Other].Value);
    }

    [Fact]
    public void Whoever_is_raised_above_the_caller_runs()
    {
        Schedule(Id(Other), 0x01A00003, ThreadId.Invalid);
        Assert.Equal((3u, Other), (s.Priority[Other].Value, s.Current.Value));
    }

    [Fact]
    public void Whoever_lowers_itself_makes_room()
    {
        Schedule(Id(Me), 0x01A00000, ThreadId.Invalid);
        Assert.Equal((0u, Other), (s.Priority[Me].Value, s.Current.Value));
    }

    [Theory]
    [InlineData(3u, 0x01A00000u)]
    [InlineData(1u, 0x01A00003u)]
    [InlineData(1u, 0x01A000FFu)]
    public void Nothing_above_the_limit_is_scheduled(uint priority, uint param)
    {
        (s.Mcp[Me], s.Priority[Other]) = (2, priority);
        Schedule(Id(Other), param, 0x88);
        Assert.Equal((Refused, 0x88u, Id(Other)), (s.Eax[Me].Value, s.Ebx[Me].Value, s.Esi[Me].Value));
        Assert.Equal(
            (priority, 7u, 0u),
            (s.Priority[Other].Value, s.Quantum[Other].Value, s.ExternalPreempter[Other].Value)
        );
    }

    [Theory]
    [InlineData(ThreadId.Nil)]
    [InlineData(0x04020002u)]
    [InlineData(ThreadId.Invalid)]
    public void Nobody_else_is_scheduled(uint id)
    {
        Schedule(id, Read, 0x88);
        Assert.Equal(Refused, s.Eax[Me].Value);
    }

    private static uint Id(uint task) => ThreadId.Make<Concrete>(4, task, 0, 1).Value;

    private void Schedule(uint thread, uint param, uint preempter)
    {
        (s.Eax[Me], s.Ebx[Me], s.Esi[Me]) = (param, preempter, thread);
        kernel.Step(Entry.ThreadSchedule);
        kernel.Settle(s);
        Assert.All(Invariants<Concrete>.All, invariant =>
        {
            for (var i = 0u; i < State<Concrete>.Rows(invariant.Over, s.Limits); i++)
            for (var j = 0u; j < (invariant.Pairs ? s.Limits.Threads : 1); j++)
                Assert.True(invariant.Holds(s, i, j).Known, invariant.Name);
        });
    }
}
