namespace Verified.Proofs.Paths;

/// <summary>No state takes the running path, because facts of the path contradict its choices.</summary>
internal sealed class ImpossiblePath : Exception;
