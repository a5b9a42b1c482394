using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// Copies the loader's information into one page for the root task: the list of modules with their command lines, the
/// memory map, and the names. Boot copies it before it moves anything, so programs may overwrite the original later.
/// </summary>
internal sealed partial class KernelProgram
{
    private Label _append,
        _appendText;

    private uint Kept => _layout.Boot.Information;

    /// <summary>In: EBX is the loader's information. Out: EBX is the copy.</summary>
    private void KeepInformation()
    {
        (_append, _appendText) = (c.CreateLabel("boot_append"), c.CreateLabel("boot_append_text"));
        c.mov(edi, Kept + Multiboot.Size);
        c.mov(eax, __dword_ptr[ebx]);
        c.and(eax, Multiboot.Kept);
        c.mov(__dword_ptr[Kept], eax);
        foreach (var offset in (uint[])[Multiboot.LowerKilobytes, Multiboot.UpperKilobytes, Multiboot.ModuleCount])
        {
            c.mov(eax, __dword_ptr[ebx + offset]);
            c.mov(__dword_ptr[Kept + offset], eax);
        }

        // The length of the list of modules must not overflow, so the number of modules is checked first.
        c.mov(ecx, __dword_ptr[ebx + Multiboot.ModuleCount]);
        c.cmp(ecx, Layout.PageSize / Multiboot.ModuleSize);
        Fail("boot: too many modules; give fewer", unless: c.jb);
        c.shl(ecx, 4);
        c.mov(esi, __dword_ptr[ebx + Multiboot.Modules]);
        c.mov(__dword_ptr[Kept + Multiboot.Modules], edi);
        c.call(_append);
        var noMap = c.CreateLabel();
        c.test(__dword_ptr[ebx], Multiboot.HasMap);
        c.je(noMap);
        c.mov(ecx, __dword_ptr[ebx + Multiboot.MapLength]);
        c.mov(esi, __dword_ptr[ebx + Multiboot.Map]);
        c.mov(__dword_ptr[Kept + Multiboot.MapLength], ecx);
        c.mov(__dword_ptr[Kept + Multiboot.Map], edi);
        c.call(_append);
        c.Label(ref noMap);

        var text = c.CreateLabel();
        var noMore = c.CreateLabel();
        c.mov(ebp, __dword_ptr[Kept + Multiboot.Modules]);
        c.mov(edx, __dword_ptr[Kept + Multiboot.ModuleCount]);
        c.Label(ref text);
        c.dec(edx);
        c.js(noMore);
        c.mov(esi, __dword_ptr[ebp + Multiboot.ModuleText]);
        c.mov(__dword_ptr[ebp + Multiboot.ModuleText], edi);
        c.call(_appendText);
        c.add(ebp, Multiboot.ModuleSize);
        c.jmp(text);
        c.Label(ref noMore);
        foreach (
            var (flag, offset) in ((uint, uint)[])
                [(Multiboot.HasCommandLine, Multiboot.CommandLine), (Multiboot.HasName, Multiboot.Name)]
        )
        {
            var none = c.CreateLabel();
            c.test(__dword_ptr[ebx], flag);
            c.je(none);
            c.mov(esi, __dword_ptr[ebx + offset]);
            c.mov(__dword_ptr[Kept + offset], edi);
            c.call(_appendText);
            c.Label(ref none);
        }

        c.mov(ebx, Kept);
    }

    /// <summary>
    /// Appends to the page at EDI: the ECX bytes at ESI, or the text at ESI with its terminating 0. A text at address 0
    /// counts as empty. Uses EAX, ECX, ESI.
    /// </summary>
    private void AppendRoutines()
    {
        var some = c.CreateLabel();
        DefineLabel(ref _appendText);
        c.test(esi, esi);
        c.jne(some);
        c.mov(esi, Layout.Physical(_address("boot_empty")));
        c.Label(ref some);
        c.push(edi);
        c.mov(edi, esi);
        c.mov(ecx, Layout.PageSize);
        c.xor(eax, eax);
        c.repne_scasb();
        c.mov(ecx, edi);
        c.sub(ecx, esi);
        c.pop(edi);
        DefineLabel(ref _append);
        c.mov(eax, Kept + Layout.PageSize);
        c.sub(eax, edi);
        c.cmp(ecx, eax);
        Fail(
            "boot: the boot loader's information does not fit in a page of 4096 bytes; shorten the command lines",
            unless: c.jbe
        );
        c.rep_movsb();
        c.ret();
    }
}
