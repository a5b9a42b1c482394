namespace Verified.Proofs.Values;

/// <summary>The answers that an exploration gives to the terms that it runs over.</summary>
public interface IDecider
{
    /// <summary>Picks the side that the running path takes.</summary>
    bool Decide(Bool condition);

    /// <summary>
    /// The side that this path has already taken (also by the condition's negation); null if it has taken none.
    /// </summary>
    bool? Known(Bool condition);
}
