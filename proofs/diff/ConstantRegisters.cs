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
    // NT, VM, RF, TF and IOPL are 0 while the processor is idle, and IF is 1.
    private const uint IdleFlags =
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
        .. Enumerable
            .Range(0, Fields.Length)
            .Where(i => !IsRare(Fields[i]) && ProcessorNames.Eflags.All(flag => flag.Name != Fields[i].Name)),
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
    /// method also compares the bits of EFLAGS that are constant then.
    /// </summary>
    public Difference? From(Ia32<Concrete, PcBus> cpu)
    {
        if (!AreSame(cpu))
            for (var i = 0; i < _booted.Length; i++)
                if (Fields[i].Read!(cpu).Value is var now && now != _booted[i])
                    return new($"{Fields[i].Name} of the processor", $"{_booted[i]:X8}h", $"{now:X8}h");
        return cpu.Halted && (cpu.Eflags.Value & IdleFlags) != Flag.Interrupt
            ? new(
                "EFLAGS of the idle processor",
                $"{Flag.Interrupt:X8}h in the bits {IdleFlags:X8}h",
                $"{cpu.Eflags.Value:X8}h"
            )
            : null;
    }

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
