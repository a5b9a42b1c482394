using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// The smallest root task: its pages come by page faults; it asks σ0 for the info page, looks at the frequency and
/// watches the clock there, and gets a free page, which is empty and can be written.
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

        // [ESP] led to the loader's information when it started: two modules at least.
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
