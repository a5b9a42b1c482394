using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;

namespace Verified.Proofs.Commands;

/// <summary>A failure, or a run worth seeing, with its trace.</summary>
/// <param name="What">What fails, in a line.</param>
/// <param name="Details">The values of spec and image, or what the property says.</param>
/// <param name="Trace">The run that ends with the failure, with its origin.</param>
/// <param name="Explained">The image's path of the last event; null if the spec alone fails.</param>
/// <param name="Fails">Whether it is a failure; else a run that the user wants to see.</param>
internal sealed record Finding(
    string What,
    IReadOnlyList<string> Details,
    Trace Trace,
    Explained? Explained = null,
    bool Fails = true
)
{
    /// <summary>The source line of the deviating instruction; null if there is none.</summary>
    public SourceLine? Where => Explained?.Deviating?.Source;
}

/// <summary>One thing that a verb checked.</summary>
/// <param name="Name">What it is: a model, a theorem, a claim.</param>
/// <param name="Holds">Whether it holds.</param>
/// <param name="Detail">The counts, or the reason why it fails.</param>
/// <param name="Seconds">Wall-clock time; 0 if it is not known.</param>
internal sealed record Checked(string Name, bool Holds, string Detail, double Seconds = 0);
