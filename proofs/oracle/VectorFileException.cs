namespace Verified.Proofs.Oracle;

/// <summary>
/// A file of recorded cases cannot be run. The message gives the file, the error, and how to solve it.
/// </summary>
public sealed class VectorFileException(string message) : Exception(message);
