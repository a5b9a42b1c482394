using Verified.Spec;
using Xunit;

namespace Verified.Tests.Interface;

/// <summary>Sections 1 and 2: words of the shipped size, and registers that a call does not change.</summary>
public sealed class WordSentences : Scenario
{
    [Theory, Sentence("1.7")]
    [InlineData(63u, 0x053F0001u)]
    [InlineData(64u, ThreadId.Nil)]
    [InlineData(255u, ThreadId.Nil)]
    public void The_shipped_kernel_has_tasks_up_to_63(uint task, uint id)
    {
        S.Mappings.Chief[63] = TaskOf(A);
        Enter(A, Entry.TaskNew, eax: 1, ecx: 0x9000, edx: Code, ebx: Id(B), esi: task << 16);
        Is(A, esi: id);
    }

    [Theory, Sentence("1.7")]
    [InlineData(15u, 0x202u)]
    [InlineData(16u, None)]
    [InlineData(63u, None)]
    public void The_shipped_kernel_has_lthreads_up_to_15(uint lthread, uint eax)
    {
        Enter(A, Entry.LthreadExRegs, eax: lthread, ecx: 0x9000, edx: Code, ebx: None, esi: None);
        Is(A, eax: eax);
    }

    [Theory, Sentence("1.23", "1.22")]
    [InlineData(Port, 4u, true)]
    [InlineData(Port, 12u, true)]
    [InlineData(0u, 16u, true)]
    [InlineData(Port, 3u, false)]
    [InlineData(0u, 17u, false)]
    [InlineData(Port - 16, 5u, false)]
    public void An_io_fpage_is_valid_if_its_size_and_its_first_port_are(uint port, uint size, bool isValid)
    {
        Enter(A, Entry.FpageUnmap, eax: Ports(port, size), ecx: Fpage.Own | Fpage.Unmap);
        Maps(A, PageOfPort(Port), isValid ? null : Limits.Shipping.Paging.Frames + Port / 16);
    }

    [Fact, Sentence("2.4")]
    public void The_kernel_changes_no_memory_of_a_user()
    {
        uint[] frames = [4, 5, 6];
        Begin();
        uint[] Words() =>
            [.. frames.SelectMany(frame => Enumerable.Range(0, 1024).Select(i => WordOfFrame(frame, (uint)i * 4)))];
        var before = Words();
        Map(A, Page, B, 0x20);
        Call(A, B);
        Enter(C, Entry.IdNearest, esi: 0);
        Enter(C, Entry.LthreadExRegs, eax: 1, ecx: 0x9000, edx: Code, ebx: 1, esi: 2);
        Enter(C, Entry.ThreadSchedule, eax: None, ebx: None, esi: Id(B));
        Enter(C, Entry.FpageUnmap, eax: Fpage.Whole, ecx: Fpage.Own | Fpage.Unmap);
        Assert.Equal(before, Words());
    }
}
