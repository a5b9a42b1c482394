using Verified.Proofs.Events;

namespace Verified.Proofs.Diff;

/// <summary>The time at which an interrupt arrives while the kernel works.</summary>
public enum ArrivalKind
{
    /// <summary>Between two steps on mappings.</summary>
    InWindow,

    /// <summary>When the kernel has reached user code or HLT.</summary>
    AtEnd,

    /// <summary>It is raised, but masked at all points at which interrupts are on.</summary>
    Masked,
}

/// <summary>When an interrupt comes by the spec.</summary>
/// <param name="Kind">The kind of its arrival.</param>
/// <param name="Window">Steps on mappings before it comes.</param>
/// <param name="Between">The interrupt.</param>
public readonly record struct Arrival(ArrivalKind Kind, InterruptBetweenSteps Between, uint Window = 0);
