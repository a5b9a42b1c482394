using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>The step of a map operation that adds a mapping.</summary>
internal sealed partial class KernelProgram
{
    /// <summary>The next page of an operation.</summary>
    private void MapPage()
    {
        var some = c.CreateLabel();
        var skip = c.CreateLabel("map_skip");
        var noTable = c.CreateLabel("map_skip_table");
        var group = (int)_layout.Limits.Paging.EmptyPages;
        var map = c.CreateLabel("map_one");
        var reduce = c.CreateLabel("map_begin_reduce");
        var occupied = c.CreateLabel("map_occupied");
        var addTable = c.CreateLabel("map_add_table");
        var derive = c.CreateLabel("map_derive");
        var grant = c.CreateLabel("map_grant");
        var move = c.CreateLabel("map_move");
        var fail = c.CreateLabel("map_fail");

        // EBX is the mapping at the source page, ESI its place in the page tables.
        Lookup(Maps.Source, MappingLayout.SourcePage, esi, edi);
        c.mov(ebx, InPages(esi));
        c.test(ebx, ebx);
        c.je(skip);
        c.cmp(Op(MappingLayout.Operation), Operations.Map);
        c.je(map);
        c.mov(Op(Maps.Root), ebx);
        c.test(Op(MappingLayout.Item), Fpage.Unmap);
        c.je(reduce);
        c.mov(Op(MappingLayout.Phase), Phases.Flush);
        c.jmp(_map);

        // Without a mapping, skips one page, or a group of pages if all of them are empty. Without a page table, skips
        // the rest of that table.
        DefineLabel(ref skip);
        c.mov(eax, 1);
        c.mov(ecx, Op(MappingLayout.SourcePage));
        c.test(edi, edi);
        c.je(noTable);
        c.test(ecx, group - 1);
        c.jne(some);
        c.cmp(Op(MappingLayout.Left), group);
        c.jb(some);
        for (var page = 1; page < group; page++)
            c.or(ebx, InPages(esi) + page * 4);
        c.jne(some);
        c.mov(eax, group);
        c.jmp(some);
        DefineLabel(ref noTable);
        c.and(ecx, _layout.Limits.Paging.Entries - 1);
        c.mov(eax, _layout.Limits.Paging.Entries);
        c.sub(eax, ecx);
        Least(eax, Op(MappingLayout.Left), ecx);
        c.Label(ref some);
        Advance();

        // The mapping at EBX is the root. The mappings derived from it become read-only, and the root itself if it is
        // taken.
        DefineLabel(ref reduce);
        c.mov(Op(MappingLayout.Phase), Phases.Reduce);
        c.mov(Op(Maps.Root), ebx);
        c.mov(Op(Maps.At), ebx);
        UnlessTaken(ebx, _map);
        c.mov(edx, Node(ebx, MappingLayout.Depth));
        Least(edx, Node(ebx, MappingLayout.Level), eax);
        c.mov(Node(ebx, MappingLayout.Level), edx);
        WriteEntry(_map);

        // EDI is the place of the target page.
        DefineLabel(ref map);
        Lookup(Maps.Target, MappingLayout.TargetPage, edi, edx);
        c.test(edx, edx);
        c.je(addTable);
        c.mov(eax, InPages(edi));
        c.test(eax, eax);
        c.jne(occupied);
        c.test(Op(MappingLayout.Item), Fpage.Grant);
        c.je(derive);
        c.mov(edx, Node(ebx, MappingLayout.Depth));
        c.test(edx, edx);
        c.jne(grant);

        // Adds a mapping, EAX, after the one at EBX.
        DefineLabel(ref derive);
        c.mov(eax, Op(Maps.FreeNode));
        c.test(eax, eax);
        c.je(fail);
        c.mov(edx, Node(ebx, MappingLayout.Depth));
        c.cmp(edx, Paging.MostDepth);
        c.je(fail);
        c.mov(ecx, Node(eax, Maps.Next));
        c.mov(Op(Maps.FreeNode), ecx);
        c.mov(Node(ecx, Maps.Previous), 0);
        c.mov(ecx, Node(ebx, Maps.Next));
        c.mov(Node(ebx, Maps.Next), eax);
        c.mov(Node(eax, Maps.Previous), ebx);
        c.mov(Node(eax, Maps.Next), ecx);
        c.mov(Node(ecx, Maps.Previous), eax);

        // The new level is one higher if the mapper's mapping is writable and the item says writable.
        c.mov(ecx, Node(ebx, MappingLayout.Level));
        c.mov(esi, edx);
        c.sub(esi, ecx);
        c.sbb(esi, esi);
        c.and(esi, Op(MappingLayout.Item));
        c.and(esi, Fpage.Writable);
        c.shr(esi, 1);
        c.add(ecx, esi);
        c.mov(Node(eax, MappingLayout.Level), ecx);
        c.inc(edx);
        c.mov(Node(eax, MappingLayout.Depth), edx);
        c.mov(edx, Node(ebx, Maps.Frame));
        c.mov(Node(eax, Maps.Frame), edx);
        c.add(esi, esi);
        c.lea(edx, __[edx + esi + (MappingLayout.Present | MappingLayout.User)]);
        c.mov(InTables(edi), edx);
        c.mov(InPages(edi), eax);
        c.mov(ebx, eax);
        c.mov(esi, edx);
        AtTarget();
        Mirror(esi, wasPresent: false);
        c.mov(eax, 1);
        Advance();

        // Moves the mapping at EBX to the target. If the item is read-only, it is first made read-only. EDX is its
        // depth.
        DefineLabel(ref grant);
        c.cmp(Node(ebx, MappingLayout.Level), edx);
        c.jbe(move);
        c.test(Op(MappingLayout.Item), Fpage.Writable);
        c.je(reduce);
        DefineLabel(ref move);
        c.mov(eax, InTables(esi));
        c.and(eax, ~MappingLayout.AccessedAndDirty);
        c.mov(InPages(esi), 0);
        c.mov(InTables(esi), 0);
        c.mov(InPages(edi), ebx);
        c.mov(InTables(edi), eax);
        c.mov(edx, Node(ebx, MappingLayout.Page));
        c.invlpg(__byte_ptr[edx]);
        c.xor(esi, esi);
        Mirror(esi);
        TurnPorts();
        c.mov(esi, InTables(edi));
        AtTarget();
        Mirror(esi, wasPresent: false);
        c.mov(eax, 1);
        Advance();

        // The mapping at EAX occupies the target page.
        DefineLabel(ref occupied);
        c.mov(Op(MappingLayout.Phase), Phases.Flush);
        c.mov(Op(Maps.Root), eax);
        c.jmp(_map);

        // Adds a page table for the target page.
        DefineLabel(ref addTable);
        c.mov(eax, Op(Maps.FreeTable));
        c.test(eax, eax);
        c.je(fail);
        c.mov(edx, eax);
        TableOffset(edx);
        c.mov(ecx, Table(edx, Maps.NextTable));
        c.mov(Op(Maps.FreeTable), ecx);
        TableOffset(ecx);
        c.mov(Table(ecx, Maps.PreviousTable), 0);
        c.mov(ecx, Op(MappingLayout.TargetPage));
        c.shr(ecx, (byte)_layout.Limits.Paging.EntryBits);
        c.mov(Table(edx, MappingLayout.TableSlot), ecx);
        c.mov(ebx, Op(Maps.Target));
        c.mov(Table(edx, Maps.TableTask), ebx);
        c.shl(ebx, (byte)_layout.Limits.Paging.SlotBits);
        c.or(ebx, ecx);
        c.mov(Element(Maps.Slots, ebx), eax);

        // The processor has no page table for ports.
        c.cmp(ecx, Layout.KernelSlot);
        c.jae(_map);
        c.add(
            eax,
            Layout.Physical(Maps.PageTables.Base)
                + (MappingLayout.Present | MappingLayout.Writable | MappingLayout.User)
        );
        c.mov(Element(Maps.Directories, ebx), eax);
        c.jmp(_map);

        DefineLabel(ref fail);
        c.mov(Op(MappingLayout.Failed), 1);
        c.mov(Op(MappingLayout.Left), 0);
        c.jmp(_map);
    }
}
