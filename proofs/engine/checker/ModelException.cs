namespace Verified.Proofs.Checker;

/// <summary>A model or its bounds cannot be checked; the message says why.</summary>
public sealed class ModelException(string message) : Exception(message);
