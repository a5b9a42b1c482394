using Verified.Machine.Processor;

namespace Verified.Proofs.Prove;

/// <summary>
/// Instructions that do more on a processor than the model says. Software from elsewhere may execute them. Code about
/// which a theorem speaks must not: the theorem would hold of the model, and not of the processor.
/// </summary>
internal static class Unmodelled
{
    /// <summary>
    /// What an instruction does beyond the model, as the end of a sentence; null if the model has all.
    /// </summary>
    public static string? Effect(Operation operation) =>
        operation.Op == Op.Wbinvd
            // SDM vol. 2, INVD: modified lines of the caches are lost. The model has no caches of memory.
            ? "empties the caches by INVD or WBINVD, and what INVD finds modified there never reaches memory"
            : null;
}
