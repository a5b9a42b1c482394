using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>
/// The fields that the list of processor state declares constant, with their values after boot. No event may change
/// them. CPL and the halted state are left out, because the stage determines them.
/// </summary>
internal sealed class ConstantRegisters
{
    // NT, VM, RF, TF and IOPL are 0 in the kernel. IF depends on the cut point.
    private const uint KernelFlags =
        Flag.NestedTask | Flag.Virtual8086 | Flag.Resume | Flag.Trap | Flag.PrivilegeLevel | Flag.Interrupt;

    private static readonly ProcessorField<Concrete, PcBus>[] Fields =
    [
        .. ProcessorState<Concrete, PcBus>.All.Where(field =>
            field.Accounting == Accounting.Constant
            && field.Read is not null
            && field.Name is not ("CPL" or "halted state")
        ),
    ];

    // The constant bits of EFLAGS. A read of EFLAGS computes all of them, so they are read once.
    private static readonly uint ConstantFlags = ProcessorNames
        .Eflags.Where(flag => Fields.Any(field => field.Name == flag.Name))
        .Aggregate(0u, (flags, flag) => flags | flag.Mask);

    // The other fields, without those that are 0 until the processor uses them.
    private static readonly int[] Singly =
    [
        .. Enumerable.Range(0, Fields.Length).Where(i => !IsRare(Fields[i]) && !IsFlag(Fields[i])),
    ];

    private readonly uint[] _booted;
    private readonly uint _bootedFlags;
    private readonly bool _usesNoRareState;

    /// <param name="cpu">The processor after boot, at user code or idle.</param>
    public ConstantRegisters(Ia32<Concrete, PcBus> cpu)
    {
        _booted = [.. Fields.Select(field => field.Read!(cpu).Value)];
        _bootedFlags = cpu.Eflags.Value & ConstantFlags;
        _usesNoRareState = !cpu.UsesRareState;
    }

    // These are all 0 unless Ia32.UsesRareState.
    private static bool IsRare(ProcessorField<Concrete, PcBus> field) =>
        field.Members.Contains("_coprocessorUsed") || field.Members.Contains("_testUsed");

    /// <summary>
    /// The first field that differs from its value after boot; null if there is none. While the processor idles, this
    /// method also compares the bits of EFLAGS that are constant then. At the kernel's other cut points it compares
    /// these bits in place of the user's flags.
    /// </summary>
    /// <param name="cpu">The processor.</param>
    /// <param name="isInWindow">Whether it is between two steps on mappings, where interrupts are on.</param>
    public Difference? From(Ia32<Concrete, PcBus> cpu, bool isInWindow)
    {
        var isInKernel = cpu.Cpl == 0 && !cpu.Halted;
        if (isInKernel || !AreSame(cpu))
            for (var i = 0; i < _booted.Length; i++)
                if (!(isInKernel && IsFlag(Fields[i])) && Fields[i].Read!(cpu).Value is var now && now != _booted[i])
                    return new($"{Fields[i].Name} of the processor", $"{_booted[i]:X8}h", $"{now:X8}h")
                    {
                        Register = new(Fields[i].Name, Right: _booted[i]),
                    };
        if (!isInKernel && !cpu.Halted)
            return null;
        var flags = cpu.Halted || isInWindow ? Flag.Interrupt : 0;
        var wrong = (cpu.Eflags.Value & KernelFlags) ^ flags;
        return wrong == 0
            ? null
            : new(
                $"EFLAGS of the {(cpu.Halted ? "idle processor" : "processor in the kernel")}",
                $"{flags:X8}h in the bits {KernelFlags:X8}h",
                $"{cpu.Eflags.Value:X8}h"
            )
            {
                Register = new(RegisterPlace.Flags, wrong, flags),
            };
    }

    private static bool IsFlag(ProcessorField<Concrete, PcBus> field) =>
        ProcessorNames.Eflags.Any(flag => flag.Name == field.Name);

    private bool AreSame(Ia32<Concrete, PcBus> cpu)
    {
        if (!_usesNoRareState || cpu.UsesRareState || (cpu.Eflags.Value & ConstantFlags) != _bootedFlags)
            return false;
        foreach (var i in Singly)
            if (Fields[i].Read!(cpu).Value != _booted[i])
                return false;
        return true;
    }
}
