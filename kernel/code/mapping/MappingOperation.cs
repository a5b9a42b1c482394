using Iced.Intel;
using Verified.Spec;
using Verified.Spec.Tables;
using static Iced.Intel.AssemblerRegisters;
using Code = Verified.Spec.Code;

namespace Verified.Kernel;

/// <summary>Mappings: the start and the end of an operation.</summary>
internal sealed partial class KernelProgram
{
    /// <summary>The operation has ended: its owner continues, and so does the sender of its map item.</summary>
    private void MapEnd(ref Label end)
    {
        var unmapped = c.CreateLabel("map_unmapped");
        var failed = c.CreateLabel("map_failed");
        var told = c.CreateLabel();
        DefineLabel(ref end);
        c.cmp(Op(MappingLayout.Operation), Operations.Delete);
        c.je(_delete);
        c.mov(edx, Op(Maps.Owner));
        c.mov(ebp, Row(edx, _layout.Partner));
        c.mov(edi, Row(edx, Layout.Status));
        Free(edx);
        c.mov(eax, Op(MappingLayout.Operation));
        c.mov(Op(MappingLayout.Operation), Operations.None);
        c.cmp(eax, Operations.Map);
        c.jne(_leave);
        c.cmp(Op(MappingLayout.Failed), 0);
        c.je(_goesOn);

        // The registers of a faulting thread do not change.
        c.test(edi, StoredStatus.Faulting);
        c.jne(told);
        c.mov(Row(edx, Layout.Eax), Code.ReceiveMapFailed);
        c.Label(ref told);
        c.mov(Row(ebp, Layout.Eax), Code.SendMapFailed);
        Free(ebp);
        AddReady();
        c.jmp(_leave);
    }

    /// <summary>Starts the current thread's own operation.</summary>
    private void MapBegin(ref Label begin)
    {
        var none = c.CreateLabel("map_no_fpage");
        var unmap = c.CreateLabel("map_begin_unmap");
        var window = c.CreateLabel();
        var memory = c.CreateLabel();
        var unlike = c.CreateLabel();
        var allowed = c.CreateLabel();
        DefineLabel(ref begin);
        LoadCurrentRow(edi);
        c.mov(Op(Maps.Owner), edi);
        c.mov(Op(MappingLayout.Failed), 0);
        c.mov(Op(MappingLayout.Left), 0);
        c.mov(ebp, Current(_layout.Partner));
        c.cmp(ebp, Nobody);
        c.je(unmap);

        // The item is in the sender's words. It is mapped into the receiver's window, or anywhere if the receiver
        // faulted.
        c.mov(Op(MappingLayout.Operation), Operations.Map);
        TaskOf(edi, Maps.Target);
        c.mov(edx, ebp);
        TaskOf(edx, Maps.Source);
        c.mov(edx, Row(ebp, Layout.Ebx));
        c.mov(Op(MappingLayout.Item), edx);
        c.mov(ebx, Current(Layout.Ebp));
        c.test(Current(Layout.Status), StoredStatus.Faulting);
        c.je(window);
        c.mov(ebx, Fpage.Whole);
        c.Label(ref window);
        PagesOf(edx, esi, none);
        PagesOfValid(ebx, edi);

        // EAX = the smaller size. The hot spot selects the place in the larger fpage. Ports keep their places.
        c.mov(eax, esi);
        c.sub(eax, edi);
        c.sbb(ecx, ecx);
        c.and(eax, ecx);
        c.add(eax, edi);
        c.mov(ecx, Row(ebp, Layout.Edx));
        c.shr(ecx, Layout.PageShift);
        c.mov(ebp, edx);
        c.shr(ebp, 12);
        c.cmp(ebp, Fpage.PortsTag);
        c.jne(memory);
        c.mov(ecx, edx);
        c.or(ecx, ebx);
        c.Label(ref memory);
        c.neg(eax);
        c.and(ecx, eax);
        c.neg(eax);
        c.dec(esi);
        c.and(esi, ecx);
        c.add(esi, edx);
        c.and(esi, _layout.Limits.Paging.Pages - 1);
        c.mov(Op(MappingLayout.SourcePage), esi);
        c.dec(edi);
        c.and(edi, ecx);
        c.add(edi, ebx);
        c.and(edi, _layout.Limits.Paging.Pages - 1);
        c.mov(Op(MappingLayout.TargetPage), edi);

        // Only ports to the same page, or memory to memory, up to the end of either.
        c.cmp(ebp, Fpage.PortsTag);
        c.jne(unlike);
        c.cmp(esi, edi);
        c.je(allowed);
        c.Label(ref unlike);
        c.cmp(esi, _layout.Limits.Paging.UserPages);
        c.jae(none);
        c.cmp(edi, _layout.Limits.Paging.UserPages);
        c.jae(none);
        c.Label(ref allowed);
        RestOf(esi, none);
        RestOf(edi, none);
        c.mov(Op(MappingLayout.Left), eax);
        c.jmp(_map);

        DefineLabel(ref unmap);
        c.mov(Op(MappingLayout.Operation), Operations.Unmap);
        TaskOf(edi, Maps.Source);
        c.mov(eax, Current(Layout.Ecx));
        c.mov(Op(MappingLayout.Item), eax);
        c.mov(edx, Current(Layout.Eax));
        c.mov(eax, edx);
        c.shr(eax, Layout.PageShift);
        c.mov(Op(MappingLayout.SourcePage), eax);
        PagesOf(edx, esi, none);
        c.mov(eax, esi);
        RestOf(edx, none);
        c.mov(Op(MappingLayout.Left), eax);
        DefineLabel(ref none);
        c.jmp(_map);
    }

    /// <summary>
    /// Stores the task of the thread whose row address is in a register into a field. The register is lost.
    /// </summary>
    private void TaskOf(AssemblerRegister32 row, Field field)
    {
        TaskOf(row);
        c.mov(Op(field), row);
    }

    /// <summary>
    /// Turns an fpage into the number of its first page, and counts its pages. Jumps to <paramref name="invalid"/>
    /// unless it has 12 to 32 bits (ports: 4 to 16) and is aligned. Uses EAX, ECX.
    /// </summary>
    private void PagesOf(AssemblerRegister32 fpage, AssemblerRegister32 pages, Label invalid)
    {
        Exponent(fpage);
        c.neg(eax);
        c.add(eax, 20);
        c.cmp(ecx, eax);
        c.ja(invalid);
        CountPages(fpage, pages);
        c.lea(ecx, __[pages - 1]);
        c.test(fpage, ecx);
        c.jne(invalid);
    }

    /// <summary>The same for an fpage that is known to be valid, such as a receiver's window. Uses EAX, ECX.</summary>
    private void PagesOfValid(AssemblerRegister32 fpage, AssemblerRegister32 pages)
    {
        Exponent(fpage);
        CountPages(fpage, pages);
    }

    /// <summary>ECX = log2 of the number of pages of an fpage; EAX = 8 for ports, else 0.</summary>
    private void Exponent(AssemblerRegister32 fpage)
    {
        c.mov(ecx, fpage);
        c.mov(eax, fpage);
        c.shr(ecx, 2);
        c.shr(eax, 24);
        c.and(ecx, 0x3F);
        c.xor(eax, Fpage.PortsTag);
        c.sub(eax, 1);
        c.sbb(eax, eax);
        c.and(eax, 8);
        c.lea(ecx, __[ecx + eax - 12]);
    }

    // CL is log2 of the number of pages.
    private void CountPages(AssemblerRegister32 fpage, AssemblerRegister32 pages)
    {
        c.mov(pages, 1);
        c.shl(pages, cl);
        c.shr(fpage, Layout.PageShift);
    }

    /// <summary>
    /// Limits EAX to the number of pages from <paramref name="page"/> to the end of memory, or of the ports. Jumps to
    /// <paramref name="none"/> if the page is neither. Uses ECX, EDX.
    /// </summary>
    private void RestOf(AssemblerRegister32 page, Label none)
    {
        var memory = c.CreateLabel();
        c.mov(ecx, _layout.Limits.Paging.UserPages);
        c.cmp(page, ecx);
        c.jb(memory);
        c.add(ecx, _layout.Limits.Paging.Ports);
        c.cmp(page, ecx);
        c.jae(none);
        c.Label(ref memory);
        c.sub(ecx, page);
        c.sub(eax, ecx);
        c.sbb(edx, edx);
        c.and(eax, edx);
        c.add(eax, ecx);
    }
}
