using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// Mapping, granting and unmapping: one step, for one page or one mapping, from one cut point to the next. A register
/// refers to a mapping by the offset of its row in the table; 0 means none.
/// </summary>
internal sealed partial class KernelProgram
{
    private Label _map;

    private MappingLayout Maps => _layout.Mappings;

    private void FpageUnmap()
    {
        DefineLabel("fpage_unmap");
        Enter();
        c.mov(Current(Layout.Status), StoredStatus.Mapping);
        c.jmp(_map);
    }

    private void Map()
    {
        var begin = c.CreateLabel("map_begin");
        var page = c.CreateLabel("map_page");
        var flush = c.CreateLabel("map_flush");
        var end = c.CreateLabel("map_end");
        _delete = c.CreateLabel("delete");

        // Between two steps an interrupt may come. It pushes its frame on nobody's row, as in stage idle.
        DefineLabel(ref _map);
        c.mov(esp, Nobody + Layout.Esp.Offset);
        c.sti();
        c.nop();

        // CUT POINT: the current thread, saved, makes the next step of the operation in progress, or the first step
        // of its own operation.
        DefineLabel("map_step");
        c.cli();
        LoadCurrent();
        c.cmp(Op(MappingLayout.Operation), Operations.None);
        c.je(begin);
        c.mov(eax, Op(MappingLayout.Phase));
        c.cmp(eax, Phases.Flush);
        c.je(flush);
        c.jb(page);

        MapReduce();
        MapFlush(ref flush);
        c.Label(ref page);
        c.cmp(Op(MappingLayout.Left), 0);
        c.je(end);
        MapPage();
        MapEnd(ref end);
        MapBegin(ref begin);
    }

    /// <summary>Makes the next mapping derived from the root read-only.</summary>
    private void MapReduce()
    {
        var done = c.CreateLabel("map_reduced");
        c.mov(esi, Op(Maps.At));
        c.mov(edi, Op(Maps.Root));
        c.mov(ebx, Node(esi, Maps.Next));
        c.mov(ecx, Node(edi, MappingLayout.Depth));
        c.cmp(Node(ebx, MappingLayout.Depth), ecx);
        c.jbe(done);

        // EDX = the larger of the root's level and depth, but at most the mapping's own level.
        c.mov(edx, Node(edi, MappingLayout.Level));
        c.sub(edx, ecx);
        c.sbb(eax, eax);
        c.not(eax);
        c.and(edx, eax);
        c.add(edx, ecx);
        Least(edx, Node(ebx, MappingLayout.Level), eax);
        c.mov(Node(ebx, MappingLayout.Level), edx);
        c.mov(Op(Maps.At), ebx);
        WriteEntry(_map);

        DefineLabel(ref done);
        c.mov(Op(MappingLayout.Phase), Phases.Page);
        c.mov(Op(Maps.Root), 0);
        c.mov(Op(Maps.At), 0);
        c.cmp(Op(MappingLayout.Operation), Operations.Unmap);
        c.jne(_map);
        c.mov(eax, 1);
        AdvanceSource();
        c.jmp(_map);
    }

    /// <summary>Removes the next mapping derived from the root, or at last the root itself.</summary>
    private void MapFlush(ref Label flush)
    {
        var remove = c.CreateLabel("map_remove");
        var keeps = c.CreateLabel("map_keeps_root");

        DefineLabel(ref flush);
        c.mov(esi, Op(Maps.Root));
        c.mov(ebx, Node(esi, Maps.Next));
        c.mov(eax, Node(ebx, MappingLayout.Depth));
        c.xor(edi, edi);
        c.cmp(eax, Node(esi, MappingLayout.Depth));
        c.ja(remove);

        c.mov(Op(MappingLayout.Phase), Phases.Page);
        c.mov(Op(Maps.Root), 0);
        c.mov(edi, Op(MappingLayout.Operation));
        c.shr(edi, 1);
        UnlessTaken(esi, keeps);
        c.mov(ebx, esi);

        // Removes the mapping at EBX, which has no derived mappings. Then EDI pages are done.
        DefineLabel(ref remove);
        c.mov(edx, Node(ebx, Maps.Previous));
        c.mov(ecx, Node(ebx, Maps.Next));
        c.mov(Node(edx, Maps.Next), ecx);
        c.mov(Node(ecx, Maps.Previous), edx);
        Entry();
        c.mov(InPages(ecx), 0);
        c.mov(InTables(ecx), 0);
        c.invlpg(__byte_ptr[edx]);
        c.xor(eax, eax);
        Mirror(eax);
        TurnPorts();
        c.mov(Node(ebx, Maps.Space), 0);
        c.mov(eax, Op(Maps.FreeNode));
        c.mov(Node(ebx, Maps.Next), eax);
        c.mov(Node(eax, Maps.Previous), ebx);
        c.mov(Node(ebx, Maps.Previous), 0);
        c.mov(Op(Maps.FreeNode), ebx);
        DefineLabel(ref keeps);
        c.mov(eax, edi);
        c.test(eax, eax);
        c.je(_map);
        AdvanceSource();
        c.jmp(_map);
    }
}
