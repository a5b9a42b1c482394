namespace Verified.Proofs.Paths;

/// <summary>The solver has no answer. A proof that needs the answer fails.</summary>
public sealed class UndecidedException(string message) : ProverException(message);
