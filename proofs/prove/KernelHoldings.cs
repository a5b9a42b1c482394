using Verified.Kernel;
using Verified.Proofs.Execution;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>The conditions of contracts that are about this kernel's segments and stack.</summary>
public static class KernelHoldings
{
    /// <summary>A selector that ring 3 can load into a data segment register.</summary>
    public static readonly Holding Loadable = Holding.Named("one that ring 3 can load");

    /// <summary>A selector that ring 3 can load into SS.</summary>
    public static readonly Holding LoadableStack = Holding.Named("one that ring 3 can load into SS");

    /// <summary>
    /// The attributes of a user's data segment; if the selector is null, the attributes of no segment.
    /// </summary>
    public static readonly Holding OfSelector = Holding.Named("that of its selector");

    /// <summary>The place in the current thread's row where its general registers are saved.</summary>
    public static readonly Holding SavedRegisters = Holding.Named("where the registers are saved");

    /// <summary>Whether attributes are those of <see cref="OfSelector"/>.</summary>
    public static Truth AreOfSelector<W>(W attributes, W selector)
        where W : struct, IWord<W> =>
        attributes == W.Select((selector & ~3u) == 0, 0, UserSegments.FlatHigh & Machine.Processor.Descriptor.Mask);
}
