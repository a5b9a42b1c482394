using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Proofs.First;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Commands;

/// <summary>Claims about how boot has programmed the chips.</summary>
internal static class ChipClaims
{
    /// <summary>The claims. The clock is checked only if the demonstration runs, because it runs long enough.</summary>
    /// <exception cref="ImageException">The image does not reach the first cut point.</exception>
    public static IEnumerable<Claim> Of(string boot, KernelImage image, IReadOnlyList<BootModule> modules)
    {
        var wrong = ChipCheck.Interrupts(Booting.Boot(image, modules).Pc.Interrupts);
        yield return Claim.Of(
            $"{boot}: interrupts come at their vectors",
            wrong is null,
            Standing.Tested,
            wrong ?? $"{ChipCheck.Lines - 1} lines, one at a time"
        );
        var register = FirstStateCheck.Chips(Booting.Boot(image, modules).Pc).FirstOrDefault();
        yield return Claim.Of(
            $"{boot}: the chips' registers are as declared",
            register is null,
            Standing.Tested,
            register ?? $"{DeclaredChips.All.Count} registers of serial port, interrupt controllers and timer"
        );
        if (modules.Count > 0)
            yield break;
        var late = ChipCheck.Clock(image);
        yield return Claim.Of(
            $"{boot}: the clock ticks each millisecond",
            late is null,
            Standing.Tested,
            late ?? $"{ChipCheck.Milliseconds} ticks in {ChipCheck.Milliseconds} ms of the machine, one more or less"
        );
    }
}
