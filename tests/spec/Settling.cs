using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Tests.Spec;

internal static class Settling
{
    /// <summary>Makes the kernel's own steps, up to the next user or idle state.</summary>
    public static void Settle(this Kernel<Concrete> kernel, State<Concrete> s)
    {
        foreach (var (own, _) in Event.OwnSteps(s))
            kernel.Step(own);
    }
}
