namespace Verified.Proofs.Traces;

/// <summary>One value of a state.</summary>
public readonly record struct Cell(string Column, uint Row, uint Value);

/// <summary>A value that a step changed.</summary>
/// <param name="Column">The column's name.</param>
/// <param name="Row">The row in it.</param>
/// <param name="Old">The value before the step.</param>
/// <param name="New">The value after the step.</param>
public readonly record struct Change(string Column, uint Row, uint Old, uint New);

/// <summary>A step of a trace.</summary>
/// <param name="Event">Index of the event that the step belongs to; -1 before the first event.</param>
/// <param name="Text">The step, in words.</param>
/// <param name="Changes">The values that differ afterwards.</param>
public sealed record TracedStep(int Event, string Text, IReadOnlyList<Change> Changes);
