using System.Security.Cryptography;
using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Proofs.Values;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// Whatever a Multiboot loader leaves in the other registers than EAX and EBX, which lead to its information, boot comes to the one machine that the first pick starts from: the
/// symbolic processor, of whose registers nothing is known, goes along with the concrete machine; every address, every value stored,
/// every port write and every branch is a constant, and the same.
/// </summary>
/// <remarks>
/// Multiboot 0.6, 3.2: flat 32-bit segments, protection on, paging off, interrupts off. A port and the time-stamp counter are read as the
/// machine answers: the serial line's transmitter is ready, and the frequency in the info page is that machine's. The memory is that of one machine, with one set of modules. What that first machine satisfies is then looked at in full (BootChecks).
/// </remarks>
public sealed class BootTheorem(string name, KernelImage image, BootedImage booted, IReadOnlyList<BootModule> modules) : Theorem(name, image.Limits)
{
    private static readonly string[] Names = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];

    public override string Key => $"{base.Key} {Convert.ToHexString(SHA256.HashData([.. image.ToElf(), .. modules.SelectMany(module => module.Content)]))}";

    public override uint? Constant(uint address) => booted.Constant(address);

    protected override void Assume(Attempt attempt)
    {
        // Nothing: the machine is the one that the loader made.
    }

    protected override void Run(Attempt attempt)
    {
        var path = attempt.Path;
        var pc = new Pc();
        Multiboot.Load(pc, image.ToElf(), "", [.. modules]);
        var cpu = FromLoader(attempt, pc);
        try
        {
            while (pc.Cpu.Eip.Value != booted.Pick)
            {
                // Until paging is on it runs where the kernel's linear addresses lead.
                attempt.Trail.Add(pc.Cpu.Eip.Value | Layout.KernelBase);
                if (!Symbolic.TryValue(cpu.Eip, out var eip) || eip != pc.Cpu.Eip.Value) throw path.Refuted($"boot branches to {cpu.Eip} on what the loader left");
                cpu.Step(Decoded(pc, eip, path));
                if (pc.Run(1) != StopReason.Budget) throw path.Refuted($"boot stops at {pc.Cpu.Eip}");
                foreach (var (linear, size, value) in cpu.Bus.Stored)
                    if (cpu.Bus.Concrete(linear, size) != value) throw path.Refuted($"boot stores {value:X}h at {linear:X8}h, and the machine does not");
                cpu.Bus.Stored.Clear();
            }
        }
        catch (UnknownValueException e)
        {
            throw path.Refuted($"at {pc.Cpu.Eip}: what boot does depends on what the loader left: {e.Message}");
        }
        catch (Exception e) when (e is Fault or UnimplementedInstruction or ShutdownException)
        {
            throw path.Refuted($"at {pc.Cpu.Eip}: {e.Message}");
        }

        attempt.Ran(new(attempt.Trail.Count, 0, 0));
        path.IsTaken();
        RequireSame(path, cpu, pc.Cpu);
    }

    private static Ia32<Symbolic, BootBus> FromLoader(Attempt attempt, Pc pc)
    {
        var cpu = new Ia32<Symbolic, BootBus>(new BootBus(pc, attempt.Path)) { Eip = pc.Cpu.Eip.Value };
        for (var register = 0; register < Names.Length; register++)
            cpu.R[register] = register is Register.Eax or Register.Ebx ? pc.Cpu.R[register].Value : attempt.Register(Names[register]);
        (cpu.Cr2, cpu.Cr3) = (attempt.Register("cr2"), attempt.Register("cr3"));
        (cpu.GdtBase, cpu.GdtLimit) = (attempt.Register("gdt"), attempt.Register("gdt-limit"));
        (cpu.IdtBase, cpu.IdtLimit) = (attempt.Register("idt"), attempt.Register("idt-limit"));
        cpu.Eflags = attempt.Register("eflags") & (Flag.Status | Flag.Direction) | Flag.Reserved;
        for (var segment = 0; segment < 6; segment++) cpu.S[segment].Selector = attempt.Register($"selector-{segment}");
        return cpu;
    }

    private static Operation Decoded(Pc pc, uint eip, Exploration path)
    {
        var code = new byte[15];
        for (var i = 0u; i < code.Length; i++)
            if (pc.Mmu.Look(eip + i) is { } physical) code[i] = (byte)pc.Memory.Load(physical, 1);
        return Decode.TryDecode(code, 0, code.Length, true, out var operation) ? operation
            : throw path.Refuted($"the instruction at {eip:X8}h does not end");
    }

    /// <summary>What the theorems of the kernel's own steps take as given, but for the general registers, which pick does not read.</summary>
    private static void RequireSame(Exploration path, Ia32<Symbolic, BootBus> cpu, Ia32<Concrete, PcBus> machine)
    {
        for (var segment = 0; segment < 6; segment++)
            path.Require(cpu.S[segment].Selector == machine.S[segment].Selector.Value
                & cpu.S[segment].Base == machine.S[segment].Base.Value & cpu.S[segment].Limit == machine.S[segment].Limit.Value
                & cpu.S[segment].Attributes == machine.S[segment].Attributes, "boot loads every segment register");
        path.Require(cpu.Cpl == 0 & cpu.Cr0 == machine.Cr0.Value & cpu.Cr3 == machine.Cr3.Value & cpu.Cr4 == machine.Cr4.Value
            & cpu.GdtBase == machine.GdtBase.Value & cpu.GdtLimit == machine.GdtLimit.Value & cpu.IdtBase == machine.IdtBase.Value
            & cpu.IdtLimit == machine.IdtLimit.Value & cpu.TaskRegister.Selector == machine.TaskRegister.Selector.Value,
            "boot loads every system register");
        path.Require((cpu.Eflags & ~(Flag.Status | Flag.Direction)) == Flag.Reserved, "boot leaves interrupts off");
        path.Require((cpu.Eflags & Flag.Direction) == 0, "boot leaves the direction flag clear");
    }

    /// <summary>The concrete machine's memory and ports, for constants only; its stores are made by the machine itself.</summary>
    private sealed class BootBus(Pc pc, Exploration path) : IBus<Symbolic>
    {
        /// <summary>Stores since the machine last stepped.</summary>
        public List<(uint Linear, int Size, uint Value)> Stored { get; } = [];

        public uint? Concrete(uint linear, int size) => pc.Mmu.Look(linear) is { } physical ? pc.Memory.Load(physical, size) : null;

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
            Symbolic.TryValue(word, out var value) ? value : throw path.Refuted($"{what} depends on what the loader left: {word}");
    }
}
