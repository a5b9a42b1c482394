using Verified.Proofs.Paths;

namespace Verified.Proofs.Smt;

/// <summary>
/// The recorded questions of one theorem's proof: every question, or a random sample if a check needs only a sample.
/// </summary>
/// <param name="sample">The number of questions to keep; null for all.</param>
/// <param name="random">Chooses the sample.</param>
/// <param name="unsatisfiable">True to keep only the questions without a model.</param>
public sealed class Asked(int? sample, Random random, bool unsatisfiable) : IQuestionRecord
{
    /// <summary>
    /// A goal or choice that was settled without the solver, so another solver has nothing to answer.
    /// </summary>
    /// <param name="Path">The path, from 1.</param>
    /// <param name="Purpose">The goal or choice.</param>
    /// <param name="By">
    /// "rules" if the simplifier or a known fact settled it; "model" if an earlier model settled it.
    /// </param>
    public sealed record Settled(int Path, string Purpose, string By);

    private readonly List<Question> _kept = [];
    private readonly List<Settled> _settled = [];

    public IReadOnlyList<Question> Kept => _kept;

    public IReadOnlyList<Settled> WithoutSolver => _settled;

    /// <summary>How many questions the check is about, kept or not.</summary>
    public int Count { get; private set; }

    public void Solved(Question question)
    {
        if (unsatisfiable && question.Satisfiable)
            return;
        Count++;
        if (sample is not { } most || _kept.Count < most)
        {
            _kept.Add(question);
            return;
        }

        // Each of the questions so far is kept with the same probability.
        var place = random.Next(Count);
        if (place < most)
            _kept[place] = question;
    }

    public void Witnessed(int path, string purpose) => _settled.Add(new(path, purpose, "model"));

    public void Unasked(int path, string purpose) => _settled.Add(new(path, purpose, "rules"));
}
