using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>A field of the processor that differs.</summary>
/// <param name="Field">Its name in the list of processor state; <see cref="Flags"/> for all flags.</param>
/// <param name="Bits">The bits that differ.</param>
/// <param name="Right">The value that these bits must have; null if the kernel may change them.</param>
public sealed record RegisterPlace(string Field, uint Bits = uint.MaxValue, uint? Right = null)
{
    public const string Flags = "EFLAGS";

    /// <summary>
    /// Whether an instruction may have made the difference that changed the field from one value to another.
    /// </summary>
    public bool IsCause(uint before, uint after) =>
        before != after && (Right is not { } right || (before == (right & Bits) && after != (right & Bits)));

    /// <summary>The present value of the bits.</summary>
    public uint Read(Ia32<Concrete, PcBus> cpu) =>
        Bits
        & (
            Field == Flags
                ? cpu.Eflags
                : ProcessorState<Concrete, PcBus>.All.First(field => field.Name == Field).Read!(cpu)
        ).Value;
}
