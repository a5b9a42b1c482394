using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;
using Code = Iced.Intel.Code;

namespace Verified.Kernel;

/// <summary>
/// From the boot loader to the first pick. All tables come with the image, so that boot has only the processor and the devices
/// to set up.
/// </summary>
internal sealed partial class KernelProgram
{
    /// <summary>The first instruction after the Multiboot header: a line of the cache.</summary>
    private const int HeaderSize = 32;

    // Protection, monitor and emulate coprocessor, task switched: no thread uses the coprocessor, whose registers nobody saves.
    // Native errors, write protection in ring 0, paging (SDM 3A, 2.5).
    private const uint Cr0 = 0x8001003F;

    /// <summary>Multiboot 0.6, 3.1: modules on page boundaries, memory sizes wanted; the addresses are the ELF file's.</summary>
    private void MultibootHeader()
    {
        const uint flags = 0x00000003;
        Mark("multiboot_header");
        c.dd(KernelImage.MultibootMagic, flags, unchecked(0u - KernelImage.MultibootMagic - flags));
        c.db(new byte[HeaderSize - 12]);
    }

    private void Boot()
    {
        // Physical addresses, interrupts off, flat segments of the boot loader's.
        Mark("boot");
        c.cli();
        c.cld();
        c.mov(eax, Layout.Physical(_layout.Directories));
        c.mov(cr3, eax);
        c.mov(eax, Cr0);
        c.mov(cr0, eax);

        // The identity mapping of nobody's directory carries these two instructions.
        c.lgdt(__[_layout.Gdt + SegmentTables.GdtPointer]);
        c.AddInstruction(Instruction.CreateBranch(Code.Jmp_ptr1632, (ushort)Layout.KernelCode, _address("boot_high")));

        Mark("boot_high");
        c.mov(eax, Layout.KernelData);
        c.mov(ss, eax);
        c.mov(esp, Nobody + Layout.ThreadSize);
        c.mov(eax, Layout.UserData);
        c.mov(ds, eax);
        c.mov(es, eax);
        c.mov(fs, eax);
        c.mov(gs, eax);
        c.lidt(__[_layout.Idt + SegmentTables.IdtPointer]);
        c.xor(eax, eax);
        c.lldt(ax);
        c.mov(eax, Layout.TaskState);
        c.ltr(ax);

        // No identity mapping from here on.
        c.mov(__dword_ptr[_layout.Directories], 0);
        c.mov(eax, cr3);
        c.mov(cr3, eax);

        foreach (var (port, value) in (IEnumerable<(uint, uint)>)[.. Pic.Initialisation, .. Pit.Initialisation, .. Com1.Initialisation])
        {
            c.mov(edx, port);
            c.mov(eax, value);
            c.@out(dx, al);
        }

        PrintLine("banner");
        c.jmp(_pick);
        Constant("banner", "Verified: L4 X.0 on IA-32\r\n");
        Constant("panic_line", "panic: NMI, double fault or machine check\r\n");
    }

    /// <summary>Not a thread's doing, and nothing to go on with.</summary>
    private void Panic()
    {
        var halt = c.CreateLabel("panic_halt");
        Mark("panic");
        c.cld();
        PrintLine("panic_line");
        c.cli();
        Mark(ref halt);
        c.hlt();
        c.jmp(halt);
    }

    /// <summary>Prints a constant on COM1, waiting for the transmitter; ends before its terminating 0. Uses EAX, EDX, ESI.</summary>
    private void PrintLine(string constant)
    {
        var next = c.CreateLabel();
        var wait = c.CreateLabel();
        var done = c.CreateLabel();
        c.mov(esi, _address(constant));
        c.Label(ref next);
        c.mov(edx, Com1.LineStatus);
        c.Label(ref wait);
        c.@in(al, dx);
        c.test(al, (byte)Com1.TransmitterEmpty);
        c.je(wait);
        c.mov(al, __byte_ptr[esi]);
        c.test(al, al);
        c.je(done);
        c.mov(edx, Com1.Data);
        c.@out(dx, al);
        c.inc(esi);
        c.jmp(next);
        c.Label(ref done);
    }

    private void Constant(string name, string text)
    {
        Mark(name);
        c.db(System.Text.Encoding.ASCII.GetBytes(text + '\0'));
    }
}
