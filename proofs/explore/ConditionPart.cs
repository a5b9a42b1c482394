using Verified.Proofs.Check;

namespace Verified.Proofs.Explore;

/// <summary>A part of a condition.</summary>
/// <param name="Holds">Whether the part, without its "not", holds for a step and the state after it.</param>
/// <param name="IsOfState">True if it reads only the state; false if it is about the step.</param>
/// <param name="IsNegated">True if the part begins with "not".</param>
public sealed record ConditionPart(Func<Transition, bool> Holds, bool IsOfState, bool IsNegated = false);
