using Verified.Proofs.Diff;

namespace Verified.Proofs.Explore;

/// <summary>The result of running a trace with all checks of the verb that found it.</summary>
/// <param name="Says">The result in a line.</param>
/// <param name="Failure">The failure; null if there is none.</param>
/// <param name="Details">The lines below it.</param>
/// <param name="Event">Index of the event after which it shows; -1 for the start.</param>
/// <param name="Explained">The image's path to the wrong instruction; null if the spec alone fails.</param>
public sealed record Comparison(
    string Says,
    string? Failure = null,
    IReadOnlyList<string>? Details = null,
    int? Event = null,
    Explained? Explained = null
);
