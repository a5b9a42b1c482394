namespace Verified.Proofs.Paths;

/// <summary>A goal that does not hold on some path.</summary>
public sealed class RefutedException(string what) : Exception(what)
{
    /// <summary>
    /// True if the failure is in processor state that no column of the spec shows, so a run on the spec shows no
    /// difference.
    /// </summary>
    public bool IsOfProcessor { get; init; }
}
