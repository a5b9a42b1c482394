using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>The list of the last instructions that a crash shows.</summary>
public class CrashListingTests
{
    [Fact]
    public void A_crash_shows_the_last_instructions()
    {
        var pc = TestPc.With(c =>
        {
            c.mov(eax, 7);
            c.inc(eax);
            c.ud2();
        });
        pc.Cpu.IdtLimit = 0;
        Assert.Throws<ShutdownException>(() => pc.Run(100));
        var last = pc.LastInstructions(3);
        Assert.Equal(3, last.Count);
        Assert.Contains("inc eax", last[1], StringComparison.Ordinal);
        Assert.Contains("ud2", last[2], StringComparison.Ordinal);
    }

    [Fact]
    public void A_crash_shows_the_instructions_as_they_were_executed()
    {
        const uint directory = 0x20000,
            table = 0x21000,
            unmapped = 0x30000;
        var pc = TestPc.With(c =>
        {
            c.inc(ebx);
            // The instruction above becomes NOP, and then all pages go.
            c.mov(__byte_ptr[TestPc.Code], 0x90);
            c.mov(eax, unmapped);
            c.mov(cr3, eax);
            c.dec(ebx);
        });
        pc.Poke(directory, table | 3);
        for (var page = 0u; page < 1024; page++)
            pc.Poke(table + page * 4, page << 12 | 3);
        pc.Cpu.Cr3 = directory;
        pc.Cpu.Cr0 |= ControlBit.Paging;
        pc.Cpu.Bus.PagingChanged(pc.Cpu.Cr0, 0);
        pc.Cpu.Bus.PageDirectoryLoaded(directory);
        Assert.Throws<ShutdownException>(() => pc.Run(100));
        var last = pc.LastInstructions();
        Assert.Equal(
            ["inc ebx", "mov byte ptr ds:[10000h],90h", "mov eax,30000h", "mov cr3,eax"],
            last.Select(line => line[30..].Trim())
        );
        Assert.StartsWith($"{TestPc.Code:X8}  43 ", last[0], StringComparison.Ordinal);
    }
}
