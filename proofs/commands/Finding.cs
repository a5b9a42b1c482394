using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;

namespace Verified.Proofs.Commands;

/// <summary>A failure, or a run to show, with its trace.</summary>
/// <param name="What">The failure, in one line.</param>
/// <param name="Details">The values of spec and image, or the message of the property.</param>
/// <param name="Trace">The run that ends with the failure, with its origin.</param>
/// <param name="Explained">The image's path of the last event; null if the spec alone fails.</param>
/// <param name="Fails">True for a failure; false for a run that the user asked to see.</param>
internal sealed record Finding(
    string What,
    IReadOnlyList<string> Details,
    Trace Trace,
    Explained? Explained = null,
    bool Fails = true
)
{
    /// <summary>The cells that the violated statement read, and the kernel step after which it is violated.</summary>
    public StatementReads Reads { get; init; } = StatementReads.Nothing;

    /// <summary>The cells that make the run repeat itself; null if it ends.</summary>
    public LoopReads? Loop { get; init; }

    /// <summary>The difference after the last event; null if the spec alone fails.</summary>
    public string? Difference { get; init; }

    /// <summary>The source line of the deviating instruction; null if there is none.</summary>
    public SourceLine? Where => Explained?.Deviating?.Source;
}

/// <summary>One result of a verb.</summary>
/// <param name="Name">Its name: a model, a theorem, a claim.</param>
/// <param name="Holds">True if it holds.</param>
/// <param name="Detail">The counts, or the reason for the failure.</param>
/// <param name="Seconds">Wall-clock time; 0 if it is not known.</param>
internal sealed record Checked(string Name, bool Holds, string Detail, double Seconds = 0);
