using Verified.Proofs.Values;

namespace Verified.Proofs.Paths;

/// <summary>The result of a proof.</summary>
/// <param name="Theorem">Its name.</param>
/// <param name="Refutation">Null if it is proved.</param>
/// <param name="Paths">Paths explored.</param>
/// <param name="Questions">Questions asked of the solver, or answered by a shared answer.</param>
/// <param name="Worst">The cost of its longest paths; nothing for theorems about the spec.</param>
/// <param name="Executed">Addresses of the instructions that some path executes.</param>
/// <param name="Constants">
/// Addresses of the dwords of the image that the proof depends on: code, gates, descriptors.
/// </param>
public sealed record Verdict(
    string Theorem,
    Refutation? Refutation,
    int Paths,
    int Questions,
    WorstCase Worst,
    IReadOnlySet<uint> Executed,
    IReadOnlySet<uint> Constants
)
{
    /// <summary>Names of the cut points where its paths end.</summary>
    public IReadOnlyCollection<string> Ends { get; init; } = [];
}

/// <summary>
/// The frame of all theorems: a instances of terms, the Skolem rows that goals are about, and the exploration of every
/// path.
/// </summary>
/// <param name="name">Its name.</param>
/// <param name="domains">The tables whose rows its statements are about.</param>
public abstract class Theorem(string name, IReadOnlyList<Domain> domains)
{
    public string Name => name;

    /// <summary>
    /// Distinguishes the theorem from all others with its name: the sizes, and other parameters of its statement.
    /// </summary>
    public virtual string Key =>
        $"{name} {string.Join(' ', domains.Select(domain => $"{domain.Table}:{domain.Rows}"))}";

    /// <summary>Its time compared to others. Long theorems start first.</summary>
    public virtual int Weight => 0;

    /// <summary>
    /// Whether a cache may keep its proof. False if the statement depends on an object that the key does not describe.
    /// </summary>
    public virtual bool IsKept => true;

    /// <summary>Answers shared with theorems whose proofs are alike; null if there are none.</summary>
    protected virtual SharedAnswers? Shared => null;

    /// <summary>The image's dword at an address, if the theorem is about an image.</summary>
    public virtual uint? Constant(uint address) => null;

    /// <param name="record">Receives every question and its answer; may be null.</param>
    /// <param name="judge">
    /// Judges the case of a refutation, and asks for a better one; null if the solver's first case is enough.
    /// </param>
    /// <param name="stop">If it is cancelled, the proof ends without a verdict, also within a question.</param>
    /// <exception cref="OperationCanceledException">The proof was asked to stop.</exception>
    public Verdict Prove(
        IQuestionRecord? record = null,
        Func<Refutation, CaseJudgement>? judge = null,
        CancellationToken stop = default
    )
    {
        using var terms = new Terms { DivisionsAreOpaque = true };
        Terms.Current = terms;
        using var reasoner = new Reasoner(terms, record, Shared, stop);
        var path = new Exploration(terms, reasoner);
        var proof = new ProofContext(terms, reasoner, path, new Instances(reasoner, path), domains);
        Refutation? refutation = null;
        try
        {
            Assume(proof);
            path.Explore(() =>
            {
                proof.Begin();
                try
                {
                    Run(proof);
                }
                catch (RefutedException refuted)
                {
                    // The facts of the path are still known here, so that the solver can be asked for another case.
                    refutation = Explain(proof, refuted, judge);
                    throw;
                }
            });
        }
        catch (RefutedException refuted)
        {
            refutation ??= proof.Explain(refuted.Message) with { IsOfProcessor = refuted.IsOfProcessor };
        }

        if (refutation is null && path.Paths == 0)
            throw new ProverException("no path reaches its end: nothing is proved");
        return new Verdict(
            name,
            refutation,
            path.Paths,
            reasoner.Questions,
            proof.Worst,
            proof.Executed,
            proof.Constants
        )
        {
            Ends = proof.Ends,
        };
    }

    /// <summary>
    /// Assumes what holds in every state, also if the theorem's proof does not need it. Returns the value of a column
    /// at a row of an empty state, or null if any value will do. Null if no case can be completed.
    /// </summary>
    protected virtual Func<string, uint, uint?>? Completes(ProofContext proof) => null;

    private Refutation Explain(ProofContext proof, RefutedException refuted, Func<Refutation, CaseJudgement>? judge)
    {
        // To build the terms may need questions, so the question of the goal is asked again.
        if (judge is not null && !refuted.IsOfProcessor && proof.Compares is { } compares)
        {
            proof.Sides = compares();
            proof.Reasoner.Satisfiable(proof.Path.Failing);
        }

        var first = proof.Explain(refuted.Message) with { IsOfProcessor = refuted.IsOfProcessor };
        return judge is null || refuted.IsOfProcessor
            ? first
            : new Completion(proof, judge).Find(first, () => Completes(proof));
    }

    /// <summary>Asserts the hypotheses.</summary>
    protected abstract void Assume(ProofContext proof);

    /// <summary>Runs one path: runs the text and shows the goals.</summary>
    protected abstract void Run(ProofContext proof);
}
