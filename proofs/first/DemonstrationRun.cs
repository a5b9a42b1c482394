using System.Text;
using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;

namespace Verified.Proofs.First;

/// <summary>A run of the image with its demonstration programs, from boot.</summary>
/// <param name="Reason">Why the machine stopped.</param>
/// <param name="IsContent">True if the programs ended the run, and all of them were content.</param>
/// <param name="Instructions">How many instructions the machine executed.</param>
/// <param name="Printed">The text that the programs printed.</param>
public sealed record DemonstrationRun(StopReason Reason, bool IsContent, long Instructions, string Printed)
{
    /// <summary>
    /// If the guest writes a value, isa-debug-exit makes the exit code 2 * value + 1. A content guest writes 0.
    /// </summary>
    public const int Content = 1;

    /// <summary>Boots an image and runs it, for at most a number of instructions.</summary>
    public static DemonstrationRun Of(KernelImage image, long budget)
    {
        var (pc, printed) = (new Pc(), new StringBuilder());
        pc.Serial.Sent = sent => printed.Append((char)sent);
        Multiboot.Load(pc, image.ToElf());
        var reason = pc.Run(budget);
        var isContent = reason == StopReason.Exited && pc.ExitStatus == Content;
        return new(reason, isContent, pc.Instructions, printed.ToString());
    }
}
