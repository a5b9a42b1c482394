namespace Verified.Proofs.Events;

/// <summary>The effect of a user instruction: the entry into the kernel that it raises, or none.</summary>
/// <param name="Event">
/// The spec's event for the instruction, with the registers at the entry. Null if the instruction just completes.
/// </param>
/// <param name="Start">The registers with which the instruction starts.</param>
/// <param name="Code">
/// Its bytes; null if the processor fetches none of them, because the first byte is out of reach.
/// </param>
internal readonly record struct Arising(Event? Event, Registers Start, UserInstruction? Code);
