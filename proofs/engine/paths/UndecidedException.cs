namespace Verified.Proofs.Paths;

/// <summary>The solver has no answer. Where a proof needs the answer, it fails.</summary>
public sealed class UndecidedException(string message) : ProverException(message);
