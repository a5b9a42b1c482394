using System.Buffers.Binary;
using Verified.Machine.Processor;

namespace Verified.Proofs.Oracle;

/// <summary>
/// The memory and segments that a compared instruction uses, equal on both sides. All of it is below 64 KB, within
/// reach of 16-bit addresses.
/// </summary>
/// <remarks>
/// The host may have other mappings from <see cref="QuietEnd"/> up, such as the native program itself. A case that
/// touches anything there is not compared. This also leaves out operands that wrap around at 4 GB, because their
/// behaviour is the processor's choice (SDM vol. 3, 5.3).
/// </remarks>
public static class Arena
{
    /// <summary>A page of code, which is executed but not read as data.</summary>
    public const uint Code = 0x4000,
        CodeEnd = 0x5000;

    /// <summary>Two writable pages, then a read-only page. The addresses before and after are not mapped.</summary>
    public const uint Data = 0x8000,
        WritableEnd = 0xA000,
        End = 0xB000;

    public const uint QuietEnd = 0x40000;

    /// <summary>The flat segments of user mode, at the selectors that Linux has them.</summary>
    public const ushort FlatCode = 0x23,
        FlatData = 0x2B;

    /// <summary>The kernel's segments of the host, which user mode may not use: level 0.</summary>
    public const ushort KernelCode = 0x10,
        KernelData = 0x18;

    // Linux's segment of 64-bit code, and the segment whose limit gives the number of the processor.
    private const int LongCode = 0x30,
        ProcessorNumber = 0x78;

    private const uint DataType = Descriptor.NotSystem | Descriptor.Accessed,
        Level3 = 3 << 13,
        Read = DataType | Level3 | Descriptor.Present,
        Write = Read | Descriptor.Writable,
        Down = Descriptor.Conforming,
        Execute = Read | Descriptor.Code,
        ReadCode = Execute | Descriptor.Writable,
        Big = Descriptor.Big,
        Pages = Descriptor.Granular;

    /// <summary>
    /// Entries 1.. of the local descriptor table: every type that a task of ring 3 can have, at awkward bases and
    /// limits.
    /// </summary>
    public static readonly LocalSegment[] Local =
    [
        new(0, 0xFFFFF, Write | Big | Pages),
        new(Data, 0xFFF, Write),
        new(0, 0xFFFFF, Read | Big | Pages),
        new(0, 0x8FFF, Write | Big | Down),
        new(Data - 0x800, 0xBFF, Write | Down),
        new(0, 0x8FFF, Read | Big | Down),
        new(0, 0xFFFF, Write),
        new(0, 0x8FFE, Write | Big),
        new(Data + 0x123, 0x6FF, Write | Big),
        new(0, 9, Write | Big | Pages),
        new(0, 8, Write | Big | Pages | Down),
        new(0, 0xFFFFF, (Write & ~Descriptor.Present) | Big | Pages),
        new(0, 0xFFFFF, ReadCode | Big | Pages),
        new(0, 0xFFFFF, Execute | Big | Pages),
        new(0, 0xFFFF, ReadCode),
        new(Code, 0xFFF, ReadCode),
        new(Code - 0x100, 0xFFF, Execute | Big),
        new(0, Data + 0xFFF, ReadCode | Big),
        new(0, 0xFFFFF, (ReadCode & ~Descriptor.Present) | Big | Pages),
        new(0, 0xFFFFF, (ReadCode & ~Descriptor.Present) | Descriptor.Conforming | Big | Pages),
    ];

    public static ushort Selector(int local) => (ushort)((local + 1) << 3 | 7);

    /// <summary>The segment of a usable selector of the arena, or null.</summary>
    public static LocalSegment? Of(ushort selector)
    {
        if (selector is FlatCode)
            return new(0, 0xFFFFF, ReadCode | Big | Pages);
        if (selector is FlatData)
            return new(0, 0xFFFFF, Write | Big | Pages);
        var index = (selector >> 3) - 1;
        return (selector & 4) != 0 && index >= 0 && index < Local.Length ? Local[index] : null;
    }

    /// <summary>
    /// The content of memory from <see cref="Data"/> to <see cref="End"/> before a case: random and boundary words.
    /// </summary>
    public static readonly byte[] Background = MakeBackground();

    private static byte[] MakeBackground()
    {
        var dice = new Dice(0x5EED);
        var bytes = new byte[End - Data];
        for (var at = 0; at < bytes.Length; at += 4)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), dice.Word());
        // No word is the selector of a segment of level 3 that only the host has.
        for (var at = 0; at < bytes.Length; at++)
            if ((bytes[at] & ~3) is LongCode or ProcessorNumber)
                bytes[at] = 0;
        return bytes;
    }
}

/// <summary>A segment of the local descriptor table.</summary>
/// <param name="Base">Linear.</param>
/// <param name="Units">The limit as in the descriptor, in bytes or pages: 20 bits.</param>
/// <param name="Attributes">As <see cref="Segment{W}.Attributes"/>.</param>
public readonly record struct LocalSegment(uint Base, uint Units, uint Attributes)
{
    /// <summary>The limit in bytes.</summary>
    public uint Limit => (Attributes & Descriptor.Granular) != 0 ? Units << 12 | 0xFFF : Units;

    public bool Big => (Attributes & Descriptor.Big) != 0;

    public bool Present => (Attributes & Descriptor.Present) != 0;

    public uint Low => Base << 16 | Units & 0xFFFF;

    public uint High => Base & 0xFF000000 | Base >> 16 & 0xFF | Units & 0xF0000 | Attributes;

    /// <summary>The last word of struct user_desc of modify_ldt(2).</summary>
    public uint UserFlags =>
        (Big ? 1u : 0)
        | (Attributes >> 10 & 3) << 1
        | ((Attributes & Descriptor.Writable) == 0 ? 8u : 0)
        | ((Attributes & Descriptor.Granular) != 0 ? 0x10u : 0)
        | (Present ? 0 : 0x20u);
}
