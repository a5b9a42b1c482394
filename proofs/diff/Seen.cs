using Iced.Intel;
using Verified.Machine.Computer;
using Register = Iced.Intel.Register;

namespace Verified.Proofs.Diff;

/// <summary>A dword or a part of one at an operand of an instruction.</summary>
/// <param name="Address">Linear address.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Writes">Whether the instruction writes it.</param>
/// <param name="Before">The value before the instruction; null if it was not read.</param>
internal sealed record SeenMemory(uint Address, int Size, bool Writes, uint? Before)
{
    /// <summary>The value after the instruction; null if it was not read.</summary>
    public uint? After { get; set; }
}

/// <summary>
/// An executed instruction, with the values that the processor and the memory had before and after it. Every value was
/// read on the run: a value that could not be read is null.
/// </summary>
internal sealed class Seen
{
    private readonly uint[] _before;
    private uint[]? _after;

    /// <summary>Reads the values before an instruction.</summary>
    public Seen(Pc pc, Decoded decoded)
    {
        (Decoded, _before) = (decoded, General(pc));
        (Address, IsKernel) = (pc.Cpu.Eip.Value, pc.Cpu.Cpl == 0);
        Memory = [.. decoded.Memory.Select(used => Look(pc, used)).OfType<SeenMemory>()];
        if (decoded.Instruction.Mnemonic == Mnemonic.Invlpg)
            Invalidated = AddressOf(pc, (getter) =>
                decoded.Instruction.TryGetVirtualAddress(0, 0, out var at, getter) ? at : null
            );
    }

    public Decoded Decoded { get; }

    public Instruction Instruction => Decoded.Instruction;

    /// <summary>EIP before the instruction.</summary>
    public uint Address { get; }

    /// <summary>Whether it is an instruction of ring 0.</summary>
    public bool IsKernel { get; }

    /// <summary>The memory that it accesses.</summary>
    public IReadOnlyList<SeenMemory> Memory { get; }

    /// <summary>
    /// The address where the processor continued; null if it entered an interrupt or an exception, or stopped.
    /// </summary>
    public uint? Next { get; private set; }

    /// <summary>Whether a conditional jump was taken; null for any other instruction, or if it is not known.</summary>
    public bool? Jumps =>
        Instruction.FlowControl == FlowControl.ConditionalBranch && Next is { } next
            ? next != Instruction.NextIP32
            : null;

    /// <summary>The address whose entry of the TLB it removes; null if it is no INVLPG.</summary>
    public uint? Invalidated { get; }

    /// <summary>
    /// Reads the values after the instruction. This method must not be called if the processor has entered an interrupt
    /// or an exception since.
    /// </summary>
    public void End(Pc pc)
    {
        (_after, Next) = (General(pc), pc.Cpu.Eip.Value);
        foreach (var memory in Memory)
            memory.After = Load(pc, memory.Address, memory.Size);
    }

    /// <summary>The value of a general register, or of a part of one, before the instruction.</summary>
    public uint? Before(Register register) => Part(_before, register);

    /// <summary>The same after the instruction; null if it was not read.</summary>
    public uint? After(Register register) => Part(_after, register);

    private static uint? Part(uint[]? values, Register register)
    {
        if (values is null || !register.IsGPR())
            return null;
        var full = values[register.GetFullRegister32() - Register.EAX];
        return register.GetSize() switch
        {
            4 => full,
            2 => full & 0xFFFF,
            _ => register is Register.AH or Register.CH or Register.DH or Register.BH ? full >> 8 & 0xFF : full & 0xFF,
        };
    }

    private static uint[] General(Pc pc) => [.. Enumerable.Range(0, 8).Select(i => pc.Cpu.R[i].Value)];

    private static SeenMemory? Look(Pc pc, UsedMemory used)
    {
        var size = used.MemorySize.GetSize();
        if (
            size is not (1 or 2 or 4)
            || AddressOf(pc, getter => used.TryGetVirtualAddress(0, out var at, getter) ? at : null) is not { } address
        )
            return null;
        return new(
            address,
            size,
            used.Access is OpAccess.Write or OpAccess.ReadWrite or OpAccess.CondWrite or OpAccess.ReadCondWrite,
            Load(pc, address, size)
        );
    }

    private static uint? AddressOf(Pc pc, Func<VATryGetRegisterValue, ulong?> compute) =>
        (uint?)compute(
            (Register register, int _, int _, out ulong value) =>
            {
                var isSegment = register.IsSegmentRegister();
                value =
                    isSegment ? pc.Cpu.S[register - Register.ES].Base.Value
                    : register.IsGPR() ? Part(General(pc), register)!.Value
                    : 0;
                return isSegment || register.IsGPR();
            }
        );

    private static uint? Load(Pc pc, uint address, int size)
    {
        var value = pc.TryPeek(address);
        return size == 4 ? value : value & (size == 2 ? 0xFFFFu : 0xFFu);
    }
}
