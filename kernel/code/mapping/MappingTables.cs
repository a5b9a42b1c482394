using System.Numerics;
using Iced.Intel;
using Verified.Spec;
using Verified.Spec.Tables;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// Mappings: progress of the operation, places in the page tables, and updates of the processor's tables and TLB.
/// </summary>
internal sealed partial class KernelProgram
{
    /// <summary>EAX pages are done, and the step ends.</summary>
    private void Advance()
    {
        AdvanceSource();
        c.cmp(Op(MappingLayout.Operation), Operations.Map);
        c.jne(_map);
        c.add(eax, Op(MappingLayout.TargetPage));
        c.and(eax, _layout.Limits.Paging.Pages - 1);
        c.mov(Op(MappingLayout.TargetPage), eax);
        c.jmp(_map);
    }

    /// <summary>EAX pages of the source are done. Uses ECX.</summary>
    private void AdvanceSource()
    {
        c.sub(Op(MappingLayout.Left), eax);
        c.mov(ecx, Op(MappingLayout.SourcePage));
        c.add(ecx, eax);
        c.and(ecx, _layout.Limits.Paging.Pages - 1);
        c.mov(Op(MappingLayout.SourcePage), ecx);
    }

    /// <summary>Puts the mapping at EBX at the target's page. Uses EAX, ECX, EDX.</summary>
    private void AtTarget()
    {
        c.mov(eax, Op(Maps.Target));
        c.mov(Node(ebx, Maps.Space), eax);
        c.mov(eax, Op(MappingLayout.TargetPage));
        c.shl(eax, Layout.PageShift);
        c.mov(Node(ebx, MappingLayout.Page), eax);
        TurnPorts();
    }

    /// <summary>
    /// Call this when the mapping at EBX gets or loses its page. If it is a page of ports, inverts its 16 bits in the
    /// I/O bitmap of its task. Uses EAX, ECX, EDX.
    /// </summary>
    private void TurnPorts()
    {
        var memory = c.CreateLabel();
        c.mov(ecx, Node(ebx, MappingLayout.Page));
        c.cmp(ecx, Layout.KernelBase);
        c.jb(memory);

        // Two pages share a dword. The second page has the high bits.
        c.shr(ecx, (byte)(Layout.PageShift + 1));
        c.sbb(eax, eax);
        c.xor(eax, 0xFFFF);
        c.and(ecx, MappingLayout.PortWords - 1);
        c.mov(edx, Node(ebx, Maps.Space));
        c.shl(edx, (byte)BitOperations.Log2(MappingLayout.PortWords));
        c.or(ecx, edx);
        c.xor(Element(Maps.PortMaps, ecx), eax);
        c.Label(ref memory);
    }

    /// <summary>
    /// Jumps to <paramref name="no"/> unless the operation also applies to the root: a map operation, or an unmap
    /// operation whose mask says so. The root of σ0 is never taken.
    /// </summary>
    private void UnlessTaken(AssemblerRegister32 root, Label no)
    {
        var derived = c.CreateLabel();
        c.cmp(Op(MappingLayout.Operation), Operations.Map);
        c.je(derived);
        c.cmp(Op(MappingLayout.Item), 0);
        c.jns(no);
        c.Label(ref derived);
        c.cmp(Node(root, MappingLayout.Depth), 0);
        c.je(no);
    }

    /// <summary>
    /// Computes the place of a task's page in the page tables, and the offset of its page table (0 for none). Uses EAX.
    /// </summary>
    private void Lookup(Field task, Field page, AssemblerRegister32 place, AssemblerRegister32 table)
    {
        c.mov(place, Op(page));
        c.mov(eax, Op(task));
        c.mov(table, place);
        c.shl(eax, (byte)_layout.Limits.Paging.SlotBits);
        c.shr(table, (byte)_layout.Limits.Paging.EntryBits);
        c.or(eax, table);
        c.and(place, _layout.Limits.Paging.Entries - 1);
        c.mov(table, Element(Maps.Slots, eax));
        c.lea(place, __[table + place * 4]);
    }

    /// <summary>
    /// For the mapping at EBX: ECX = its place in the page tables, EDX = its page's address. Uses EAX.
    /// </summary>
    private void Entry()
    {
        c.mov(edx, Node(ebx, MappingLayout.Page));
        c.mov(ecx, Node(ebx, Maps.Space));
        c.mov(eax, edx);
        c.shr(eax, 22);
        c.shl(ecx, (byte)_layout.Limits.Paging.SlotBits);
        c.or(ecx, eax);
        c.mov(eax, edx);
        c.shr(eax, 12);
        c.and(eax, _layout.Limits.Paging.Entries - 1);
        c.mov(ecx, Element(Maps.Slots, ecx));
        c.lea(ecx, __[ecx + eax * 4]);
    }

    /// <summary>
    /// Writes the page-table entry of the mapping at EBX with its rights, and invalidates the TLB, and jumps to
    /// <paramref name="then"/>. Uses EAX, ECX, EDX.
    /// </summary>
    private void WriteEntry(Label then)
    {
        Entry();
        c.mov(eax, Node(ebx, MappingLayout.Depth));
        c.sub(eax, Node(ebx, MappingLayout.Level));
        c.sbb(eax, eax);
        c.and(eax, MappingLayout.Writable);
        c.or(eax, Node(ebx, Maps.Frame));
        c.or(eax, MappingLayout.Present | MappingLayout.User);
        c.mov(InTables(ecx), eax);
        c.invlpg(__byte_ptr[edx]);
        Mirror(eax, then);
        c.jmp(then);
    }

    /// <summary>
    /// If the page of the mapping at EBX is in its task's small space, writes its entry in that space's table, too. If
    /// there was an entry before, removes the page from the TLB at its address there. Uses ECX and EDX.
    /// </summary>
    private void Mirror(AssemblerRegister32 entry, bool wasPresent = true)
    {
        var beyond = c.CreateLabel();
        Mirror(entry, beyond, wasPresent);
        c.Label(ref beyond);
    }

    /// <summary>The same; jumps to a label if the page is not in the small space.</summary>
    private void Mirror(AssemblerRegister32 entry, Label beyond, bool wasPresent = true)
    {
        c.mov(edx, Node(ebx, MappingLayout.Page));
        c.cmp(edx, UserSegments.SmallSize);
        c.jae(beyond);
        c.mov(ecx, Node(ebx, Maps.Space));
        c.shl(ecx, (byte)BitOperations.Log2(UserSegments.SmallSize));
        c.or(ecx, edx);
        c.mov(edx, ecx);
        c.shr(edx, Layout.PageShift - 2);
        c.mov(__dword_ptr[edx + Maps.SmallTables.Base], entry);
        if (wasPresent)
            c.invlpg(__byte_ptr[ecx + UserSegments.Region]);
    }

    /// <summary>The smaller of a register and a dword, in the register.</summary>
    private void Least(AssemblerRegister32 value, AssemblerMemoryOperand other, AssemblerRegister32 scratch)
    {
        c.sub(value, other);
        c.sbb(scratch, scratch);
        c.and(value, scratch);
        c.add(value, other);
    }

    /// <summary>A field of the operation that is under way.</summary>
    private AssemblerMemoryOperand Op(Field field) => __dword_ptr[Maps.Current.Base + field.Offset];

    /// <summary>A field of a mapping.</summary>
    private AssemblerMemoryOperand Node(AssemblerRegister32 offset, Field field) =>
        __dword_ptr[offset + (Maps.Nodes.Base + field.Offset)];

    /// <summary>A field of a page table; the offset of its row is in a register.</summary>
    private AssemblerMemoryOperand Table(AssemblerRegister32 offset, Field field) =>
        __dword_ptr[offset + (Maps.Tables.Base + field.Offset)];

    /// <summary>The mapping at a place in the page tables.</summary>
    private AssemblerMemoryOperand InPages(AssemblerRegister32 place) => __dword_ptr[place + Maps.Pages.Base];

    /// <summary>The processor's entry at a place in the page tables.</summary>
    private AssemblerMemoryOperand InTables(AssemblerRegister32 place) => __dword_ptr[place + Maps.PageTables.Base];
}
