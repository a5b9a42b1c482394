namespace Verified.Proofs.Commands;

/// <summary>
/// The command cannot be carried out; the message is one line that says what, where, and how to mend it.
/// </summary>
public sealed class CommandException(string message) : Exception(message);
