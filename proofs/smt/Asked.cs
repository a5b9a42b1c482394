using Verified.Proofs.Prove;

namespace Verified.Proofs.Smt;

/// <summary>
/// What one theorem's proof asked, kept: every question, or a random sample of those that a check is about.
/// </summary>
/// <param name="sample">How many questions are kept; null for all.</param>
/// <param name="random">What chooses them.</param>
/// <param name="unsatisfiable">Whether only the questions without a model are kept.</param>
public sealed class Asked(int? sample, Random random, bool unsatisfiable) : IQuestionRecord
{
    /// <summary>What was taken for granted, or shown by a model: nothing for another solver to answer.</summary>
    /// <param name="Path">The path, from 1.</param>
    /// <param name="Purpose">The goal or choice.</param>
    /// <param name="By">
    /// Rules, if the simplifier or a fact as it stands settled it; model, if an earlier model did.
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
