namespace Verified.Proofs;

/// <summary>No usable libz3; the message is one line that says what was looked for and how to mend it.</summary>
public sealed class SolverMissingException(string message) : DllNotFoundException(message);
