namespace Verified.Proofs.Host;

/// <summary>
/// A program of the host that a command needs is missing or fails. The message is one line: the problem, and how to
/// solve it.
/// </summary>
public sealed class OtherProgramException(string message) : Exception(message);
