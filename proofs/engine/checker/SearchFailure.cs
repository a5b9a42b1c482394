namespace Verified.Proofs.Checker;

/// <summary>
/// A violation: by the step with a given number from a state, or by the state that the first step to it leads to.
/// </summary>
/// <param name="Property">Its name.</param>
/// <param name="Why">Its text.</param>
/// <param name="From">Number of the state before the step; -1 if the first state is the violation.</param>
/// <param name="Step">
/// Number of the step among those from that state; -1 for the first step that leads to <paramref name="To"/>.
/// </param>
/// <param name="To">The state after the step.</param>
public sealed record SearchFailure(string Property, string Why, int From, int Step, ulong To);
