using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Spec;

/// <summary>
/// task_new (interface, section 9); 1.0 calls and is the chief of task 3, which is the chief of task 4; 2.0 and 5.0 are
/// others.
/// </summary>
public class TaskTests
{
    private const uint Me = 2,
        Other = 10,
        Victim = 6,
        Second = 7,
        Sub = 8;

    private readonly State<Concrete> s;
    private readonly Kernel<Concrete> kernel;

    public TaskTests()
    {
        s = Boot.Initial(
            new(8, 2, 4)
            {
                Paging = new(4, 16, 8) { Entries = 16, Slots = 16 },
            },
            [Thread(1, 0, 3), Thread(2, 0, 1), Thread(3, 0, 2), Thread(3, 1, 2), Thread(4, 0, 2), Thread(5, 0, 2)],
            frame => frame is 1 or 2,
            [new(3, 5, 1, true), new(4, 6, 1, true), new(5, 7, 2, true)]
        );
        (s.Mappings.Chief[3], s.Mappings.Chief[4], s.Mappings.Chief[5]) = (1, 3, 0);
        kernel = new(s);
        kernel.Settle(s);
        Assert.Equal(Me, s.Current.Value);
    }

    [Fact]
    public void A_task_is_created_by_the_next_version()
    {
        Assert.Equal(Id(3, 8), New(3, pager: Id(1, 7)));
        Assert.Equal(
            (ThreadStatus.Ready, Id(3, 8), Id(1, 7)),
            (s.Status[Victim].Value, s.Id[Victim].Value, s.Pager[Victim].Value)
        );
        Assert.Equal(
            (0x2222u, 0x1111u, Flags.User),
            (s.Esp[Victim].Value, s.Eip[Victim].Value, s.Eflags[Victim].Value)
        );
        Assert.Equal((s.Priority[Me], s.Quantum[Me]), (s.Priority[Victim], s.Slice[Victim]));
        Assert.Equal((0u, 0u), (s.Eax[Victim].Value, s.Consumed[Victim].Value));
    }

    [Fact]
    public void The_version_after_the_last_is_the_first()
    {
        (s.Mappings.Version[6], s.Mappings.Chief[6]) = (ThreadId.LastVersion, 1);
        Assert.Equal(Id(6, 1), New(6, pager: Id(1, 7)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(255)]
    public void A_task_of_another_chief_is_left_alone(uint task)
    {
        Assert.Equal(ThreadId.Nil, New(task, pager: Id(1, 7)));
        Assert.Equal(ThreadStatus.Ready, s.Status[Sub].Value);
    }

    [Fact]
    public void Its_threads_and_its_clan_go_and_nobody_else()
    {
        Assert.Equal(Id(3, 7), New(3, pager: ThreadId.Nil));
        Assert.All((uint[])[Victim, Second, Sub], thread =>
            Assert.Equal((ThreadStatus.Inactive, 0u), (s.Status[thread].Value, s.Id[thread].Value))
        );
        Assert.Equal(ThreadStatus.Ready, s.Status[Other].Value);
        Assert.Equal((1u, 1u), (s.Mappings.Chief[3].Value, s.Mappings.Chief[4].Value));
    }

    [Fact]
    public void Its_pages_go_and_its_page_tables_are_free()
    {
        var (its, others) = (s.TableOf(3, 5), s.TableOf(5, 7));
        New(3, pager: ThreadId.Nil);
        Assert.Equal((0u, 0u), (s.TableOf(3, 5).Value, s.TableOf(4, 6).Value));
        Assert.Equal((0u, 5u), (s.Mappings.TableTask[its].Value, s.Mappings.TableTask[others].Value));
        Assert.NotEqual(0u, s.NodeOf(5, 7).Value);
        Assert.Equal(0u, s.Mappings.Next[1u].Value);
    }

    [Fact]
    public void Who_waits_for_it_is_told()
    {
        (s.Status[Other], s.Partner[Other], s.Esi[Other]) = (ThreadStatus.Sending, Victim, s.Id[Victim]);
        New(3, pager: ThreadId.Nil);
        Assert.Equal((ThreadStatus.Ready, Code.NoPartner), (s.Status[Other].Value, s.Eax[Other].Value));
    }

    [Fact]
    public void Who_faults_and_has_it_as_its_pager_faults_again()
    {
        (s.Status[Other], s.Partner[Other], s.Faulting[Other], s.Eax[Other]) = (
            ThreadStatus.ReceivingFrom,
            Second,
            1,
            0x55
        );
        New(3, pager: ThreadId.Nil);
        Assert.Equal(
            (ThreadStatus.Ready, 0u, 0x55u),
            (s.Status[Other].Value, s.Faulting[Other].Value, s.Eax[Other].Value)
        );
    }

    [Theory]
    [InlineData(ThreadStatus.Giving, ThreadStatus.Mapping, Code.SendAborted)]
    [InlineData(ThreadStatus.Mapping, ThreadStatus.Giving, Code.ReceiveAborted)]
    public void A_transfer_of_pages_with_it_is_aborted(uint others, uint its, uint code)
    {
        (s.Status[Other], s.Partner[Other], s.Esi[Other]) = (others, Victim, s.Id[Victim]);
        (s.Status[Victim], s.Partner[Victim], s.Esi[Victim]) = (its, Other, s.Id[Other]);
        s.Ebp[Other] = s.Ebp[Victim] = Fpage.Whole | 2;
        New(3, pager: ThreadId.Nil);
        Assert.Equal((ThreadStatus.Ready, code), (s.Status[Other].Value, s.Eax[Other].Value));
    }

    [Fact]
    public void An_inactive_task_gets_a_chief_that_exists()
    {
        Assert.Equal(ThreadId.Make<Concrete>(5, 3, 0, 7).Value, New(3, pager: ThreadId.Nil, chief: s.Id[Other].Value));
        Assert.Equal(5u, s.Mappings.Chief[3].Value);
        Assert.Equal(ThreadId.Nil, New(3, pager: Id(1, 7)));
    }

    [Fact]
    public void A_chief_that_goes_with_it_gets_nothing()
    {
        Assert.Equal(Id(3, 7), New(3, pager: ThreadId.Nil, chief: s.Id[Sub].Value));
        Assert.Equal(1u, s.Mappings.Chief[3].Value);
    }

    [Fact]
    public void A_deletion_ends_though_a_chief_is_its_own_chiefs_chief()
    {
        s.Mappings.Chief[1] = 4;
        New(3, pager: ThreadId.Nil);
        Assert.Equal((ThreadStatus.Ready, ThreadStatus.Inactive), (s.Status[Me].Value, s.Status[Sub].Value));
    }

    private static uint Id(uint task, uint version) => ThreadId.Make<Concrete>(1, task, 0, version).Value;

    private static BootThread Thread(uint task, uint lthread, uint priority) =>
        new(ThreadId.Make<Concrete>(1, task, lthread, 7).Value, priority, 10, 0x1000 + lthread, 0x2000 + lthread);

    private uint New(uint task, uint pager, uint chief = 255)
    {
        (s.Eax[Me], s.Ecx[Me], s.Edx[Me], s.Ebx[Me], s.Esi[Me]) = (chief, 0x2222, 0x1111, pager, task << 16);
        kernel.Step(Entry.TaskNew);
        while (s.Stage.Value == Stages.Map)
        {
            kernel.Step(Entry.Map);
            foreach (
                var invariant in Invariants<Concrete>.All.Where(invariant =>
                    invariant.Over != Table.Page && invariant.Over != Table.Slot
                )
            )
                for (var i = 0u; i < State<Concrete>.Rows(invariant.Over, s.Limits); i++)
                for (var j = 0u; j < (invariant.Pairs ? s.Limits.Threads : 1); j++)
                    Assert.True(invariant.Holds(s, i, j).Known, invariant.Name);
        }

        kernel.Settle(s);
        return s.Esi[Me].Value;
    }
}
