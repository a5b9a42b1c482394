using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;

namespace Verified.Tests.Machine;

/// <summary>Decoded code is used again only as long as the processor would fetch the same bytes.</summary>
public class CodeCacheTests
{
    private const uint Directory = 0x100000,
        Table = 0x101000,
        Page = 0x200000,
        Next = 0x201000,
        OtherNext = 0x202000,
        At = 0x40000000,
        Present = 1;

    private const byte MovEax = 0xB8,
        Hlt = 0xF4;

    // MOV EAX, 44332211h and HLT. Two of its bytes are in the first page.
    private const uint Start = 0xFFE;
    private static readonly byte[] Across = [MovEax, 0x11, 0x22, 0x33, 0x44, Hlt];

    private static uint Run(Pc pc, uint start)
    {
        (pc.Cpu.Eip, pc.Cpu.Halted) = (start, false);
        return pc.RunToHalt().Reg(0);
    }

    private static void AssertRuns(uint expected, Pc pc, uint start)
    {
        for (var i = 0; i < 3; i++)
            Assert.Equal(expected, Run(pc, start));
    }

    [Fact]
    public void Code_that_was_overwritten_and_restored_is_seen_each_time()
    {
        var pc = TestPc.With(MovEax, 1, 0, 0, 0, Hlt);
        foreach (var value in (uint[])[1, 2, 1, 2, 3, 1])
        {
            pc.Memory.Store(TestPc.Code + 1, 1, value);
            AssertRuns(value, pc, TestPc.Code);
        }
    }

    [Fact]
    public void Code_that_was_restored_before_it_ran_is_watched_again()
    {
        var pc = TestPc.With(MovEax, 1, 0, 0, 0, Hlt);
        AssertRuns(1, pc, TestPc.Code);
        pc.Memory.Store(TestPc.Code + 1, 1, 2);
        pc.Memory.Store(TestPc.Code + 1, 1, 1);
        AssertRuns(1, pc, TestPc.Code);
        pc.Memory.Store(TestPc.Code + 1, 1, 3);
        AssertRuns(3, pc, TestPc.Code);
    }

    [Fact]
    public void An_instruction_in_two_pages_follows_the_bytes_of_both()
    {
        var pc = TestPc.With(Hlt);
        pc.Memory.Write(Page + Start, Across);
        AssertRuns(0x44332211, pc, Page + Start);
        pc.Memory.Store(Next, 1, 0x55);
        AssertRuns(0x44335511, pc, Page + Start);
        pc.Memory.Store(Page + Start + 1, 1, 0x66);
        AssertRuns(0x44335566, pc, Page + Start);
        pc.Memory.Store(Next, 1, 0x22);
        AssertRuns(0x44332266, pc, Page + Start);
    }

    [Fact]
    public void An_instruction_in_two_pages_follows_the_translation_of_the_second()
    {
        var pc = Paged();
        AssertRuns(0x44332211, pc, At + Start);
        pc.Memory.Store(Table + 4, 4, OtherNext | Present);
        AssertRuns(0x44332211, pc, At + Start);
        pc.Cpu.Bus.Invalidate(At + 0x1000);
        AssertRuns(0x77777711, pc, At + Start);
    }

    [Fact]
    public void The_second_page_is_needed_only_if_the_instruction_continues_there()
    {
        var pc = Paged();
        AssertRuns(0x44332211, pc, At + Start);
        pc.Memory.Store(Table + 4, 4, 0);
        pc.Cpu.Bus.Invalidate(At + 0x1000);
        pc.Memory.Store(Page + Start, 1, Hlt);
        AssertRuns(0x44332211, pc, At + Start);
        pc.Memory.Store(Page + Start, 1, MovEax);
        (pc.Cpu.Eip, pc.Cpu.Halted) = (At + Start, false);
        // There is no IDT, so the page fault becomes a triple fault.
        Assert.Throws<ShutdownException>(() => pc.Run(1));
        Assert.Equal(At + 0x1000, pc.Cpu.Cr2.Value);
    }

    // The code at address At, in two pages. A third frame has other bytes for the second page.
    private static Pc Paged()
    {
        var pc = TestPc.With(Hlt);
        pc.Memory.Write(Page + Start, Across);
        pc.Memory.Write(OtherNext, [0x77, 0x77, 0x77, Hlt]);
        pc.Poke(Directory + (At >> 22) * 4, Table | Present);
        pc.Poke(Table, Page | Present);
        pc.Poke(Table + 4, Next | Present);
        (pc.Cpu.Cr0, pc.Cpu.Cr3) = (ControlBit.Paging | ControlBit.ProtectionEnable, Directory);
        pc.Cpu.Bus.PagingChanged(pc.Cpu.Cr0, 0);
        pc.Cpu.Bus.PageDirectoryLoaded(Directory);
        return pc;
    }
}
