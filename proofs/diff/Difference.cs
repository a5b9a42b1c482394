using Verified.Proofs.Events;

namespace Verified.Proofs.Diff;

/// <summary>A difference between image and spec.</summary>
/// <param name="What">Column and row, invariant, or address.</param>
/// <param name="Spec">The spec's value or demand.</param>
/// <param name="Image">The image's value.</param>
/// <param name="Address">Linear address of the dword that holds it; null if the value is not in one place.</param>
/// <param name="Column">The column that differs; null if no single column does.</param>
public sealed record Difference(string What, string Spec, string Image, uint? Address = null, string? Column = null)
{
    /// <summary>The processor's register that differs; null if none does, or several do.</summary>
    public RegisterPlace? Register { get; init; }

    /// <summary>
    /// The meaning of a path that has not written to <see cref="Address"/> or <see cref="Register"/>.
    /// </summary>
    public Reason IfUnwritten { get; init; } = Reason.NothingWritten;

    public override string ToString() => $"{What}: spec {Spec}, image {Image}";
}

/// <summary>A difference after the last event of a trace.</summary>
public sealed record Disagreement(Trace Trace, Difference Difference);
