using Verified.Spec;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>Section 19: the state after boot, as the spec declares it and as the machine has it.</summary>
public sealed class BootSentences : Scenario
{
    private const uint Root = 4 * 16,
        Kernels = 1,
        Unused = 3;

    public BootSentences() => BeginBooted();

    [Fact, Sentence("19.4", "1.8")]
    public void The_first_threads_have_their_ids()
    {
        Is(0x04020001, s => s.Id, Sigma0);
        Is(0x04040001, s => s.Id, Root);
    }

    [Fact, Sentence("1.8", "1.9")]
    public void Tasks_1_and_3_have_no_thread()
    {
        foreach (var task in (uint[])[Kernels, Unused])
            for (var lthread = 0u; lthread < 16; lthread++)
                Is(ThreadStatus.Inactive, s => s.Status, task * 16 + lthread);
    }

    [Fact, Sentence("19.5", "19.6")]
    public void Both_have_priority_50_mcp_255_and_a_slice_of_10_ticks()
    {
        foreach (var thread in (uint[])[Sigma0, Root])
        {
            Is(50, s => s.Priority, thread);
            Is(255, s => s.Mcp, thread);
            Is(10, s => s.Quantum, thread);
            Is(10, s => s.Slice, thread);
        }
    }

    [Fact, Sentence("19.7")]
    public void The_root_tasks_pager_is_sigma0() => Is(0x04020001, s => s.Pager, Root);

    [Fact, Sentence("19.12", "19.13")]
    public void Sigma0_owns_all_ports_and_the_root_task_has_them()
    {
        for (var port = 0u; port < 0x10000; port += 16)
        {
            Maps(Sigma0, PageOfPort(port), Limits.Shipping.Paging.Frames + port / 16);
            Maps(Root, PageOfPort(port), Limits.Shipping.Paging.Frames + port / 16);
        }
    }

    [Fact, Sentence("19.14")]
    public void All_tasks_from_5_on_are_inactive_tasks_of_chief_4()
    {
        for (var task = 5u; task < Limits.Shipping.Tasks; task++)
        {
            Is(4, s => s.Mappings.Chief, task);
            Is(0, s => s.Mappings.Version, task);
            Is(ThreadStatus.Inactive, s => s.Status, task * 16);
        }
    }
}
