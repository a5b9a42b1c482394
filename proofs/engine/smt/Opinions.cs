using System.Collections.Concurrent;
using System.Diagnostics;
using Verified.Proofs.Paths;

namespace Verified.Proofs.Smt;

/// <summary>The outcome of a check of one theorem's questions.</summary>
/// <param name="Theorem">The theorem's name.</param>
/// <param name="Verdict">
/// The outcome of the proof that asked the questions; null if the proof came to no answer.
/// </param>
/// <param name="Questions">The number of questions.</param>
/// <param name="Checked">The number of checked questions: a sample, or all.</param>
/// <param name="Agreed">The number of confirmed questions.</param>
/// <param name="Failures">The questions that were not confirmed, with reasons, one line each.</param>
/// <param name="Bytes">The size of the written scripts or proofs.</param>
/// <param name="Clauses">The size of the formulas that were certified.</param>
/// <param name="Time">The time, including the proof.</param>
/// <param name="Cached">True if an earlier run confirmed all of the same questions.</param>
public sealed record Opinion(
    string Theorem,
    Verdict? Verdict,
    int Questions,
    int Checked,
    int Agreed,
    IReadOnlyList<string> Failures,
    long Bytes,
    long Clauses,
    TimeSpan Time,
    bool Cached
)
{
    /// <summary>Whether everything that was checked was confirmed, and the theorem is proved.</summary>
    public bool Holds => Verdict is { Refutation: null } && Failures.Count == 0 && Agreed == Checked;
}

/// <summary>
/// Proves theorems again, and has a checker other than Z3 check the questions of each theorem. A theorem with all its
/// questions confirmed is kept in a folder for the ledger, like a proved theorem, until one of its dependencies
/// changes.
/// </summary>
/// <param name="theorems">The theorems.</param>
/// <param name="sample">
/// The total number of questions to check, from theorems chosen at random; null for every question of every theorem.
/// </param>
/// <param name="seed">Chooses them.</param>
/// <param name="unsatisfiable">True to check only questions without a model.</param>
/// <param name="confirmed">The folder of theorems that earlier runs confirmed; null for no such folder.</param>
/// <param name="anew">True to check again the theorems that an earlier run confirmed.</param>
public sealed class Opinions(
    IReadOnlyList<Theorem> theorems,
    int? sample,
    int seed,
    bool unsatisfiable,
    ProofCache? confirmed,
    bool anew
)
{
    /// <summary>
    /// The most questions in a sample from one theorem. Larger samples need fewer theorems to be proved.
    /// </summary>
    private const int PerTheorem = 20;

    /// <summary>The results that the check of one theorem's questions adds to its opinion.</summary>
    public sealed record Outcome(int Agreed, IReadOnlyList<string> Failures, long Bytes, long Clauses = 0);

    /// <summary>The theorems whose questions are checked; for a sample, with the number of questions.</summary>
    public IReadOnlyList<(Theorem Theorem, int? Quota)> Chosen { get; } = Choose(theorems, sample, seed);

    /// <summary>Runs the check for each theorem, several at a time.</summary>
    /// <param name="workers">The number of theorems at a time.</param>
    /// <param name="check">Checks the questions of one theorem.</param>
    /// <param name="started">Called when a theorem starts, from several threads, one call at a time.</param>
    /// <param name="ended">Called with each opinion, in the same way.</param>
    public IReadOnlyList<Opinion> Run(
        int workers,
        Func<Theorem, Asked, Outcome> check,
        Action<string> started,
        Action<Opinion> ended
    )
    {
        var opinions = new ConcurrentDictionary<Theorem, Opinion>();
        var waiting = new ConcurrentQueue<(Theorem Theorem, int? Quota)>(
            Chosen.OrderByDescending(chosen => chosen.Theorem.Weight)
        );
        var threads = Enumerable.Range(0, workers).Select(_ => new Thread(Work, Prover.StackSize)).ToList();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        return [.. Chosen.Select(chosen => opinions[chosen.Theorem])];

        void Work()
        {
            while (waiting.TryDequeue(out var next))
            {
                lock (opinions)
                    started(next.Theorem.Name);
                var opinion = Of(next.Theorem, next.Quota, check);
                opinions[next.Theorem] = opinion;
                lock (opinions)
                    ended(opinion);
            }
        }
    }

    private Opinion Of(Theorem theorem, int? quota, Func<Theorem, Asked, Outcome> check)
    {
        var clock = Stopwatch.StartNew();
        if (quota is null && !anew && confirmed?.Find(theorem) is { } earlier)
            return new(theorem.Name, earlier, earlier.Questions, 0, 0, [], 0, 0, clock.Elapsed, true);
        var asked = new Asked(quota, new Random(seed), unsatisfiable);
        try
        {
            var verdict = theorem.Prove(asked);
            var outcome = check(theorem, asked);
            var opinion = new Opinion(
                theorem.Name,
                verdict,
                asked.Count,
                asked.Kept.Count,
                outcome.Agreed,
                outcome.Failures,
                outcome.Bytes,
                outcome.Clauses,
                clock.Elapsed,
                false
            );
            if (quota is null && opinion.Holds)
                confirmed?.Add(theorem, verdict);
            return opinion;
        }
        catch (Exception e)
        {
            // An exception counts as the failure of this theorem and of no other theorem.
            var why = e is ProverException ? e.Message : $"{e.GetType().Name}: {e.Message}";
            return new(theorem.Name, null, asked.Count, asked.Kept.Count, 0, [why], 0, 0, clock.Elapsed, false);
        }
    }

    private static List<(Theorem Theorem, int? Quota)> Choose(IReadOnlyList<Theorem> theorems, int? sample, int seed)
    {
        if (sample is not { } most)
            return [.. theorems.Select(theorem => (theorem, (int?)null))];
        var order = theorems.ToArray();
        new Random(seed).Shuffle(order);
        var chosen = new List<(Theorem, int?)>();
        for (var i = 0; i < order.Length && most > 0; i++, most -= PerTheorem)
            chosen.Add((order[i], Math.Min(most, PerTheorem)));
        return chosen;
    }
}
