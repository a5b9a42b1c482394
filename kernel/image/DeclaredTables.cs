namespace Verified.Kernel;

/// <summary>The kind of a descriptor in the GDT.</summary>
public enum DescriptorKind
{
    /// <summary>Readable, nonconforming code with 32-bit operands; marked as accessed.</summary>
    Code,

    /// <summary>Writable data with a 32-bit stack pointer; grows up; marked as accessed.</summary>
    Data,

    /// <summary>The 32-bit TSS of the running task, which LTR has marked as busy.</summary>
    BusyTss,
}

/// <summary>A descriptor that is present in the GDT (SDM 3A, 3.4.5 and 7.2.2).</summary>
/// <param name="Selector">Its selector, with the ring that uses it.</param>
/// <param name="Name">The name in reports.</param>
/// <param name="Kind">The kind of segment.</param>
/// <param name="Ring">Its DPL.</param>
/// <param name="Base">Linear address of the first byte.</param>
/// <param name="Limit">Offset of the last byte. Above FFFFFh the limit counts pages of 4 KB and ends in FFFh.</param>
public sealed record DeclaredDescriptor(
    uint Selector,
    string Name,
    DescriptorKind Kind,
    uint Ring,
    uint Base,
    uint Limit
)
{
    private const uint Present = 1 << 15,
        CodeOrData = 1 << 12,
        Executable = 1 << 11,
        ReadableOrWritable = 1 << 9,
        Accessed = 1 << 8;
    private const uint Granular = 1 << 23,
        Big = 1 << 22,
        Tss32 = 9 << 8,
        Busy = 1 << 9;

    /// <summary>Offset in the GDT.</summary>
    public uint Offset => Selector & ~7u;

    /// <summary>The two dwords of the descriptor.</summary>
    public (uint Low, uint High) Dwords
    {
        get
        {
            var kind = Kind switch
            {
                DescriptorKind.Code => CodeOrData | Executable | ReadableOrWritable | Accessed | Big,
                DescriptorKind.Data => CodeOrData | ReadableOrWritable | Accessed | Big,
                _ => Tss32 | Busy,
            };
            var (limit, unit) = Limit > 0xFFFFF ? (Limit >> 12, Granular) : (Limit, 0);
            return (
                Base << 16 | limit & 0xFFFF,
                Base & 0xFF000000 | unit | limit & 0xF0000 | Present | Ring << 13 | kind | Base >> 16 & 0xFF
            );
        }
    }

    /// <summary>The bits that the processor keeps with a selector: type, ring, present, size, granularity.</summary>
    public uint Attributes => Dwords.High & 0x00F0FF00;
}

/// <summary>A 32-bit interrupt gate into the kernel's code segment (SDM 3A, 6.11): it turns interrupts off.</summary>
/// <param name="Vector">0..255.</param>
/// <param name="Entry">The symbol of its target.</param>
/// <param name="Ring">Its DPL: the outermost ring whose INT n may use it.</param>
public sealed record DeclaredGate(uint Vector, string Entry, uint Ring)
{
    private const uint Present = 1 << 15,
        InterruptGate32 = 14 << 8;

    /// <summary>The two dwords of the gate, for the linear address of its entry.</summary>
    public (uint Low, uint High) Dwords(uint target) =>
        (Layout.KernelCode << 16 | target & 0xFFFF, target & 0xFFFF0000 | Present | Ring << 13 | InterruptGate32);
}

/// <summary>
/// GDT, IDT and TSS as they must be at the first cut point after boot. The builder of the image does not use this
/// declaration (<see cref="SegmentTables"/>), so the boot checks compare every bit in memory with an independent
/// source. Both use the table of vectors (<see cref="WaysIn"/>), which a test compares with the interface's numbers.
/// </summary>
public static class DeclaredTables
{
    /// <summary>The number of IDT entries that a vector can select. Entries without a gate are 0.</summary>
    public const uint Vectors = 256;

    /// <summary>Bytes of a 32-bit TSS (SDM 3A, 7.2.1).</summary>
    public const uint TssSize = 104;

    private const uint All = 0xFFFFFFFF;

    /// <summary>The descriptors while users run in large spaces, as at boot. The null descriptor is 0.</summary>
    public static IReadOnlyList<DeclaredDescriptor> Descriptors(Layout layout) =>
        [
            new(0x08, "kernel_code", DescriptorKind.Code, Ring: 0, Base: 0, Limit: All),
            new(0x10, "kernel_data", DescriptorKind.Data, Ring: 0, Base: 0, Limit: All),
            new(0x1B, "user_code", DescriptorKind.Code, Ring: 3, Base: 0, Limit: 0xF03FFFFF),
            new(0x23, "user_data", DescriptorKind.Data, Ring: 3, Base: 0, Limit: 0xF03FFFFF),
            new(0x2B, "flat_data", DescriptorKind.Data, Ring: 3, Base: 0, Limit: 0xF17FFFFF),
            new(0x30, "task_state", DescriptorKind.BusyTss, Ring: 0, layout.Tss, PortMapOffset + PortMapSize),
        ];

    /// <summary>The descriptor at an offset of the GDT; null if there is none.</summary>
    public static DeclaredDescriptor? Descriptor(Layout layout, uint offset) =>
        Descriptors(layout).FirstOrDefault(descriptor => descriptor.Offset == offset);

    /// <summary>All gates. Ring 3 may use only those of INT3, INTO and the system calls.</summary>
    public static IReadOnlyList<DeclaredGate> Gates { get; } =
    [.. WaysIn.Gates.Select(gate => new DeclaredGate(gate.Vector, gate.Symbol, gate.Ring))];

    /// <summary>The gate of a vector; null if there is none.</summary>
    public static DeclaredGate? Gate(uint vector) => Gates.FirstOrDefault(gate => gate.Vector == vector);

    /// <summary>The limit of IDTR: the last byte of the last gate. A vector beyond it raises #GP.</summary>
    public static uint IdtLimit => WaysIn.Last * 8 + 7;

    /// <summary>The limit of GDTR: the last byte of the TSS descriptor.</summary>
    public const uint GdtLimit = 0x30 + 7;

    /// <summary>
    /// The offsets of the operands of LGDT and LIDT in the pages of the two tables: the limit in 16 bits, then the
    /// base.
    /// </summary>
    public const uint GdtOperand = 0x40,
        IdtOperand = 0xF00;

    // The I/O bitmap of 65,536 ports begins in the second page of the TSS.
    private const uint PortMapOffset = 0x1000,
        PortMapSize = 0x2000;

    /// <summary>The offset of the byte after the I/O bitmap. All its bits are ones (SDM 1, 19.5.2).</summary>
    public const uint PortMapEnd = PortMapOffset + PortMapSize;

    /// <summary>
    /// The dwords of the TSS that are not 0: offset, value and meaning. The kernel does not use rings 1 and 2, the
    /// saved registers, or the link to another task.
    /// </summary>
    public static IReadOnlyList<(uint Offset, uint Dword, string What)> Tss(Layout layout) =>
        [
            (
                0x04,
                layout.Threads.Base + Layout.ThreadSize,
                "ESP0: the end of nobody's row, because no thread runs yet"
            ),
            (0x08, 0x10, "SS0: kernel_data"),
            (0x64, PortMapOffset << 16, "offset of the map of ports; the debug trap flag is 0"),
            (PortMapEnd, 0xFF, "the byte of ones that ends the map of ports"),
        ];

    /// <summary>Fills the pages of GDT, IDT and TSS.</summary>
    internal static void Write(Layout layout, IReadOnlyDictionary<string, uint> symbols, Action<uint, uint> write)
    {
        foreach (var descriptor in Descriptors(layout))
        {
            write(layout.Gdt + descriptor.Offset, descriptor.Dwords.Low);
            write(layout.Gdt + descriptor.Offset + 4, descriptor.Dwords.High);
        }

        foreach (var gate in Gates)
        {
            var (low, high) = gate.Dwords(symbols.GetValueOrDefault(gate.Entry));
            write(layout.Idt + gate.Vector * 8, low);
            write(layout.Idt + gate.Vector * 8 + 4, high);
        }

        foreach (
            var (at, limit, table) in ((uint, uint, uint)[])
                [(layout.Gdt + GdtOperand, GdtLimit, layout.Gdt), (layout.Idt + IdtOperand, IdtLimit, layout.Idt)]
        )
        {
            write(at, limit | table << 16);
            write(at + 4, table >> 16);
        }

        foreach (var (offset, dword, _) in Tss(layout))
            write(layout.Tss + offset, dword);
    }
}
