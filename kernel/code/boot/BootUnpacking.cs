using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>Staging and unpacking of the servers' files.</summary>
internal sealed partial class KernelProgram
{
    /// <summary>
    /// Goes from the ELF file at ESI to its program headers. Out: ESI is the first header, EBX the size of a header;
    /// the number of headers is pushed. Uses EAX, ECX, EDX.
    /// </summary>
    private void Headers(string? cutOff = null)
    {
        c.movzx(ecx, __word_ptr[esi + 44]);
        c.movzx(ebx, __word_ptr[esi + 42]);
        if (cutOff is not null)
        {
            // Both factors have 16 bits, so the product fits in EAX.
            c.mov(eax, ebx);
            c.mul(ecx);
            c.add(eax, __dword_ptr[esi + 28]);
            c.sbb(edx, edx);
            c.or(eax, edx);
            c.cmp(Of(SourceSize), eax);
            Fail(cutOff, unless: c.jae);
            c.cmp(ebx, ElfFormat.SegmentSize);
            Fail(cutOff, unless: c.jae);
        }

        c.add(esi, __dword_ptr[esi + 28]);
        c.push(ecx);
    }

    /// <summary>Moves the ELF file of the server at EDI to free memory, page-aligned and as high as possible.</summary>
    private void StageRoutine()
    {
        var search = c.CreateLabel();
        var found = c.CreateLabel();
        var flat = c.CreateLabel("boot_not_staged");
        var room = c.CreateLabel();
        DefineLabel(ref _stage);
        c.cmp(Of(IsElf), 0);
        c.je(flat);
        c.mov(edx, MemoryEnd);
        c.Label(ref search);
        c.mov(eax, edx);
        c.sub(eax, Of(SourceSize));
        c.jb(room);
        c.and(eax, ~(Layout.PageSize - 1));
        c.mov(edx, eax);
        c.add(edx, Of(SourceSize));
        c.cmp(eax, Multiboot.UpperMemory);
        c.jb(room);
        c.call(_findOverlap);
        c.jnc(found);
        c.mov(edx, __dword_ptr[ebp]);
        c.jmp(search);
        c.Label(ref room);
        c.mov(edx, MemoryEnd);
        c.add(edx, Of(SourceSize));
        Fail("boot: not enough memory to unpack module @: about # is needed; give the machine more");
        c.Label(ref found);
        c.call(_addRegion);
        c.push(edi);
        c.mov(esi, Of(Source));
        c.mov(Of(Source), eax);
        c.mov(ecx, Of(SourceSize));
        c.mov(edi, eax);
        c.rep_movsb();
        c.pop(edi);
        DefineLabel(ref flat);
        c.ret();
    }

    /// <summary>
    /// Copies the segments of the ELF file of the server at EDI, and clears the rest of their memory.
    /// </summary>
    private void UnpackRoutine()
    {
        var segment = c.CreateLabel();
        var skip = c.CreateLabel();
        var done = c.CreateLabel();
        var flat = c.CreateLabel("boot_not_unpacked");
        DefineLabel(ref _unpack);
        c.cmp(Of(IsElf), 0);
        c.je(flat);
        c.mov(esi, Of(Source));
        c.mov(ebp, esi);
        Headers();
        c.Label(ref segment);
        c.dec(__dword_ptr[esp]);
        c.js(done);
        c.cmp(__dword_ptr[esi], ElfFormat.Load);
        c.jne(skip);
        c.push(esi);
        c.mov(edi, __dword_ptr[esi + 12]);
        c.mov(ecx, __dword_ptr[esi + 16]);
        c.mov(edx, __dword_ptr[esi + 20]);
        c.sub(edx, ecx);
        c.mov(esi, __dword_ptr[esi + 4]);
        c.add(esi, ebp);
        c.rep_movsb();
        c.mov(ecx, edx);
        c.xor(eax, eax);
        c.rep_stosb();
        c.pop(esi);
        c.Label(ref skip);
        c.add(esi, ebx);
        c.jmp(segment);
        c.Label(ref done);
        c.pop(ecx);
        DefineLabel(ref flat);
        c.ret();
    }
}
