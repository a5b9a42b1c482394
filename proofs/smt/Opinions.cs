using System.Collections.Concurrent;
using System.Diagnostics;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Smt;

/// <summary>What a check of a theorem's questions found.</summary>
/// <param name="Theorem">The theorem's name.</param>
/// <param name="Verdict">What the proof found that asked the questions; null if it came to no answer.</param>
/// <param name="Questions">How many questions there were.</param>
/// <param name="Checked">How many of them were checked: a sample, or all.</param>
/// <param name="Agreed">How many were confirmed.</param>
/// <param name="Failures">What was not confirmed, and why; one line each.</param>
/// <param name="Bytes">The size of what was written: scripts, or proofs.</param>
/// <param name="Clauses">The size of the formulas that were certified.</param>
/// <param name="Time">How long it took, the proof included.</param>
/// <param name="Cached">Whether an earlier run confirmed all of the same questions.</param>
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
/// Proves theorems anew, and has the questions of each checked by somebody else than Z3. A theorem of which all
/// questions were confirmed is kept in a folder, for the ledger, as proved theorems are: until something that it
/// depends on changes.
/// </summary>
/// <param name="theorems">The theorems.</param>
/// <param name="sample">
/// How many questions to check in all, of theorems chosen at random; null for every question of every theorem.
/// </param>
/// <param name="seed">What chooses them.</param>
/// <param name="unsatisfiable">Whether only questions without a model are checked.</param>
/// <param name="confirmed">Theorems confirmed by earlier runs, and where to keep them; null for no such folder.</param>
/// <param name="anew">Whether theorems that an earlier run confirmed are checked again.</param>
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
    /// How many questions of one theorem a sample has at most, so that few theorems need to be proved.
    /// </summary>
    private const int PerTheorem = 20;

    /// <summary>What the check of one theorem's questions adds to its opinion.</summary>
    public sealed record Outcome(int Agreed, IReadOnlyList<string> Failures, long Bytes, long Clauses = 0);

    /// <summary>The theorems whose questions are checked, with the number of questions where it is a sample.</summary>
    public IReadOnlyList<(Theorem Theorem, int? Quota)> Chosen { get; } = Choose(theorems, sample, seed);

    /// <summary>Runs the check for each theorem, several at a time.</summary>
    /// <param name="workers">How many at a time.</param>
    /// <param name="check">Checks the questions of one theorem.</param>
    /// <param name="started">Told of a theorem that starts; from several threads, one call at a time.</param>
    /// <param name="ended">Told of each opinion, in the same way.</param>
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
            // Whatever stops a theorem is its failure, and no other's.
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
