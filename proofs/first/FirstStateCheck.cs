using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Proofs.Prove;
using Verified.Spec.Values;

namespace Verified.Proofs.First;

/// <summary>Compares every bit of the booted machine at the first cut point with the declared first state.</summary>
public static class FirstStateCheck
{
    /// <summary>The declared first state of an image that the loader gives these modules.</summary>
    public static FirstState Declared(KernelImage image, IReadOnlyList<BootModule> modules)
    {
        if (modules.Count == 0)
            return FirstState.Of(image);
        var pc = new Pc();
        Multiboot.Load(pc, image.ToElf(), "", [.. modules]);
        return FirstState.Of(
            image,
            [.. modules.Take(2).Select(module => FirstServer.Of(module.Content))],
            Information(image, pc)
        );
    }

    /// <summary>The page for the root task that boot must make of the loader's information.</summary>
    /// <param name="image">The image.</param>
    /// <param name="pc">The machine as the loader leaves it.</param>
    public static byte[] Information(KernelImage image, Pc pc) =>
        PassedInformation.Of(
            pc.Cpu.R[Register.Ebx].Value,
            physical => (byte)pc.Memory.Load(physical, 1),
            image.Layout.Boot.Information
        );

    /// <summary>Every place where the booted machine differs: memory in order of address, then registers.</summary>
    /// <param name="image">The image.</param>
    /// <param name="modules">The loader's modules: two ELF files, or none.</param>
    /// <exception cref="ImageException">The image does not reach the first cut point.</exception>
    public static IEnumerable<string> Differences(KernelImage image, params IReadOnlyList<BootModule> modules)
    {
        var pc = Booting.Boot(image, modules).Pc;
        return Declared(image, modules)
            .Differences(physical => pc.Memory.Load(physical, 4))
            .Concat(Registers(image, pc));
    }

    /// <summary>
    /// Every field of the list of processor state that differs from <see cref="DeclaredProcessor"/>, or from the
    /// contract of cut point pick.
    /// </summary>
    public static IEnumerable<string> Registers(KernelImage image, Pc pc)
    {
        const string flags = "EFLAGS";
        var seen = ProcessorState<Concrete, PcBus>
            .All.Where(field => field.Read is not null)
            .ToDictionary(field => field.Name, field => field.Read!(pc.Cpu).Value);
        seen[flags] = (uint)
            seen.Where(field => field.Key.StartsWith(flags, StringComparison.Ordinal)).Sum(field => field.Value);
        foreach (var (register, value, why, mask) in DeclaredProcessor.Of(image))
            if ((seen[register] & mask) is var bits && bits != (value & mask))
                yield return $"{register} is {bits:X8}h, not {value & mask:X8}h: {why}";
        foreach (var (field, holding) in CutPoints.Of(image.Layout).Pick.Contract)
            if (holding.Kind == HoldingKind.Is && seen[field] != holding.Value)
                yield return $"{field} is {seen[field]:X8}h, not {holding.Value:X8}h: the contract of cut point pick";
    }

    /// <summary>Every register of a chip that differs from its value in <see cref="DeclaredChips"/>.</summary>
    public static IEnumerable<string> Chips(Pc pc) =>
        DeclaredChips.Differences(
            port => pc.Cpu.Bus.In(port, 1).Value,
            (port, value) => pc.Cpu.Bus.Out(port, 1, value)
        );
}
