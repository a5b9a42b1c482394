namespace Verified.Proofs.Commands;

/// <summary>How reliable a claim is.</summary>
public enum Standing
{
    /// <summary>For all states, at the image's size.</summary>
    Proved,

    /// <summary>Every case up to a bound that the detail names.</summary>
    Bounded,

    /// <summary>The cases that the detail counts.</summary>
    Tested,

    /// <summary>Not checked by this run. A reader who relies on the other claims also relies on this one.</summary>
    Assumed,

    Failed,
}

/// <summary>A line of the ledger.</summary>
/// <param name="What">What is claimed.</param>
/// <param name="Standing">How reliable it is.</param>
/// <param name="Detail">Counts, sizes, addresses, reasons.</param>
public sealed record Claim(string What, Standing Standing, string Detail)
{
    /// <summary>
    /// Names of theorems behind the claim that an earlier run proved. This run took their proofs from the cache.
    /// </summary>
    public IReadOnlyList<string> Cached { get; init; } = [];

    public static Claim Of(string what, bool holds, Standing standing, string detail) =>
        new(what, holds ? standing : Standing.Failed, detail);
}
