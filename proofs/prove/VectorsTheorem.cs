using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Traps = Verified.Machine.Processor.Vectors;

namespace Verified.Proofs.Prove;

/// <summary>
/// The listed ways into the kernel are complete. For each of the 256 vectors, INT n in ring 3 enters the kernel exactly
/// if a system call or a trap has its way there. Any other INT n raises #GP with the error code n * 8 + 2, and takes
/// the way of exception 13. INT3, INTO and ICEBP take the ways of 3, 4 and 1. The IDT has a gate for each way and for
/// the panic path, and no other. The controllers give each line the vector of its way. The GDT has no gate, and no
/// segment of more privilege that ring 3 may enter.
/// </summary>
/// <param name="image">The booted image.</param>
/// <param name="lines">The vector that the initialised interrupt controllers give each line; -1 if none comes.</param>
public sealed class VectorsTheorem(BootedImage image, IReadOnlyList<int> lines) : CodeTheorem("image.vectors", image)
{
    private const int Vectors256 = 256,
        InterruptGate = 14;

    private static readonly ILookup<int, Way> Ways = Way.All.Where(way => way.Vector >= 0).ToLookup(way => way.Vector);

    public override string Key => $"{base.Key} {string.Join(',', lines)}";

    protected override void Assume(ProofContext proof)
    {
        // A user mode with unknown registers, and unknown flags and segments as far as ring 3 can set them.
    }

    protected override void Run(ProofContext proof)
    {
        var path = proof.Path;
        path.IsTaken();
        for (var vector = 0; vector < Vectors256; vector++)
        {
            Gate(proof, path, vector);
            Software(proof, path, vector, [0xCD, (byte)vector]);
        }

        Software(proof, path, Traps.Debug, [0xF1], enters: true);
        Software(proof, path, Traps.Breakpoint, [0xCC]);
        Software(proof, path, Traps.Overflow, [0xCE]);
        foreach (var way in Way.All.Where(way => way.Kind == WayKind.Interrupt))
            path.Require(
                lines.Contains(way.Vector),
                $"the interrupt controllers give a line the vector {way.Vector:X}h, of way {way.Name}"
            );
        for (var line = 0; line < lines.Count; line++)
            path.Require(
                lines[line] < 0 || Ways[lines[line]].Any(way => way.Kind == WayKind.Interrupt),
                $"the vector of line {line}, {lines[line]:X}h, has a way in"
            );
        Segments(proof, path);
    }

    private void Gate(ProofContext proof, Exploration path, int vector)
    {
        var at = Layout.Idt + (uint)vector * 8;
        var isThere = (uint)vector * 8 + 7 <= Layout.IdtLimit && (Constant(proof, at + 4) & Descriptor.Present) != 0;
        var wanted = Ways[vector].Any() || Way.NotByUsers.Any(other => other.Vector == vector && other.HasGate);
        path.Require(isThere || !wanted, $"vector {vector:X}h has a gate, as there is a way in for it");
        path.Require(wanted || !isThere, $"vector {vector:X}h has no gate, because no way starts there");
        if (isThere)
            path.Require(
                Descriptor.Type(Constant(proof, at + 4)) == InterruptGate
                    && Constant(proof, at) >> 16 == Layout.KernelCode,
                $"the gate of vector {vector:X}h is an interrupt gate to the kernel's code segment"
            );
    }

    /// <summary>A user's instruction that raises a vector: INT n, or ICEBP, which needs no privilege.</summary>
    private void Software(ProofContext proof, Exploration path, int vector, byte[] instruction, bool enters = false)
    {
        if (!Decode.TryDecode(instruction, 0, instruction.Length, true, out var operation))
            throw new ProverException("an INT does not end");
        var memory = Memory(proof, null, null);
        var cpu = Machine(proof, memory, Image.Points.User).Cpu;
        if (instruction[0] == 0xCE)
            cpu.Eflags |= Flag.Overflow;
        var name = $"{Convert.ToHexString(instruction)} in ring 3";
        var (eip, wanted) = (cpu.Eip, enters || Ways[vector].Any(way => way.Instruction is [0xCD, ..] or [0xCC]));
        try
        {
            cpu.Step(operation);
            path.Require(wanted, $"{name}, INT {vector:X}h, does not enter the kernel, as no way in is for it");
            path.Require(
                cpu.Cpl == 0 & cpu.Eip == Target(proof, vector),
                $"{name} enters the kernel at its gate's address"
            );
        }
        catch (Fault fault)
        {
            path.Require(!wanted, $"{name}, INT {vector:X}h, enters the kernel: it raises {fault.Message}");
            path.Require(
                fault.Vector == Traps.GeneralProtection && fault.ErrorCode == (uint)vector * 8 + 2,
                $"{name} raises #GP with the error code of its vector, not {fault.Message}"
            );
            cpu.FaultOfInstruction(fault);
            var frame = cpu.R[Register.Esp];
            path.Require(
                cpu.Cpl == 0
                    & cpu.Eip == Target(proof, Traps.GeneralProtection)
                    & memory.Peek(frame) == (uint)vector * 8 + 2
                    & memory.Peek(frame + 4) == eip,
                $"{name} takes the way of exception 13 with that error code, and shows the instruction"
            );
        }
    }

    /// <summary>
    /// Ring 3 cannot reach ring 0 by a far CALL or JMP: the GDT has no gate, and no conforming code or task that ring 3
    /// may enter.
    /// </summary>
    private void Segments(ProofContext proof, Exploration path)
    {
        for (var selector = 8u; selector <= Layout.GdtLimit; selector += 8)
        {
            // The representation determines the users' descriptors.
            if ((selector | 3) is Layout.UserCode or Layout.UserData or Layout.FlatData)
                continue;
            var rights = Constant(proof, Layout.Gdt + selector + 4);
            path.Require(
                Descriptor.Dpl(rights) == 0
                    && !Descriptor.IsConforming(rights)
                    && ((rights & Descriptor.NotSystem) != 0 || selector == Layout.TaskState),
                $"descriptor {selector:X}h of the GDT is a segment of ring 0, and no gate"
            );
        }
    }

    private Symbolic Target(ProofContext proof, int vector) =>
        Constant(proof, Layout.Idt + (uint)vector * 8 + 4) & 0xFFFF0000
        | Constant(proof, Layout.Idt + (uint)vector * 8) & 0xFFFF;

    private uint Constant(ProofContext proof, uint address)
    {
        proof.Constants.Add(address);
        return Image.Constant(address)
            ?? throw new ProverException($"{address:X8}h holds no constant of the booted image");
    }
}
