using System.Numerics;
using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>The page tables of a deleted task.</summary>
internal sealed partial class KernelProgram
{
    private void BeginTable(ref Label tables)
    {
        var next = c.CreateLabel("delete_next_table");
        var one = c.CreateLabel();
        var group = (int)_layout.Limits.Paging.FreeTables;
        DefineLabel(ref tables);
        c.mov(edx, eax);
        c.shl(edx, TableShift);
        c.mov(ecx, Table(edx, Maps.TableTask));

        // The page tables of a group are free if all their tasks are 0.
        c.test(eax, group - 1);
        c.jne(one);
        c.xor(ebx, ebx);
        for (var other = 0; other < group; other++)
            c.or(ebx, Table(edx, Maps.TableTask) + (other << TableShift));
        c.jne(one);
        c.add(eax, group - 1);
        c.jmp(next);
        c.Label(ref one);
        c.mov(ebx, ecx);
        c.shl(ebx, TaskShift);
        c.cmp(Task(ebx, MappingLayout.Doomed), 0);
        c.je(next);
        c.mov(Op(MappingLayout.Pass), Passes.Table);
        c.mov(Op(Maps.Source), ecx);
        c.mov(ecx, Table(edx, MappingLayout.TableSlot));
        c.shl(ecx, (byte)_layout.Limits.Paging.EntryBits);
        c.mov(Op(MappingLayout.SourcePage), ecx);
        c.mov(Op(MappingLayout.Left), _layout.Limits.Paging.Entries);
        c.jmp(_map);
        DefineLabel(ref next);
        Next(_layout.Limits.Paging.Tables, Passes.Return);
    }

    /// <summary>
    /// The empty page table leaves its slot. The TLB contains no address that this table translated. INVLPG also
    /// removes the processor's cached copy of the directory entry.
    /// </summary>
    private void FreeTable(ref Label table)
    {
        var ports = c.CreateLabel("delete_table_of_ports");
        DefineLabel(ref table);
        c.mov(edx, eax);
        c.shl(edx, TableShift);
        c.mov(ebx, Table(edx, MappingLayout.TableSlot));
        c.mov(ecx, Table(edx, Maps.TableTask));
        c.shl(ecx, (byte)_layout.Limits.Paging.SlotBits);
        c.or(ecx, ebx);
        c.mov(Element(Maps.Slots, ecx), 0);

        // The processor has no page table for ports.
        c.cmp(ebx, Layout.KernelSlot);
        c.jae(ports);
        c.mov(Element(Maps.Directories, ecx), 0);
        c.shl(ebx, (byte)((int)_layout.Limits.Paging.EntryBits + Layout.PageShift));
        c.invlpg(__byte_ptr[ebx]);
        DefineLabel(ref ports);
        c.mov(Table(edx, Maps.TableTask), 0);

        // The page table becomes the first free one.
        c.mov(ebx, eax);
        c.shl(ebx, Layout.PageShift);
        c.mov(ecx, Op(Maps.FreeTable));
        c.mov(Op(Maps.FreeTable), ebx);
        c.mov(Table(edx, Maps.NextTable), ecx);
        TableOffset(ecx);
        c.mov(Table(ecx, Maps.PreviousTable), ebx);
        c.mov(Table(edx, Maps.PreviousTable), 0);
        c.mov(Op(MappingLayout.Pass), Passes.Tables);
        Next(_layout.Limits.Paging.Tables, Passes.Return);
    }

    private static byte TableShift => (byte)BitOperations.Log2(MappingLayout.TableSize);

    /// <summary>Turns the offset of a page table into the offset of its row, in the same register.</summary>
    private void TableOffset(AssemblerRegister32 table) =>
        c.shr(table, (byte)(Layout.PageShift - BitOperations.Log2(MappingLayout.TableSize)));
}
