using Iced.Intel;
using Verified.Machine.Computer;
using Verified.Machine.Processor;

namespace Verified.Proofs.Diff;

/// <summary>An instruction with the memory that it accesses.</summary>
/// <param name="Instruction">The instruction.</param>
/// <param name="Memory">
/// Its accesses to one operand each; none if it repeats. Those of the stack are among them.
/// </param>
internal sealed record Decoded(Instruction Instruction, IReadOnlyList<UsedMemory> Memory)
{
    /// <summary>The registers whose values it reads, also those of addresses.</summary>
    public IReadOnlyList<Iced.Intel.Register> Read { get; init; } = [];

    /// <summary>The registers that it writes.</summary>
    public IReadOnlyList<Iced.Intel.Register> Written { get; init; } = [];
}

/// <summary>Decodes the instructions of a run. The code does not change while an event runs.</summary>
internal sealed class DecodedCode
{
    private const int LongestInstruction = 15;

    private readonly InstructionInfoFactory _factory = new();
    private readonly Dictionary<uint, Decoded> _known = [];

    /// <summary>The instruction that the processor executes next.</summary>
    public Decoded Next(Pc pc)
    {
        var eip = pc.Cpu.Eip.Value;
        var linear = (pc.Cpu.S[SegmentRegister.Cs].Base + pc.Cpu.Eip).Value;
        return _known.TryGetValue(linear, out var known) ? known : _known[linear] = Decode(pc, linear, eip);
    }

    private Decoded Decode(Pc pc, uint linear, uint eip)
    {
        var bytes = new byte[LongestInstruction];
        for (var i = 0u; i < bytes.Length; i++)
            bytes[i] = (byte)((pc.TryPeek((linear + i) & ~3u) ?? 0) >> (int)(8 * ((linear + i) & 3)));
        var instruction = Decoder.Create(32, bytes, eip).Decode();
        var info = _factory.GetInfo(instruction);
        var used = info.GetUsedRegisters().Where(used => used.Register.IsGPR()).ToList();
        return new(instruction, instruction.HasRepPrefix || instruction.HasRepnePrefix ? [] : [.. info.GetUsedMemory()])
        {
            Read = Full(used, OpAccess.Read, OpAccess.ReadWrite, OpAccess.CondRead, OpAccess.ReadCondWrite),
            Written = Full(used, OpAccess.Write, OpAccess.ReadWrite, OpAccess.CondWrite, OpAccess.ReadCondWrite),
        };
    }

    private static IReadOnlyList<Iced.Intel.Register> Full(List<UsedRegister> used, params OpAccess[] kinds) =>
        [.. used.Where(one => kinds.Contains(one.Access)).Select(one => one.Register.GetFullRegister32()).Distinct()];
}
