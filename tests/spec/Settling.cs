using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Tests.Spec;

internal static class Settling
{
    /// <summary>The kernel's own steps, to the next user or idle.</summary>
    public static void Settle(this Kernel<Concrete> kernel, State<Concrete> s)
    {
        foreach (var (own, _) in Event.OwnSteps(s))
            kernel.Step(own);
    }
}
