using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// The smallest root task. Its pages arrive by page faults. It asks σ0 for the info page, and reads the frequency and
/// the clock there. Then it gets a free page and checks that the page is empty and writable.
/// </summary>
internal static class Hello
{
    private const uint InfoWindow = RootCode.Window,
        PageWindow = RootCode.Window + Layout.PageSize;

    public static byte[] File()
    {
        var p = new RootCode();
        var c = p.c;
        var (unknown, later, wrong) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        p.Print("hello: running");

        // At its start, [ESP] was the address of the loader's information, with at least two modules.
        c.mov(eax, __[esp]);
        c.cmp(__dword_ptr[eax + Multiboot.ModuleCount], 2);
        c.jb(wrong);

        p.AskSigma0(1, 1, InfoWindow);
        c.cmp(__dword_ptr[InfoWindow], KernelInfo.Magic);
        c.jne(wrong);
        p.Print("hello: the info page is here");
        c.cmp(__dword_ptr[InfoWindow + KernelInfo.ProcessorFrequency], 0);
        c.je(unknown);
        p.Print("hello: the processor's frequency is measured");

        // Both labels need an instruction of their own.
        c.nop();
        c.Label(ref unknown);
        c.mov(ebx, __dword_ptr[InfoWindow + KernelInfo.Clock]);
        c.Label(ref later);
        c.mov(eax, __dword_ptr[InfoWindow + KernelInfo.Clock]);
        c.sub(eax, ebx);
        c.cmp(eax, 3 * Timeouts.TickMicroseconds);
        c.jb(later);
        p.Print("hello: 3 milliseconds later");

        p.AskSigma0(0xFFFFFFFC, 0, PageWindow);
        c.mov(__dword_ptr[PageWindow + 8], 0x12345678);
        c.cmp(__dword_ptr[PageWindow + 8], 0x12345678);
        c.jne(wrong);
        p.Print("hello: a page of memory");
        p.Exit(0);

        c.Label(ref wrong);
        p.Print("hello: wrong");
        p.Exit(1);
        return p.File();
    }
}
