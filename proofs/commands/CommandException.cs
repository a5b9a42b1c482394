namespace Verified.Proofs.Commands;

/// <summary>
/// The command cannot be carried out. The message is one line: the problem, its place, and how to solve it.
/// </summary>
public sealed class CommandException(string message) : Exception(message);
