using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Proofs.Execution;

/// <summary>How the checks account for a field of the processor.</summary>
public enum Accounting
{
    /// <summary>A column of the spec, or a function of its state, determines the field's value.</summary>
    Compared,

    /// <summary>A cut point determines the field's value, or the kernel does not change the field.</summary>
    Constant,

    /// <summary>No statement is made about the field, for the reason that the entry gives.</summary>
    Excluded,
}

/// <summary>An entry of the list of processor state: its name, its accounting, and the way to read it.</summary>
/// <param name="Name">The name that reports use.</param>
/// <param name="Accounting">How the checks account for it.</param>
/// <param name="Why">The counterpart that it is compared with, or the reason why it is constant or excluded.</param>
/// <param name="Members">The fields of <see cref="Ia32{W,TBus}"/> and its structs that it covers, by name.</param>
/// <param name="Read">Its value; null if it is not a word of the processor.</param>
/// <param name="Write">Makes a processor hold a value; null if the value follows from other entries.</param>
public sealed record ProcessorField<W, TBus>(
    string Name,
    Accounting Accounting,
    string Why,
    IReadOnlyList<string> Members,
    Func<Ia32<W, TBus>, W>? Read,
    Action<Ia32<W, TBus>, W>? Write = null
)
    where W : struct, IWord<W>
    where TBus : IBus<W>;
