using System.Runtime.CompilerServices;
using Verified.Spec.Values;

namespace Verified.Machine.Processor;

/// <summary>The numbers of the general registers, in the order of the encoding.</summary>
public static class Register
{
    public const int Eax = 0,
        Ecx = 1,
        Edx = 2,
        Ebx = 3,
        Esp = 4,
        Ebp = 5,
        Esi = 6,
        Edi = 7;

    /// <summary>The absent base or index of an address: a register that is always 0.</summary>
    public const int None = 8;
}

/// <summary>The eight general registers, and one that is always 0 (<see cref="Register.None"/>).</summary>
[InlineArray(16)]
public struct Registers<W>
    where W : struct
{
    private W _first;
}

/// <summary>The numbers of the segment registers, in the order of the encoding.</summary>
public static class SegmentRegister
{
    public const int Es = 0,
        Cs = 1,
        Ss = 2,
        Ds = 3,
        Fs = 4,
        Gs = 5;
}

/// <summary>A selector, and the hidden part that the processor caches with it (SDM vol. 3, 3.4.3).</summary>
public struct Segment<W>
    where W : struct, IWord<W>
{
    public W Selector;
    public W Base;

    /// <summary>The last valid offset, in bytes (with granularity applied).</summary>
    public W Limit;

    /// <summary>Bits 8..15 and 20..23 of the descriptor's high word, in place; 0 if the segment is unusable.</summary>
    public uint Attributes;

    /// <summary>The least value of a reach that is not 0.</summary>
    public const uint LeastReach = 0xC0000000;

    /// <summary>Base 0, limit FFFFFFFFh, and readable (writable): an access needs no check.</summary>
    public bool FlatToRead,
        FlatToWrite;

    /// <summary>
    /// The last byte that may be read (written) from base 0 on, if it ends a page in the last quarter of the address
    /// space; otherwise 0. Compiled code compares an address with it, and makes no other check.
    /// </summary>
    public uint ReachToRead,
        ReachToWrite;

    public readonly bool Usable => (Attributes & Descriptor.Present) != 0;
    public readonly int Dpl => (int)(Attributes >> 13 & 3);

    /// <summary>The D/B bit: 32-bit operands or stack pointer.</summary>
    public readonly bool Big => (Attributes & Descriptor.Big) != 0;

    /// <summary>Decodes the two dwords of a descriptor (SDM vol. 3, 3.4.5). Its attributes are known.</summary>
    public static Segment<W> Unpack(uint selector, W low, W high, uint attributes)
    {
        var @base = low >> 16 | (high & 0xFF) << 16 | high & 0xFF000000;
        var limit = high & 0xF0000 | low & 0xFFFF;
        return Load(selector, @base, (attributes & Descriptor.Granular) != 0 ? limit << 12 | 0xFFF : limit, attributes);
    }

    public static Segment<W> Load(W selector, W @base, W limit, uint attributes)
    {
        var readable = Descriptor.IsData(attributes) || Descriptor.IsReadableCode(attributes);
        var reach =
            W.TryValue(@base, out var b)
            && b == 0
            && W.TryValue(limit, out var l)
            && l >= LeastReach
            && (l & 0xFFF) == 0xFFF
            && !Descriptor.IsExpandDown(attributes)
            && (attributes & Descriptor.Present) != 0
                ? l
                : 0;
        var writable = Descriptor.IsWritable(attributes);
        return new Segment<W>
        {
            Selector = selector,
            Base = @base,
            Limit = limit,
            Attributes = attributes,
            FlatToRead = reach == uint.MaxValue && readable,
            FlatToWrite = reach == uint.MaxValue && writable,
            ReachToRead = readable ? reach : 0,
            ReachToWrite = writable ? reach : 0,
        };
    }
}

[InlineArray(6)]
public struct Segments<W>
    where W : struct, IWord<W>
{
    private Segment<W> _first;
}

/// <summary>Bits of the high word of a descriptor (SDM vol. 3, 3.4.5).</summary>
public static class Descriptor
{
    public const uint Accessed = 1 << 8,
        Writable = 1 << 9,
        Conforming = 1 << 10,
        Code = 1 << 11,
        NotSystem = 1 << 12,
        Present = 1 << 15,
        Big = 1 << 22,
        Granular = 1 << 23,
        Mask = 0x00F0FF00;

    public static bool IsCode(uint attributes) => (attributes & (NotSystem | Code)) == (NotSystem | Code);

    public static bool IsData(uint attributes) => (attributes & (NotSystem | Code)) == NotSystem;

    public static bool IsConforming(uint attributes) => IsCode(attributes) && (attributes & Conforming) != 0;

    public static bool IsReadableCode(uint attributes) => IsCode(attributes) && (attributes & Writable) != 0;

    public static bool IsWritable(uint attributes) => IsData(attributes) && (attributes & Writable) != 0;

    public static bool IsExpandDown(uint attributes) => IsData(attributes) && (attributes & Conforming) != 0;

    public static int Dpl(uint attributes) => (int)(attributes >> 13 & 3);

    /// <summary>The type of a system descriptor or gate.</summary>
    public static int Type(uint attributes) => (int)(attributes >> 8 & 0x1F);
}

/// <summary>The debug registers, by number.</summary>
[InlineArray(8)]
public struct DebugRegisters<W>
    where W : struct
{
    private W _first;
}

/// <summary>Bits of EFLAGS (SDM vol. 1, 3.4.3).</summary>
public static class Flag
{
    public const uint Carry = 1,
        Reserved = 2,
        Parity = 4,
        Adjust = 0x10,
        Zero = 0x40,
        Sign = 0x80,
        Trap = 0x100,
        Interrupt = 0x200,
        Direction = 0x400,
        Overflow = 0x800,
        PrivilegeLevel = 0x3000,
        NestedTask = 0x4000,
        Resume = 0x10000,
        Virtual8086 = 0x20000,
        AlignmentCheck = 0x40000,
        VirtualInterrupt = 0x80000,
        VirtualInterruptPending = 0x100000,
        Identification = 0x200000;

    public const uint Status = Carry | Parity | Adjust | Zero | Sign | Overflow;
}

/// <summary>Bits of CR0 and CR4 (SDM vol. 3, 2.5).</summary>
public static class ControlBit
{
    public const uint ProtectionEnable = 1,
        MonitorCoprocessor = 2,
        Emulation = 4,
        TaskSwitched = 8,
        ExtensionType = 0x10,
        NumericError = 0x20,
        WriteProtect = 1 << 16,
        AlignmentMask = 1 << 18,
        NotWriteThrough = 1 << 29,
        CacheDisable = 1 << 30,
        Paging = 1u << 31;

    public const uint VirtualExtensions = 1,
        ProtectedVirtualInterrupts = 1 << 1,
        TimeStampDisable = 1 << 2,
        DebugExtensions = 1 << 3,
        PageSizeExtension = 1 << 4,
        MachineCheck = 1 << 6,
        PageGlobal = 1 << 7,
        CounterEnable = 1 << 8;
}
