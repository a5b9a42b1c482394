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
    /// The start table. Each entry has the initial ESP and EIP, then the first byte of its memory and the byte after
    /// the last.
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

    /// <summary>
    /// Areas of physical memory, each with its first byte and the byte after its last: all memory, the kernel's, the
    /// devices'.
    /// </summary>
    public const uint MainMemory = 0x60,
        Reserved = 0x68,
        Reserved1 = 0x70,
        Dedicated = 0x78;

    /// <summary>Microseconds since boot, 64 bits.</summary>
    public const uint Clock = 0xA0;

    /// <summary>
    /// Frequencies in kilohertz. Boot measures the processor's; it is 0 without a time-stamp counter. The bus frequency
    /// is unknown and 0.
    /// </summary>
    public const uint ProcessorFrequency = 0xB0,
        BusFrequency = 0xB4;

    /// <summary>Display memory and the BIOS (IBM PC).</summary>
    public const uint DevicesBegin = 0xA0000,
        DevicesEnd = 0x100000;

    /// <summary>The page as the image contains it.</summary>
    internal static byte[] Page(Layout layout)
    {
        var page = new byte[Layout.PageSize];
        void Put(uint offset, uint dword) => BitConverter.TryWriteBytes(page.AsSpan((int)offset), dword);
        Put(0, Magic);
        Put(VersionAt, Version);
        Put(Reserved, Layout.ImageBase);
        Put(Reserved + 4, layout.Boot.Sigma0Stack + Layout.PageSize);

        // A page at address 0 would look like a refusal by σ0.
        Put(Reserved1 + 4, Layout.PageSize);
        Put(Dedicated, DevicesBegin);
        Put(Dedicated + 4, DevicesEnd);

        // A task may ask for these two pages, but σ0 does not give them away as free pages.
        Put(Dedicated + 8, layout.Boot.Information);
        Put(Dedicated + 12, layout.Boot.End);
        return page;
    }
}
