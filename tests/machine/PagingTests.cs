using Verified.Machine.Computer;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>
/// Page tables, their rights and bits, and a TLB that keeps the entries that it has read (SDM vol. 3, chapter 4).
/// </summary>
public class PagingTests
{
    private const uint Directory = 0x100000,
        Table = 0x101000,
        Page = 0x200000,
        Other = 0x201000,
        At = 0x40000000;
    private const uint Present = 1,
        Writable = 2,
        User = 4,
        Accessed = 0x20,
        Dirty = 0x40;

    /// <summary>
    /// The low 4 MB are mapped to themselves. Addresses from <see cref="At"/> on have a separate table.
    /// </summary>
    private static Pc Paged(uint pte, uint cr0 = ControlBit.Paging | ControlBit.WriteProtect, bool taggedTlb = false)
    {
        var pc = TestPc.With(TestPc.Assemble(c => c.hlt(), TestPc.Code), taggedTlb);
        for (uint i = 0; i < 1024; i++)
            pc.Poke(0x102000 + i * 4, i << 12 | Present | Writable);
        pc.Poke(Directory, 0x102000 | Present | Writable);
        pc.Poke(Directory + (At >> 22) * 4, Table | Present | Writable | User);
        pc.Poke(Table, pte);
        pc.Cpu.Cr0 = cr0 | ControlBit.ProtectionEnable;
        pc.Cpu.Cr3 = Directory;
        pc.Cpu.Bus.PagingChanged(pc.Cpu.Cr0, 0);
        pc.Cpu.Bus.PageDirectoryLoaded(Directory);
        return pc;
    }

    private static uint? FaultOf(Action access, uint address = At)
    {
        var fault = Record.Exception(access);
        if (fault is null)
            return null;
        var page = Assert.IsType<Fault>(fault);
        Assert.Equal((Vectors.PageFault, (uint?)address), (page.Vector, page.Address));
        return page.ErrorCode;
    }

    [Theory]
    [InlineData(0u, false, false, 0u)]
    [InlineData(0u, true, true, 6u)]
    [InlineData(Page | Present | User, false, true, null)]
    [InlineData(Page | Present | User, true, true, 7u)]
    [InlineData(Page | Present | User, true, false, 3u)]
    [InlineData(Page | Present | Writable, false, true, 5u)]
    [InlineData(Page | Present | Writable, true, true, 7u)]
    [InlineData(Page | Present | Writable, true, false, null)]
    [InlineData(Page | Present | Writable | User, true, true, null)]
    public void Rights_give_the_error_code(uint pte, bool write, bool user, uint? expected)
    {
        var bus = Paged(pte).Cpu.Bus;
        Assert.Equal(expected, FaultOf(() => Access(bus, write, user)));
    }

    private static void Access(PcBus bus, bool write, bool user)
    {
        if (write)
            bus.Store(At, 4, 1, user);
        else
            bus.Load(At, 4, user);
    }

    [Fact]
    public void Without_wp_the_kernel_writes_read_only_pages()
    {
        var bus = Paged(Page | Present | User, ControlBit.Paging).Cpu.Bus;
        Assert.Null(FaultOf(() => bus.Store(At, 4, 1, user: false)));
        Assert.Equal(7u, FaultOf(() => bus.Store(At, 4, 1, user: true)));
    }

    [Fact]
    public void Accessed_and_dirty_bits_follow_the_accesses()
    {
        var pc = Paged(Page | Present | Writable);
        pc.Cpu.Bus.Load(At, 4, false);
        Assert.Equal(Page | Present | Writable | Accessed, pc.Peek(Table));
        pc.Cpu.Bus.Store(At, 4, 1, false);
        Assert.Equal(Page | Present | Writable | Accessed | Dirty, pc.Peek(Table));
    }

    [Fact]
    public void A_changed_entry_is_not_seen_before_invlpg()
    {
        var pc = Paged(Page | Present | Writable);
        pc.Poke(Page, 1);
        pc.Poke(Other, 2);
        Assert.Equal(1u, pc.Cpu.Bus.Load(At, 4, false).Value);
        pc.Poke(Table, Other | Present | Writable);
        Assert.Equal(1u, pc.Cpu.Bus.Load(At, 4, false).Value);
        pc.Cpu.Bus.Invalidate(At + 0x123);
        Assert.Equal(2u, pc.Cpu.Bus.Load(At, 4, false).Value);
        pc.Poke(Table, 0);
        Assert.Equal(2u, pc.Cpu.Bus.Load(At, 4, false).Value);
        pc.Cpu.Bus.PageDirectoryLoaded(Directory);
        Assert.Equal(0u, FaultOf(() => pc.Cpu.Bus.Load(At, 4, false)));
    }

    [Fact]
    public void A_snapshot_keeps_the_stale_entry_too()
    {
        var pc = Paged(Page | Present | Writable);
        pc.Poke(Page, 1);
        pc.Poke(Other, 2);
        pc.Cpu.Bus.Load(At, 4, false);
        pc.Poke(Table, Other | Present | Writable);
        pc.Snapshot();
        pc.Cpu.Bus.Invalidate(At);
        Assert.Equal(2u, pc.Cpu.Bus.Load(At, 4, false).Value);
        pc.Restore();
        Assert.Equal(1u, pc.Cpu.Bus.Load(At, 4, false).Value);
    }

    [Fact]
    public void A_store_across_pages_writes_neither_when_the_second_faults()
    {
        var pc = Paged(Page | Present | Writable);
        Assert.Equal(2u, FaultOf(() => pc.Cpu.Bus.Store(At + 0xFFE, 4, 0x11223344, false), At + 0x1000));
        Assert.Equal(0u, pc.Peek(Page + 0xFFC));
        pc.Poke(Table + 4, Other | Present | Writable);
        pc.Cpu.Bus.Store(At + 0xFFE, 4, 0x11223344, false);
        Assert.Equal((0x33440000u, 0x1122u), (pc.Peek(Page + 0xFFC), pc.Peek(Other)));
        Assert.Equal(0x11223344u, pc.Cpu.Bus.Load(At + 0xFFE, 4, false).Value);
    }

    [Theory]
    [InlineData(false, 2u)]
    [InlineData(true, 1u)]
    public void A_tagged_translation_outlives_a_load_of_cr3(bool tagged, uint expected)
    {
        const uint otherDirectory = 0x180000;
        var pc = Paged(Page | Present, taggedTlb: tagged);
        pc.Poke(Page, 1);
        pc.Poke(Other, 2);
        // The other directory equals this one except for the page.
        for (var at = 0u; at < 4096; at += 4)
            pc.Memory.Store(otherDirectory + at, 4, pc.Memory.Load(Directory + at, 4));
        Assert.Equal(1u, pc.Cpu.Bus.Load(At, 4, false).Value);
        pc.Memory.Store(Table, 4, Other | Present);
        pc.Cpu.Bus.PageDirectoryLoaded(otherDirectory);
        Assert.Equal(2u, pc.Cpu.Bus.Load(At, 4, false).Value);
        pc.Cpu.Bus.PageDirectoryLoaded(Directory);
        Assert.Equal(expected, pc.Cpu.Bus.Load(At, 4, false).Value);
        pc.Cpu.Bus.Invalidate(At);
        Assert.Equal(2u, pc.Cpu.Bus.Load(At, 4, false).Value);
    }

    [Fact]
    public void A_large_page_maps_4_mb_where_pse_is_on()
    {
        var pc = Paged(0);
        pc.Poke(Directory + 0x500, 0x00000000 | Present | Writable | 0x80);
        pc.Cpu.Bus.PagingChanged(pc.Cpu.Cr0, ControlBit.PageSizeExtension);
        pc.Poke(Page, 77);
        Assert.Equal(77u, pc.Cpu.Bus.Load(0x50000000 + Page, 4, false).Value);
        Assert.Equal(77u, pc.Peek(0x50000000 + Page));
    }

    [Fact]
    public void A_faulting_read_modify_write_leaves_registers_and_flags_and_reports_a_write()
    {
        var pc = Paged(Page | Present);
        pc.Memory.Write(TestPc.Code, TestPc.Assemble(c => c.add(__dword_ptr[At], eax), TestPc.Code));
        pc.Cpu.Eflags = Flag.Carry;
        Assert.True(Decode.TryDecode(pc.Memory.Page(TestPc.Code / 4096).ToArray(), 0, 15, true, out var add));
        Assert.Equal(3u, FaultOf(() => pc.Cpu.Step(add)));
        Assert.Equal((TestPc.Code, Flag.Carry | Flag.Reserved), (pc.Cpu.Eip.Value, pc.Cpu.Eflags.Value));
    }
}
