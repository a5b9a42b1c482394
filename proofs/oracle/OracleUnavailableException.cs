namespace Verified.Proofs.Oracle;

/// <summary>
/// There is no host processor to compare with, or no compiler for the native program. The message says which.
/// </summary>
public sealed class OracleUnavailableException(string message) : Exception(message);
