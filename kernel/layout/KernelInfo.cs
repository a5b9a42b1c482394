namespace Verified.Kernel;

/// <summary>
/// The kernel info page: offsets of its dwords (L4 X.0 reference manual, 2.9; interface, section 18).
/// </summary>
public static class KernelInfo
{
    /// <summary>"L4", E6h, "K": the Greek letter is one byte of code page 437.</summary>
    public const uint Magic = 0x4BE6344C;

    public const uint Version = 4;

    public const uint VersionAt = 0x04;

    /// <summary>
    /// Start table: each entry the initial ESP and EIP, then the first byte and the one after the last of its memory.
    /// </summary>
    public const uint KernelDebugger = 0x10,
        Sigma0 = 0x20,
        Sigma1 = 0x30,
        Root = 0x40;

    /// <summary>Offsets within an entry of the start table.</summary>
    public const uint StartEsp = 0,
        StartEip = 4,
        StartBegin = 8,
        StartEnd = 12;

    /// <summary>Physical memory, each the first byte and the one after the last: all, the kernel's, devices'.</summary>
    public const uint MainMemory = 0x60,
        Reserved = 0x68,
        Reserved1 = 0x70,
        Dedicated = 0x78;

    /// <summary>Microseconds since boot, 64 bits.</summary>
    public const uint Clock = 0xA0;

    /// <summary>
    /// Kilohertz: the processor's is measured at boot, 0 if it has no time-stamp counter; nobody tells the bus's.
    /// </summary>
    public const uint ProcessorFrequency = 0xB0,
        BusFrequency = 0xB4;

    /// <summary>Display memory and the BIOS (IBM PC).</summary>
    public const uint DevicesBegin = 0xA0000,
        DevicesEnd = 0x100000;

    /// <summary>The page as the image carries it.</summary>
    internal static byte[] Page(Layout layout)
    {
        var page = new byte[Layout.PageSize];
        void Put(uint offset, uint dword) => BitConverter.TryWriteBytes(page.AsSpan((int)offset), dword);
        Put(0, Magic);
        Put(VersionAt, Version);
        Put(Reserved, Layout.ImageBase);
        Put(Reserved + 4, layout.Boot.Sigma0Stack + Layout.PageSize);

        // A page at 0 would look like a refusal of σ0's.
        Put(Reserved1 + 4, Layout.PageSize);
        Put(Dedicated, DevicesBegin);
        Put(Dedicated + 4, DevicesEnd);

        // Whoever asks for these two may have them, but they are not given away as free pages.
        Put(Dedicated + 8, layout.Boot.Information);
        Put(Dedicated + 12, layout.Boot.End);
        return page;
    }
}
