using Verified.Machine.Processor;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;

namespace Verified.Proofs.Execution;

/// <summary>
/// Executes the bytes of a kernel on a symbolic processor, one instruction after the other. Whatever a kernel must
/// never do is refuted: an exception, a loop inside a step, a jump out of its text, an open window for interrupts.
/// </summary>
/// <param name="cpu">The processor.</param>
/// <param name="path">The exploration that shows the obligations.</param>
/// <param name="constant">The dword at an address of the text, or null.</param>
public sealed class Execution<TBus>(Ia32<Symbolic, TBus> cpu, Exploration path, Func<uint, uint?> constant)
    where TBus : IBus<Symbolic>
{
    private const int LongestInstruction = 15;

    public Ia32<Symbolic, TBus> Cpu => cpu;

    /// <summary>Addresses of the instructions executed, in order.</summary>
    public List<uint> Trail { get; } = [];

    /// <summary>Runs code of the kernel; an exception of the processor refutes the theorem.</summary>
    public void Guarded(Action run)
    {
        try
        {
            run();
        }
        catch (Fault fault)
        {
            throw path.Refuted($"the kernel raises exception {fault.Vector} at {cpu.Eip}");
        }
        catch (Exception e) when (e is UnimplementedInstruction or UnknownValueException or ShutdownException)
        {
            throw path.Refuted($"at {cpu.Eip}: {e.Message}");
        }
    }

    /// <summary>No interrupt comes between two instructions where no theorem starts.</summary>
    public void TakesNoInterrupt()
    {
        if (!cpu.InterruptShadow)
            path.RequireOfProcessor([
                (!cpu.InterruptsEnabled, $"no interrupt is taken at {cpu.Eip}, which is no cut point"),
            ]);
    }

    /// <summary>The address of the next instruction, which the run has not executed before.</summary>
    public uint Next()
    {
        if (!Symbolic.TryValue(cpu.Eip, out var eip))
            throw path.Refuted($"the kernel jumps to {cpu.Eip}");
        if (Trail.Contains(eip))
            throw path.Refuted($"the kernel loops at {eip:X8}h inside a step");
        Trail.Add(eip);
        return eip;
    }

    /// <summary>Executes the instruction at an address.</summary>
    public void Execute(uint eip)
    {
        var operation = DecodeAt(eip);
        if (Unmodelled.EffectInStep(operation) is { } effect)
            throw path.Refuted($"at {eip:X8}h the kernel {effect}");

        // With the operand shown not to be 0, the result of a bit scan is a bit's number.
        var scans = operation.Op is Op.Bsf or Op.Bsr;
        if (scans && operation.Source == OperandKind.Register)
            path.Shows(cpu.R[operation.SourceRegister] != 0);
        cpu.Step(operation);

        // A bit scan of 0 leaves its target undefined (SDM vol. 2, BSF).
        if (scans && !path.Shows((cpu.Eflags & Flag.Zero) == 0))
            cpu.R[operation.TargetRegister] = Symbolic.Select(
                (cpu.Eflags & Flag.Zero) == 0,
                cpu.R[operation.TargetRegister],
                Symbolic.Arbitrary(0)
            );

        // A Pentium leaves the upper half of a register undefined into which it moves a selector (SDM vol. 2, MOV).
        if (operation is { Op: Op.MovFromSegment, Target: OperandKind.Register, Size: 4 })
            cpu.R[operation.TargetRegister] =
                cpu.R[operation.TargetRegister] & 0xFFFF | Symbolic.Arbitrary(0) & 0xFFFF0000;

        // With the trap flag, a debug exception follows the next instruction.
        if (operation.Op is Op.Popf or Op.Iret && cpu.Cpl == 0)
            path.RequireOfProcessor([
                ((cpu.Eflags & Flag.Trap) == 0, $"the kernel does not single-step itself from {eip:X8}h on"),
            ]);
    }

    /// <summary>Executes a user's instruction. EIP is already behind it.</summary>
    public void ExecuteOfUser(byte[] instruction)
    {
        if (!Decode.TryDecode(instruction, 0, instruction.Length, true, out var operation))
            throw new ProverException("a way's instruction does not end");
        cpu.Eip -= (uint)instruction.Length;
        try
        {
            cpu.Step(operation);
        }
        catch (Fault fault)
        {
            throw path.Refuted($"{Convert.ToHexString(instruction)} in ring 3 raises {fault.Message}");
        }
    }

    private Operation DecodeAt(uint eip)
    {
        var code = new byte[LongestInstruction];
        for (var i = 0u; i < code.Length; i++)
        {
            var at = eip + i;
            if (constant(at & ~3u) is not { } dword)
                throw path.Refuted($"the kernel executes {at:X8}h, outside its text");
            code[i] = (byte)(dword >> (int)(at & 3) * 8);
        }

        if (!Decode.TryDecode(code, 0, code.Length, true, out var operation))
            throw path.Refuted($"the instruction at {eip:X8}h does not end");
        return operation;
    }
}
