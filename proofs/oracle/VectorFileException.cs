namespace Verified.Proofs.Oracle;

/// <summary>A file of recorded cases that cannot be run: which, what is wrong with it, and how to mend that.</summary>
public sealed class VectorFileException(string message) : Exception(message);
