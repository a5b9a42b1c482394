using Verified.Proofs.Values;

namespace Verified.Proofs.Paths;

/// <summary>A question that the solver answered: whether the facts and the assumption have a model.</summary>
/// <param name="Path">The path of the exploration that it was asked on, from 1; 0 for the hypotheses.</param>
/// <param name="Purpose">Why it was asked: a goal in words, or a choice of the path.</param>
/// <param name="Facts">The facts that the solver had.</param>
/// <param name="Assumption">The assumption beside the facts, such as the negation of a goal; null for none.</param>
/// <param name="Satisfiable">The solver's answer.</param>
public sealed record Question(int Path, string Purpose, IReadOnlyList<Bool> Facts, Bool? Assumption, bool Satisfiable);

/// <summary>Receives every question of a theorem's proof, and every goal that is settled without a question.</summary>
public interface IQuestionRecord
{
    /// <summary>The solver answered.</summary>
    void Solved(Question question);

    /// <summary>
    /// A model of an earlier question satisfies the facts and the assumption: the evaluation of terms shows it.
    /// </summary>
    void Witnessed(int path, string purpose);

    /// <summary>A goal holds because the simplifier made it true, or because it is a known fact.</summary>
    void Unasked(int path, string purpose);
}
