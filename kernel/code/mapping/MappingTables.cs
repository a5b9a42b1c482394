using System.Numerics;
using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// Mappings: the operation's progress, places in the page tables, and what the processor and its TLB are told.
/// </summary>
internal sealed partial class KernelProgram
{
    /// <summary>So many pages as EAX says are done; the step ends.</summary>
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

    /// <summary>So many pages of the source as EAX says are done. Uses ECX.</summary>
    private void AdvanceSource()
    {
        c.sub(Op(MappingLayout.Left), eax);
        c.mov(ecx, Op(MappingLayout.SourcePage));
        c.add(ecx, eax);
        c.and(ecx, _layout.Limits.Paging.Pages - 1);
        c.mov(Op(MappingLayout.SourcePage), ecx);
    }

    /// <summary>The mapping at EBX is at the target's page. Uses EAX, ECX, EDX.</summary>
    private void AtTarget()
    {
        c.mov(eax, Op(Maps.Target));
        c.mov(Node(ebx, Maps.Space), eax);
        c.mov(eax, Op(MappingLayout.TargetPage));
        c.shl(eax, (byte)BitOperations.Log2(Layout.PageSize));
        c.mov(Node(ebx, MappingLayout.Page), eax);
        TurnPorts();
    }

    /// <summary>
    /// The mapping at EBX comes to its page or leaves it: if that is one of ports, its 16 bits in the map of its task
    /// turn. Uses EAX, ECX, EDX.
    /// </summary>
    private void TurnPorts()
    {
        var memory = c.CreateLabel();
        c.mov(ecx, Node(ebx, MappingLayout.Page));
        c.cmp(ecx, Layout.KernelBase);
        c.jb(memory);

        // Two pages to a dword: the second's are its high bits.
        c.shr(ecx, (byte)(BitOperations.Log2(Layout.PageSize) + 1));
        c.sbb(eax, eax);
        c.xor(eax, 0xFFFF);
        c.and(ecx, MappingLayout.PortWords - 1);
        c.mov(edx, Node(ebx, Maps.Space));
        c.shl(edx, (byte)BitOperations.Log2(MappingLayout.PortWords));
        c.or(ecx, edx);
        c.xor(In(Maps.PortMaps, ecx), eax);
        c.Label(ref memory);
    }

    /// <summary>
    /// Goes on where the root itself is taken: by a map operation, or if the mask says so, but never σ0's.
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
    /// Of a page of a task: its place in the page tables, and the offset of its page table, 0 for none. Uses EAX.
    /// </summary>
    private void Lookup(Field task, Field page, AssemblerRegister32 place, AssemblerRegister32 table)
    {
        c.mov(place, Op(page));
        c.mov(eax, Op(task));
        c.mov(table, place);
        c.shl(eax, (byte)BitOperations.Log2(_layout.Limits.Paging.Slots));
        c.shr(table, (byte)BitOperations.Log2(_layout.Limits.Paging.Entries));
        c.or(eax, table);
        c.and(place, _layout.Limits.Paging.Entries - 1);
        c.mov(table, In(Maps.Slots, eax));
        c.lea(place, __[table + place * 4]);
    }

    /// <summary>Of the mapping at EBX: ECX its place in the page tables, EDX its page's address. Uses EAX.</summary>
    private void Entry()
    {
        c.mov(edx, Node(ebx, MappingLayout.Page));
        c.mov(ecx, Node(ebx, Maps.Space));
        c.mov(eax, edx);
        c.shr(eax, 22);
        c.shl(ecx, (byte)BitOperations.Log2(_layout.Limits.Paging.Slots));
        c.or(ecx, eax);
        c.mov(eax, edx);
        c.shr(eax, 12);
        c.and(eax, _layout.Limits.Paging.Entries - 1);
        c.mov(ecx, In(Maps.Slots, ecx));
        c.lea(ecx, __[ecx + eax * 4]);
    }

    /// <summary>
    /// The page-table entry of the mapping at EBX, with its rights, and the TLB's. Uses EAX, ECX, EDX.
    /// </summary>
    private void WriteEntry()
    {
        Entry();
        c.mov(eax, Node(ebx, MappingLayout.Depth));
        c.sub(eax, Node(ebx, MappingLayout.Level));
        c.sbb(eax, eax);
        c.and(eax, MappingLayout.Writable);
        c.or(eax, Node(ebx, Maps.Frame));
        c.or(eax, MappingLayout.Present | MappingLayout.User);
        c.mov(InTables(ecx), eax);
        Invalidate(ecx, edx);
    }

    /// <summary>
    /// The TLB loses the page at an address, and at that of its place in the page tables in nobody's directory
    /// (<see cref="UserSegments"/>). The place is lost.
    /// </summary>
    private void Invalidate(AssemblerRegister32 place, AssemblerRegister32 page)
    {
        c.invlpg(__byte_ptr[page]);
        c.shl(place, (byte)(BitOperations.Log2(Layout.PageSize) - 2));
        c.invlpg(__byte_ptr[place]);
    }

    /// <summary>The least of a register and a dword, in the register.</summary>
    private void Least(AssemblerRegister32 value, AssemblerMemoryOperand other, AssemblerRegister32 scratch)
    {
        c.sub(value, other);
        c.sbb(scratch, scratch);
        c.and(value, scratch);
        c.add(value, other);
    }

    /// <summary>A field of the operation that is going on.</summary>
    private AssemblerMemoryOperand Op(Field field) => __dword_ptr[Maps.Current.Base + field.Offset];

    /// <summary>A field of a mapping.</summary>
    private AssemblerMemoryOperand Node(AssemblerRegister32 offset, Field field) =>
        __dword_ptr[offset + (Maps.Nodes.Base + field.Offset)];

    /// <summary>A field of a page table whose row's offset is in a register.</summary>
    private AssemblerMemoryOperand Table(AssemblerRegister32 offset, Field field) =>
        __dword_ptr[offset + (Maps.Tables.Base + field.Offset)];

    /// <summary>The mapping at a place in the page tables.</summary>
    private AssemblerMemoryOperand InPages(AssemblerRegister32 place) => __dword_ptr[place + Maps.Pages.Base];

    /// <summary>The processor's entry at a place in the page tables.</summary>
    private AssemblerMemoryOperand InTables(AssemblerRegister32 place) => __dword_ptr[place + Maps.PageTables.Base];
}
