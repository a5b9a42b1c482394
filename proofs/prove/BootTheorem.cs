using System.Security.Cryptography;
using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// Boot reaches exactly one machine, the machine that the first pick starts from. This holds whatever a Multiboot
/// loader leaves in the registers, except EAX and EBX, which lead to its information. The symbolic processor, whose
/// registers are unknown, runs beside the concrete machine. Every address, stored value, port write and branch must be
/// a constant, and the same on both.
/// </summary>
/// <remarks>
/// Multiboot 0.6, 3.2: flat 32-bit segments, protection on, paging off, interrupts off. Port reads and the time-stamp
/// counter give the machine's values: the serial line's transmitter is ready, and the info page has that machine's
/// frequency. The memory is that of one machine with one set of modules. BootChecks then checks the first machine in
/// full.
/// </remarks>
public sealed class BootTheorem(string name, KernelImage image, BootedImage booted, IReadOnlyList<BootModule> modules)
    : KernelTheorem(name, image.Limits)
{
    public override string Key =>
        $"{base.Key} {Convert.ToHexString(SHA256.HashData([.. image.ToElf(), .. AllModules]))}";

    private IEnumerable<byte> AllModules => modules.SelectMany(module => module.Content);

    public override uint? Constant(uint address) => booted.Constant(address);

    protected override void Assume(ProofContext proof)
    {
        // Nothing is assumed: the loader made the machine.
    }

    protected override void Run(ProofContext proof)
    {
        var path = proof.Path;
        var pc = new Pc();
        Multiboot.Load(pc, image.ToElf(), "", [.. modules]);
        UsedChips.Leave(pc);
        var cpu = FromLoader(proof, pc);
        try
        {
            while (pc.Cpu.Eip.Value != booted.Addresses[CodePoints.Pick.Name])
            {
                // Until paging is on, boot runs at the addresses to which the kernel's linear addresses lead.
                proof.Trail.Add(pc.Cpu.Eip.Value | Layout.KernelBase);
                if (!Symbolic.TryValue(cpu.Eip, out var eip) || eip != pc.Cpu.Eip.Value)
                    throw path.Refuted($"the loader's registers make boot branch to {cpu.Eip}");
                var operation = Decoded(pc, eip, path);
                if (Unmodelled.Effect(operation) is { } effect)
                    throw path.Refuted($"at {eip:X8}h boot {effect}");
                cpu.Step(operation);
                if (pc.Run(1) != StopReason.Budget)
                    throw path.Refuted($"boot stops at {pc.Cpu.Eip}");
                foreach (var (linear, size, value) in cpu.Bus.Stored)
                    if (cpu.Bus.Concrete(linear, size) != value)
                        throw path.Refuted($"boot stores {value:X}h at {linear:X8}h, and the machine does not");
                cpu.Bus.Stored.Clear();
            }
        }
        catch (UnknownValueException e)
        {
            throw path.Refuted($"at {pc.Cpu.Eip}: boot depends on the loader's registers: {e.Message}");
        }
        catch (Exception e) when (e is Fault or UnimplementedInstruction or ShutdownException)
        {
            throw path.Refuted($"at {pc.Cpu.Eip}: {e.Message}");
        }

        proof.Ran(new(proof.Trail.Count, 0, 0));
        path.IsTaken();
        RequireContract(path, cpu, pc.Cpu);
    }

    private static Ia32<Symbolic, BootBus> FromLoader(ProofContext proof, Pc pc)
    {
        var cpu = new Ia32<Symbolic, BootBus>(new BootBus(pc, proof.Path)) { Eip = pc.Cpu.Eip.Value };
        foreach (var field in ProcessorState<Symbolic, BootBus>.All)
            if (field.Write is { } write && IsLeftByLoader(field.Name))
                write(cpu, proof.Register(field.Name.ToLowerInvariant()));
        (cpu.R[Register.Eax], cpu.R[Register.Ebx]) = (pc.Cpu.R[Register.Eax].Value, pc.Cpu.R[Register.Ebx].Value);
        cpu.Eflags = proof.Register("eflags") & (Flag.Status | Flag.Direction) | Flag.Reserved;
        for (var segment = 0; segment < 6; segment++)
            cpu.S[segment].Selector = proof.Register($"selector-{segment}");
        return cpu;
    }

    /// <summary>
    /// Whether a field may have any value when the loader starts the image. The loader leaves flat segments and no
    /// breakpoint. It leaves the other plain fields as they are after RESET.
    /// </summary>
    private static bool IsLeftByLoader(string field) =>
        ProcessorNames.General.Contains(field)
        || field is "CR2" or "CR3" or "DR6"
        || field.StartsWith("GDTR", StringComparison.Ordinal)
        || field.StartsWith("IDTR", StringComparison.Ordinal)
        || field.StartsWith("x87", StringComparison.Ordinal)
        || field.StartsWith("time-stamp", StringComparison.Ordinal);

    private static Operation Decoded(Pc pc, uint eip, Exploration path)
    {
        var code = new byte[15];
        for (var i = 0u; i < code.Length; i++)
            if (pc.Mmu.Look(eip + i) is { } physical)
                code[i] = (byte)pc.Memory.Load(physical, 1);
        return Decode.TryDecode(code, 0, code.Length, true, out var operation)
            ? operation
            : throw path.Refuted($"the instruction at {eip:X8}h does not end");
    }

    /// <summary>
    /// Shows what the theorems that start at pick assume. First, the contract of the cut point holds. Second, the
    /// machine that is checked in full is in the same state, except for general registers and flags, of which pick
    /// knows nothing.
    /// </summary>
    private void RequireContract(Exploration path, Ia32<Symbolic, BootBus> cpu, Ia32<Concrete, PcBus> machine)
    {
        path.Require((cpu.Eflags & Flag.Direction) == 0, "boot leaves the direction flag clear");
        foreach (var (field, known) in ProcessorState<Symbolic, BootBus>.All.Zip(ProcessorState<Concrete, PcBus>.All))
        {
            if (field.Read is not { } read)
                continue;
            var (value, holding) = (read(cpu), booted.Points.Pick[field.Name]);
            if (holding.Kind == HoldingKind.Is)
                path.Require(
                    value == holding.Value,
                    $"boot leaves {field.Name} as the contract of cut point pick says, {holding}"
                );
            if (IsSegment(field.Name) || holding.Kind == HoldingKind.Compared)
                path.Require(value == known.Read!(machine).Value, $"boot loads {field.Name}");
        }
    }

    private static bool IsSegment(string field) =>
        ProcessorNames.Segments.Any(segment => field.StartsWith(segment + ' ', StringComparison.Ordinal));

    /// <summary>
    /// The concrete machine's memory and ports, for constants only; its stores are made by the machine itself.
    /// </summary>
    private sealed class BootBus(Pc pc, Exploration path) : IBus<Symbolic>
    {
        /// <summary>Stores since the machine last stepped.</summary>
        public List<(uint Linear, int Size, uint Value)> Stored { get; } = [];

        public uint? Concrete(uint linear, int size) =>
            pc.Mmu.Look(linear) is { } physical ? pc.Memory.Load(physical, size) : null;

        public Symbolic Load(Symbolic linear, int size, bool user)
        {
            var at = Known(linear, "an address that boot reads");
            return Concrete(at, size) ?? throw path.Refuted($"boot reads {at:X8}h, where nothing is");
        }

        public Symbolic LoadForStore(Symbolic linear, int size, bool user) => Load(linear, size, user);

        public void Store(Symbolic linear, int size, Symbolic value, bool user) =>
            Stored.Add((Known(linear, "an address that boot writes"), size, Known(value, "a value that boot stores")));

        public Symbolic In(Symbolic port, int size) => pc.Cpu.Bus.In(Known(port, "a port that boot reads"), size).Value;

        public void Out(Symbolic port, int size, Symbolic value)
        {
            Known(port, "a port that boot writes");
            Known(value & (size == 4 ? uint.MaxValue : (1u << size * 8) - 1), "a value that boot sends");
        }

        public void PageDirectoryLoaded(Symbolic cr3) => Known(cr3, "CR3");

        public void PagingChanged(Symbolic cr0, Symbolic cr4) => Known(cr0 | cr4, "CR0 or CR4");

        public void Invalidate(Symbolic linear) => Known(linear, "a page that boot invalidates");

        public (Symbolic Low, Symbolic High) TimeStamp()
        {
            var (low, high) = pc.Cpu.Bus.TimeStamp();
            return (low.Value, high.Value);
        }

        private uint Known(Symbolic word, string what) =>
            Symbolic.TryValue(word, out var value)
                ? value
                : throw path.Refuted($"{what} depends on the loader's registers: {word}");
    }
}
