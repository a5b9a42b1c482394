namespace Verified.Machine.Processor;

/// <summary>
/// An input to the machine cannot be used. The message is one line: the problem, its place, and the remedy.
/// </summary>
public sealed class MachineException(string message) : Exception(message);
