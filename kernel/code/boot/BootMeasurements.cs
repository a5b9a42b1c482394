using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>Boot measures the memory and the processor's frequency.</summary>
internal sealed partial class KernelProgram
{
    private void MeasureMemory()
    {
        c.test(__byte_ptr[ebx], (byte)Multiboot.HasMemory);
        Fail(
            "boot: the boot loader does not tell the size of memory; use one that keeps to Multiboot 0.6",
            unless: c.jne
        );
        var fits = c.CreateLabel();
        c.mov(eax, __dword_ptr[ebx + Multiboot.UpperKilobytes]);
        c.cmp(eax, (Layout.MemorySize - Multiboot.UpperMemory) >> 10);
        c.jbe(fits);
        c.mov(eax, (Layout.MemorySize - Multiboot.UpperMemory) >> 10);
        c.Label(ref fits);
        c.shl(eax, 10);
        c.add(eax, Multiboot.UpperMemory);
        c.and(eax, ~(Layout.PageSize - 1));
        c.mov(MemoryEnd, eax);
        c.mov(edx, Layout.Physical(_layout.UserImages));
        c.cmp(eax, edx);
        Fail("boot: not enough memory: the kernel needs it up to #; give the machine more", unless: c.jae);
    }

    /// <summary>Writes the end of memory into the info page, for σ0.</summary>
    private void DescribeMemory()
    {
        c.mov(eax, MemoryEnd);
        c.mov(__dword_ptr[InfoPage + KernelInfo.MainMemory + 4], eax);
    }

    /// <summary>
    /// Writes the processor's frequency into the info page: the ticks of the time-stamp counter while the timer's third
    /// channel counts down one millisecond. A processor without that counter leaves the field 0.
    /// </summary>
    private void MeasureFrequency()
    {
        const uint identification = 1 << 21,
            timeStamp = 1 << 4;
        var wait = c.CreateLabel();
        var none = c.CreateLabel();

        // A processor with CPUID lets software change EFLAGS.ID (SDM vol. 2, CPUID).
        c.pushfd();
        c.pop(eax);
        c.mov(ecx, eax);
        c.xor(eax, identification);
        c.push(eax);
        c.popfd();
        c.pushfd();
        c.pop(eax);
        c.push(ecx);
        c.popfd();
        c.cmp(eax, ecx);
        c.je(none);
        c.mov(eax, 1);
        c.cpuid();
        c.test(edx, timeStamp);
        c.je(none);

        foreach (var (port, value) in PitPorts.Millisecond)
        {
            c.mov(al, (byte)value);
            c.@out((byte)port, al);
        }

        c.rdtsc();
        c.mov(esi, eax);
        c.Label(ref wait);
        c.@in(al, (byte)PitPorts.Gate);
        c.test(al, (byte)PitPorts.Ended);
        c.je(wait);
        c.rdtsc();
        c.sub(eax, esi);
        c.mov(__dword_ptr[InfoPage + KernelInfo.ProcessorFrequency], eax);
        c.Label(ref none);
    }
}
