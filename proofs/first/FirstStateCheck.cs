using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Proofs.Prove;

namespace Verified.Proofs.First;

/// <summary>Compares every bit of the booted machine at the first cut point with the declared first state.</summary>
public static class FirstStateCheck
{
    private static readonly string[] SegmentNames = ["ES", "CS", "SS", "DS", "FS", "GS"];

    /// <summary>The declared first state of an image that the loader gives these modules.</summary>
    public static FirstState Declared(KernelImage image, IReadOnlyList<BootModule> modules) =>
        FirstState.Of(image, [.. modules.Take(2).Select(module => FirstServer.Of(module.Content))]);

    /// <summary>Every place where the booted machine differs: memory in order of address, then registers.</summary>
    /// <param name="image">The image.</param>
    /// <param name="modules">What the loader gives it: two ELF files, or nothing.</param>
    /// <exception cref="ImageException">The image does not reach the first cut point.</exception>
    public static IEnumerable<string> Differences(KernelImage image, params IReadOnlyList<BootModule> modules)
    {
        var pc = Booting.Boot(image, modules).Pc;
        return Declared(image, modules).Differences(physical => pc.Memory.Load(physical, 4))
            .Concat(Registers(image, pc));
    }

    /// <summary>Every register that differs from <see cref="DeclaredProcessor"/>.</summary>
    public static IEnumerable<string> Registers(KernelImage image, Pc pc)
    {
        var seen = Read(pc);
        foreach (var (register, value, why, mask) in DeclaredProcessor.Of(image))
            if ((seen[register] & mask) is var bits && bits != (value & mask))
                yield return $"{register} is {bits:X8}h, not {value & mask:X8}h: {why}";
    }

    private static Dictionary<string, uint> Read(Pc pc)
    {
        var cpu = pc.Cpu;
        var seen = new Dictionary<string, uint>
        {
            ["EIP"] = cpu.Eip.Value,
            ["EFLAGS"] = cpu.Eflags.Value,
            ["CPL"] = (uint)cpu.Cpl,
            ["CR0"] = cpu.Cr0.Value,
            ["CR3"] = cpu.Cr3.Value,
            ["CR4"] = cpu.Cr4.Value,
            ["GDTR base"] = cpu.GdtBase.Value,
            ["GDTR limit"] = cpu.GdtLimit.Value,
            ["IDTR base"] = cpu.IdtBase.Value,
            ["IDTR limit"] = cpu.IdtLimit.Value,
            ["HLT"] = cpu.Halted ? 1u : 0,
            ["interrupt shadow"] = cpu.InterruptShadow ? 1u : 0,
            ["pending debug exceptions"] = cpu.PendingTrap | (cpu.HeldTrap ?? 0),
        };
        foreach (var number in (int[])[0, 1, 2, 3, 6, 7]) seen[$"DR{number}"] = cpu.D[number].Value;
        foreach (var (name, segment) in SegmentNames.Select((name, number) => (name, cpu.S[number]))
            .Append(("TR", cpu.TaskRegister)).Append(("LDTR", cpu.LocalTable)))
        {
            seen[name] = segment.Selector.Value;
            (seen[$"{name} base"], seen[$"{name} limit"]) = (segment.Base.Value, segment.Limit.Value);
            seen[$"{name} attributes"] = segment.Attributes;
        }

        return seen;
    }
}
