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

    private readonly uint[] _booted;

    /// <param name="cpu">The processor after boot, at user code or idle.</param>
    public ConstantRegisters(Ia32<Concrete, PcBus> cpu) =>
        _booted = [.. Fields.Select(field => field.Read!(cpu).Value)];

    /// <summary>
    /// The first field that differs from its value after boot; null if there is none. While the processor idles, this
    /// method also compares the bits of EFLAGS that are constant then.
    /// </summary>
    public Difference? From(Ia32<Concrete, PcBus> cpu)
    {
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
}
