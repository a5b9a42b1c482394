using Verified.Machine.Processor;

namespace Verified.Proofs.Execution;

/// <summary>
/// Instructions that do more on a processor than in the model. Foreign software may execute them. Code in a theorem
/// must not, because the theorem would hold for the model and not for the processor.
/// </summary>
internal static class Unmodelled
{
    /// <summary>
    /// The effect of an instruction beyond the model, as the end of a sentence; null if the model is complete.
    /// </summary>
    public static string? Effect(Operation operation) =>
        operation.Op == Op.Wbinvd
            // SDM vol. 2, INVD: modified lines of the caches are lost. The model has no caches of memory.
            ? "empties the caches by INVD or WBINVD, and what INVD finds modified there never reaches memory"
            : null;
}
