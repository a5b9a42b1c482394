using Iced.Intel;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using static Iced.Intel.AssemblerRegisters;
using Code = Iced.Intel.Code;

namespace Verified.Kernel;

/// <summary>
/// From the boot loader to the first pick. The image's tables contain no threads. Boot finds the servers among the
/// loader's modules; if there are no modules, it starts the image's own programs.
/// </summary>
internal sealed partial class KernelProgram
{
    /// <summary>The offset of the first instruction after the Multiboot header: a cache line.</summary>
    private const int HeaderSize = 32;

    /// <summary>
    /// The header requests modules on page boundaries and memory sizes (Multiboot 0.6, 3.1). The addresses are those of
    /// the ELF file.
    /// </summary>
    private void MultibootHeader()
    {
        const uint flags = 0x00000003;
        DefineLabel("multiboot_header");
        c.dd(KernelImage.MultibootMagic, flags, unchecked(0u - KernelImage.MultibootMagic - flags));
        c.db(new byte[HeaderSize - 12]);
    }

    private void Boot()
    {
        _fail = c.CreateLabel("boot_fail");

        // Addresses are physical, interrupts are off, and the segments are the boot loader's flat ones.
        DefineLabel("boot");
        c.cli();
        c.cld();
        c.mov(esp, BootStack);
        c.mov(esi, eax);
        foreach (
            var (port, value) in (IEnumerable<(uint, uint)>)
                [.. PicPorts.Initialisation, .. PitPorts.Initialisation, .. Com1Ports.Initialisation]
        )
        {
            // No bit of these instructions is without an effect.
            c.mov(dx, (ushort)port);
            c.mov(al, (byte)value);
            c.@out(dx, al);
        }

        FindPrograms();

        c.mov(eax, Layout.Physical(_layout.Directories));
        c.mov(cr3, eax);
        c.mov(eax, Layout.Cr0);
        c.mov(cr0, eax);

        // The identity mapping in task 0's directory makes these two instructions reachable.
        c.lgdt(__[_layout.Gdt + SegmentTables.GdtPointer]);
        c.Emit(Instruction.CreateBranch(Code.Jmp_ptr1632, (ushort)Layout.KernelCode, _address("boot_high")));

        DefineLabel("boot_high");
        c.mov(eax, Layout.KernelData);
        c.mov(ss, eax);
        c.mov(esp, Nobody + Layout.ThreadSize);
        c.mov(ds, eax);
        c.mov(eax, Layout.FlatData);
        c.mov(es, eax);
        c.mov(fs, eax);
        c.mov(gs, eax);
        c.lidt(__[_layout.Idt + SegmentTables.IdtPointer]);
        c.xor(eax, eax);
        c.lldt(ax);
        c.mov(eax, Layout.TaskState);
        c.ltr(ax);

        // Removes the identity mapping.
        var (at, _) = AddressSpaces.Identity(_layout);
        c.mov(__dword_ptr[at], 0);
        c.mov(eax, cr3);
        c.mov(cr3, eax);

        StartThreads();
        PrintLine("banner");
        c.jmp(_pick);
        BootSubroutines();
        BootConstants();
    }

    /// <summary>
    /// In: ESI is the loader's EAX, EBX its EBX. Out: ESI is the linear address of a table of threads to start.
    /// </summary>
    private void FindPrograms()
    {
        var servers = c.CreateLabel();
        var found = c.CreateLabel("boot_found");
        c.cmp(esi, Multiboot.LoaderMagic);
        Fail("boot: no Multiboot loader started this kernel; use one, such as GRUB's multiboot command", unless: c.je);
        c.test(__byte_ptr[ebx], (byte)Multiboot.HasModules);
        c.setne(al);
        c.cmp(__dword_ptr[ebx + Multiboot.ModuleCount], 0);
        c.setne(ah);
        c.test(al, ah);
        c.jne(servers);
        ApplyMappings();
        c.mov(esi, _address("boot_table"));
        c.jmp(found);
        c.Label(ref servers);
        LoadServers();
        DefineLabel(ref found);
    }

    /// <summary>
    /// The image's tables are those of a kernel without programs. A list of dwords adds the image's own programs; a 0
    /// ends the list.
    /// </summary>
    private void ApplyMappings()
    {
        var next = c.CreateLabel();
        var done = c.CreateLabel();
        c.mov(esi, Layout.Physical(_address("boot_mappings")));
        c.Label(ref next);
        c.mov(edi, __dword_ptr[esi]);
        c.test(edi, edi);
        c.je(done);
        c.mov(eax, __dword_ptr[esi + 4]);
        c.mov(__dword_ptr[edi], eax);
        c.add(esi, 8);
        c.jmp(next);
        c.Label(ref done);
    }

    /// <summary>
    /// The fields in a row of the table of threads, one dword each, after the address of the thread's row. A 0 ends the
    /// table.
    /// </summary>
    private static IReadOnlyList<Field> Started =>
        [
            Layout.Id,
            Layout.Priority,
            Layout.Mcp,
            Layout.Slice,
            Layout.Quantum,
            Layout.Pager,
            Layout.Eax,
            Layout.Ebx,
            Layout.Eip,
            Layout.Esp,
        ];

    private void StartThreads()
    {
        var next = c.CreateLabel();
        var done = c.CreateLabel("boot_started");
        c.Label(ref next);
        c.mov(ebp, __dword_ptr[esi]);
        c.test(ebp, ebp);
        c.je(done);
        for (var i = 0; i < Started.Count; i++)
        {
            c.mov(eax, __dword_ptr[esi + 4 * (i + 1)]);
            c.mov(Row(ebp, Started[i]), eax);
        }

        c.mov(Row(ebp, Layout.Status), StoredStatus.Ready);
        c.mov(Row(ebp, Layout.Eflags), Flags.User);
        c.mov(Row(ebp, Layout.Cs), Layout.UserCode);
        c.mov(Row(ebp, Layout.Ss), Layout.UserData);
        AddReady();
        c.add(esi, 4 * (Started.Count + 1));
        c.jmp(next);
        DefineLabel(ref done);
    }

    private uint[] StartRow(BootThread thread) =>
        [
            _layout.Threads.Base + _layout.Threads.Offset(ThreadId.Row<Concrete>(thread.Id, _layout.Limits)).Value,
            thread.Id,
            thread.Priority,
            _layout.Limits.Priorities - 1,
            thread.Quantum,
            thread.Quantum,
            thread.Pager,
            thread.Eax,
            thread.Ebx,
            thread.Eip,
            thread.Esp,
        ];

    /// <summary>Prints a line and halts, because no thread caused the event and the kernel cannot continue.</summary>
    private void Panic()
    {
        DefineLabel("panic");
        c.cld();
        PrintLine("panic_line");
        Halt();
    }

    private void Halt()
    {
        var halt = c.CreateLabel();
        c.cli();
        c.Label(ref halt);
        c.hlt();
        c.jmp(halt);
    }

    /// <summary>
    /// Prints a constant on COM1, up to its terminating 0, and waits for the transmitter. Uses EAX, EDX, ESI.
    /// </summary>
    private void PrintLine(string constant)
    {
        var next = c.CreateLabel();
        var wait = c.CreateLabel();
        var done = c.CreateLabel();
        c.mov(esi, _address(constant));
        c.Label(ref next);
        c.mov(dx, (ushort)Com1Ports.LineStatus);
        c.Label(ref wait);
        c.@in(al, dx);
        c.test(al, (byte)Com1Ports.TransmitterEmpty);
        c.je(wait);
        c.mov(al, __byte_ptr[esi]);
        c.test(al, al);
        c.je(done);
        c.mov(dx, (ushort)Com1Ports.Data);
        c.@out(dx, al);
        c.inc(esi);
        c.jmp(next);
        c.Label(ref done);
    }

    private void Constant(string name, string text)
    {
        DefineLabel(name);
        c.db(System.Text.Encoding.ASCII.GetBytes(text + '\0'));
    }
}
