namespace Verified.Machine;

/// <summary>
/// Something given to the machine cannot be used; the message is one line that says what, where, and how to mend it.
/// </summary>
public sealed class MachineException(string message) : Exception(message);
