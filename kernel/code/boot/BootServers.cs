using Iced.Intel;
using Verified.Spec;
using Verified.Spec.Tables;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// Boot with modules. The first module is σ0, the second is the root task. Each is an ELF executable, which is copied
/// to the addresses in its program headers, or a flat binary, which runs where the loader put it. Other modules are
/// left to the root task.
/// </summary>
/// <remarks>
/// All memory in use is a list of physical regions, which must not overlap. Wherever the loader has put an ELF file,
/// boot first moves it out of the way of all other regions, and then unpacks it. All this runs with paging off.
/// </remarks>
internal sealed partial class KernelProgram
{
    private const uint ElfMagic = ElfFormat.Magic;

    // Boot's variables, and the regions (first byte, byte after the last), in the page that becomes σ0's stack.
    private uint Scratch => _layout.Boot.Sigma0Stack;
    private AssemblerMemoryOperand MemoryEnd => __dword_ptr[Scratch];
    private AssemblerMemoryOperand RegionCount => __dword_ptr[Scratch + 4];
    private uint StartTable => Scratch + 8;
    private uint Servers => Scratch + 0x80;
    private uint Regions => Scratch + 0x100;
    private uint MostRegions => (BootPages.InitialStack(Scratch) - Regions) / 8;

    private uint BootStack => _layout.Boot.RootStack + Layout.PageSize;

    /// <summary>
    /// A server that is being loaded: the module's address and size, its entry in the start table, and its number in
    /// messages.
    /// </summary>
    private const uint Source = 0,
        SourceSize = 4,
        Start = 8,
        Number_ = 12,
        IsElf = 16,
        ServerSize = 32;

    private Label _addRegion,
        _findOverlap,
        _check,
        _stage,
        _unpack;

    private uint InfoPage => Layout.Physical(_layout.Info);

    /// <summary>
    /// In: EBX is the loader's information. Out: ESI is the linear address of a table of threads to start.
    /// </summary>
    private void LoadServers()
    {
        if (!ServerThreads.Fit(_layout.Limits))
        {
            Fail("boot: this kernel is too small for modules: build one of at least 8 tasks and 64 priorities");
            return;
        }

        (_addRegion, _findOverlap) = (c.CreateLabel("boot_add_region"), c.CreateLabel("boot_find_overlap"));
        (_check, _stage, _unpack) = (
            c.CreateLabel("boot_check"),
            c.CreateLabel("boot_stage"),
            c.CreateLabel("boot_unpack")
        );
        MeasureMemory();
        KeepInformation();
        ListModules();
        ForBoth(() => c.call(_check));
        ForBoth(AddSource);
        ForBoth(() => c.call(_stage));
        ForBoth(() => c.call(_unpack));
        DescribeMemory();
        MeasureFrequency();
        MapFrames();
        ServersToStart();
    }

    private void ForBoth(Action emit)
    {
        for (var server = 0u; server < 2; server++)
        {
            c.mov(edi, Servers + server * ServerSize);
            emit();
        }
    }

    /// <summary>Reserves the memory of an ELF file as the loader put it, until the file has been moved.</summary>
    private void AddSource()
    {
        var flat = c.CreateLabel();
        c.cmp(Of(IsElf), 0);
        c.je(flat);
        c.mov(eax, Of(Source));
        c.mov(edx, eax);
        c.add(edx, Of(SourceSize));
        c.call(_addRegion);
        c.Label(ref flat);
    }

    /// <summary>
    /// Lists the regions: the kernel, addresses without memory, and the modules that stay where they are. The files of
    /// the servers are recorded separately. They become regions after their segments have been placed.
    /// </summary>
    private void ListModules()
    {
        var next = c.CreateLabel();
        var done = c.CreateLabel();
        c.cmp(__dword_ptr[ebx + Multiboot.ModuleCount], 2);
        Fail("boot: one module is not enough: give first sigma0, then the root task", unless: c.jae);
        Region(Layout.ImageBase, Layout.Physical(_layout.UserImages));
        c.mov(eax, __dword_ptr[ebx + Multiboot.LowerKilobytes]);
        c.shl(eax, 10);
        c.mov(edx, Multiboot.UpperMemory);
        c.call(_addRegion);

        c.mov(esi, __dword_ptr[ebx + Multiboot.Modules]);
        for (var server = 0u; server < 2; server++)
        {
            c.mov(eax, __dword_ptr[esi + Multiboot.ModuleStart]);
            c.mov(edx, __dword_ptr[esi + Multiboot.ModuleEnd]);
            c.mov(ServerField(server, Source), eax);
            c.sub(edx, eax);
            c.mov(ServerField(server, SourceSize), edx);
            c.mov(ServerField(server, Start), InfoPage + (server == 0 ? KernelInfo.Sigma0 : KernelInfo.Root));
            c.mov(ServerField(server, Number_), server + 1);
            c.add(esi, Multiboot.ModuleSize);
        }

        c.mov(edi, __dword_ptr[ebx + Multiboot.ModuleCount]);
        c.sub(edi, 2);
        c.Label(ref next);
        c.je(done);
        c.mov(eax, __dword_ptr[esi + Multiboot.ModuleStart]);
        c.mov(edx, __dword_ptr[esi + Multiboot.ModuleEnd]);
        c.call(_addRegion);
        c.add(esi, Multiboot.ModuleSize);
        c.dec(edi);
        c.jmp(next);
        c.Label(ref done);
    }

    private AssemblerMemoryOperand ServerField(uint server, uint field) =>
        __dword_ptr[Servers + server * ServerSize + field];

    private static AssemblerMemoryOperand Of(uint field) => __dword_ptr[edi + field];

    private void Region(uint begin, uint end)
    {
        c.mov(eax, begin);
        c.mov(edx, end);
        c.call(_addRegion);
    }

    /// <summary>
    /// The image gives σ0 every frame that the kernel has not reserved. Removes the frames beyond the end of memory.
    /// </summary>
    private void MapFrames()
    {
        var (paging, maps) = (_layout.Limits.Paging, _layout.Mappings);
        var none = c.CreateLabel();
        var node = c.CreateLabel();
        c.mov(esi, MemoryEnd);
        c.shr(esi, 12);
        c.mov(edx, paging.Frames);
        c.sub(edx, esi);
        c.jbe(none);

        // σ0's page tables for memory follow those for its ports, in order, so the rows of consecutive frames are
        // adjacent.
        var before = paging.UserSlots - paging.UserPages / paging.Entries + 1;
        c.xor(eax, eax);
        foreach (var area in (Area[])[maps.Pages, maps.PageTables])
        {
            c.lea(edi, __[esi * 4 + (Layout.Physical(area.Base) + before * paging.Entries * 4)]);
            c.mov(ecx, edx);
            c.rep_stosd();
        }

        c.shl(esi, (byte)System.Numerics.BitOperations.Log2(MappingLayout.NodeSize));
        c.Label(ref node);
        c.mov(__dword_ptr[esi + (Layout.Physical(maps.Nodes.Base) + maps.Space.Offset)], eax);
        c.add(esi, MappingLayout.NodeSize);
        c.dec(edx);
        c.jne(node);
        c.Label(ref none);
    }

    /// <summary>
    /// Fills the table of threads from the start table of the info page. It rounds the servers' memory to whole pages,
    /// and puts each server's argument on its stack.
    /// </summary>
    private void ServersToStart()
    {
        var at = StartTable;
        foreach (
            var (thread, start, argument) in ((BootThread, uint, uint)[])
                [
                    (ServerThreads.Sigma0At(_layout, eip: 0), KernelInfo.Sigma0, InfoPage),
                    (ServerThreads.RootAt(_layout, eip: 0), KernelInfo.Root, _layout.Boot.Information),
                ]
        )
        {
            c.and(__dword_ptr[InfoPage + start + KernelInfo.StartBegin], ~(Layout.PageSize - 1));
            c.add(__dword_ptr[InfoPage + start + KernelInfo.StartEnd], Layout.PageSize - 1);
            c.and(__dword_ptr[InfoPage + start + KernelInfo.StartEnd], ~(Layout.PageSize - 1));
            c.mov(__dword_ptr[InfoPage + start + KernelInfo.StartEsp], thread.Esp);
            c.mov(__dword_ptr[thread.Esp], argument);
            foreach (var dword in StartRow(thread))
            {
                c.mov(__dword_ptr[at], dword);
                at += 4;
            }

            // EIP is not known before boot.
            c.mov(eax, __dword_ptr[InfoPage + start + KernelInfo.StartEip]);
            Clip(eax, ecx);
            c.mov(__dword_ptr[at - 8], eax);
        }

        c.mov(__dword_ptr[at], 0);
        c.mov(esi, Layout.KernelBase + StartTable);
    }
}
