namespace Verified.Proofs.Z3;

/// <summary>
/// No usable libz3 was found. The message is one line: the places searched, and how to solve the problem.
/// </summary>
public sealed class SolverMissingException(string message) : DllNotFoundException(message);
