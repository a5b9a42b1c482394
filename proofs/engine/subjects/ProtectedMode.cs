using System.Collections.Immutable;
using Verified.Machine.Processor;
using Verified.Proofs.Execution;

namespace Verified.Proofs.Subjects;

/// <summary>
/// The processor of a small kernel: flat segments for ring 0 and ring 3, one TSS, no paging, no interrupts. Descriptor
/// tables as constants of the memory, and the contract that holds while a thread runs in ring 3.
/// </summary>
/// <param name="tables">Address of the tables, a multiple of 8: TSS, GDT, IDT.</param>
/// <param name="gates">The vectors that ring 3 may raise, with the addresses of their handlers.</param>
public sealed class ProtectedMode(uint tables, IReadOnlyDictionary<byte, uint> gates)
{
    public const uint KernelCode = 0x08,
        KernelData = 0x10,
        UserCode = 0x1B,
        UserData = 0x23,
        TaskState = 0x28;

    // SDM vol. 3, 3.4.5: granular 32-bit segments of 4 GB, marked as accessed; 7.2.2: a busy TSS.
    private const uint FlatLow = 0x0000FFFF,
        FlatCode = 0x00CF9B00,
        FlatData = 0x00CF9300,
        Ring3 = 0x00006000,
        BusyTask = 0x00008B00,
        UserGate = 0x0000EE00;

    private const uint GdtOffset = 0x70,
        GdtSize = 0x30,
        IdtOffset = GdtOffset + GdtSize,
        TssLimit = 0x67;

    /// <summary>
    /// The flags that ring 3 can change without I/O privilege: all but IF, IOPL, VM and the virtual interrupt flags.
    /// </summary>
    public const uint UserFlags = ProcessorNames.UserFlags;

    /// <summary>The other bits of EFLAGS while a thread runs: bit 1 is always set.</summary>
    public const uint FixedFlags = Flag.Reserved;

    /// <summary>
    /// Address of the TSS's ESP0, the stack pointer that the processor loads on a way into the kernel.
    /// </summary>
    public uint StackPointer => tables + 4;

    private uint IdtLimit => (uint)(gates.Keys.DefaultIfEmpty().Max() + 1) * 8 - 1;

    /// <summary>The constants: all but ESP0, by address.</summary>
    public Dictionary<uint, uint> Constants()
    {
        var (gdt, idt) = (tables + GdtOffset, tables + IdtOffset);
        var dwords = new Dictionary<uint, uint> { [tables + 8] = KernelData };
        void Descriptor(uint selector, uint low, uint high) =>
            (dwords[gdt + (selector & ~7u)], dwords[gdt + (selector & ~7u) + 4]) = (low, high);
        Descriptor(0, 0, 0);
        Descriptor(KernelCode, FlatLow, FlatCode);
        Descriptor(KernelData, FlatLow, FlatData);
        Descriptor(UserCode, FlatLow, FlatCode | Ring3);
        Descriptor(UserData, FlatLow, FlatData | Ring3);
        Descriptor(TaskState, tables << 16 | TssLimit, tables & 0xFF000000 | tables >> 16 & 0xFF | BusyTask);
        for (var vector = 0u; vector * 8 < IdtLimit; vector++)
        {
            var handler = gates.GetValueOrDefault((byte)vector);
            (dwords[idt + vector * 8], dwords[idt + vector * 8 + 4]) =
                handler == 0 ? (0, 0) : (KernelCode << 16 | handler & 0xFFFF, handler & 0xFFFF0000 | UserGate);
        }

        return dwords;
    }

    /// <summary>
    /// The condition of every field of the processor while a thread runs. The state tells the registers and the user's
    /// flags. The kernel keeps DS, ES, FS and GS, which a thread may have loaded with any selector.
    /// </summary>
    public ImmutableDictionary<string, Holding> Contract()
    {
        var contract = ImmutableDictionary.CreateBuilder<string, Holding>();
        void Segment(string name, uint selector, uint start, uint limit, uint attributes)
        {
            (contract[$"{name} selector"], contract[$"{name} base"]) = (Holding.Is(selector), Holding.Is(start));
            (contract[$"{name} limit"], contract[$"{name} attributes"]) = (Holding.Is(limit), Holding.Is(attributes));
        }

        CommonContract.AddTo(contract);
        foreach (var register in ProcessorNames.General)
            contract[register] = Holding.Compared;
        contract["EIP"] = Holding.Compared;
        foreach (var (flag, mask) in ProcessorNames.Eflags)
            contract[flag] = (mask & UserFlags) != 0 ? Holding.Compared : Holding.Is(mask & FixedFlags);
        contract["CPL"] = Holding.Is(3);
        Segment("CS", UserCode, 0, uint.MaxValue, (FlatCode | Ring3) & Machine.Processor.Descriptor.Mask);
        Segment("SS", UserData, 0, uint.MaxValue, (FlatData | Ring3) & Machine.Processor.Descriptor.Mask);
        foreach (var segment in (string[])["DS", "ES", "FS", "GS"])
        foreach (var part in (string[])["selector", "base", "limit", "attributes"])
            contract[$"{segment} {part}"] = Holding.Kept;
        Segment("TR", TaskState, tables, TssLimit, BusyTask);
        contract["CR0"] = Holding.Is(ControlBit.ProtectionEnable);
        contract["CR3"] = Holding.Kept;
        (contract["GDTR base"], contract["GDTR limit"]) = (Holding.Is(tables + GdtOffset), Holding.Is(GdtSize - 1));
        (contract["IDTR base"], contract["IDTR limit"]) = (Holding.Is(tables + IdtOffset), Holding.Is(IdtLimit));
        return contract.ToImmutable();
    }
}
