namespace Verified.Proofs.Oracle;

/// <summary>
/// There is no host processor to compare with, or nothing to build the native program with: the message says which.
/// </summary>
public sealed class OracleUnavailableException(string message) : Exception(message);
