using System.Collections.Concurrent;

namespace Verified.Proofs.Paths;

/// <summary>Receives the start and end of theorems, from several threads, one call at a time.</summary>
public interface IProofProgress
{
    void Started(string theorem);

    void Ended(ProofResult result);
}

/// <summary>The end of a theorem's proof.</summary>
/// <param name="Theorem">Its name.</param>
/// <param name="Verdict">The verdict; from an earlier run if <paramref name="Cached"/>.</param>
/// <param name="Failure">The reason why the prover has no answer; null if it has one. No answer is a failure.</param>
/// <param name="Time">The time.</param>
/// <param name="Cached">True if an earlier run proved the same theorem for the same bytes.</param>
public sealed record ProofResult(string Theorem, Verdict? Verdict, string? Failure, TimeSpan Time, bool Cached)
{
    public bool Proved => Verdict is { Refutation: null };
}

/// <summary>Proves theorems, several at a time; each has its own terms and solver.</summary>
public static class Prover
{
    // Terms are deep, and the free stack limits their recursion.
    internal const int StackSize = 64 << 20;

    /// <summary>The results, in the order of the theorems. Theorems that were stopped have none.</summary>
    /// <param name="theorems">The theorems to prove.</param>
    /// <param name="workers">The number of theorems at a time.</param>
    /// <param name="cache">Earlier results, or null to prove everything again.</param>
    /// <param name="progress">Receives the start and end of theorems.</param>
    /// <param name="judge">Judges the case of a refuted theorem, by the theorem's name; may be null.</param>
    /// <param name="stop">If it is cancelled, the running proofs end without a result, and no other starts.</param>
    public static IReadOnlyList<ProofResult> Prove(
        IReadOnlyList<Theorem> theorems,
        int workers,
        ProofCache? cache,
        IProofProgress? progress = null,
        Func<string, Refutation, CaseJudgement>? judge = null,
        CancellationToken stop = default
    )
    {
        var run = new ProofRun(theorems, cache, progress, judge, stop);
        var waiting = new ConcurrentQueue<Theorem>(theorems.OrderByDescending(theorem => theorem.Weight));
        var threads = Enumerable.Range(0, Math.Max(1, workers)).Select(_ => new Thread(Work, StackSize)).ToList();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        return run.Results;

        void Work()
        {
            while (!stop.IsCancellationRequested && waiting.TryDequeue(out var theorem))
                run.Prove(theorem);
        }
    }
}

/// <summary>
/// A run of the prover whose caller chooses when each theorem is proved, and on which thread.
/// </summary>
/// <param name="theorems">What to prove.</param>
/// <param name="cache">Earlier results, or null to prove everything anew.</param>
/// <param name="progress">Told as theorems start and end.</param>
/// <param name="judge">Judges the case of a refuted theorem, by the theorem's name; may be null.</param>
/// <param name="stop">If it is cancelled, the running proofs end without a result.</param>
public sealed class ProofRun(
    IReadOnlyList<Theorem> theorems,
    ProofCache? cache,
    IProofProgress? progress,
    Func<string, Refutation, CaseJudgement>? judge = null,
    CancellationToken stop = default
)
{
    private readonly ConcurrentDictionary<Theorem, ProofResult> _results = new();

    /// <summary>The results so far, in the order of the theorems.</summary>
    public IReadOnlyList<ProofResult> Results =>
        [.. theorems.Where(_results.ContainsKey).Select(theorem => _results[theorem])];

    /// <summary>Proves one of the theorems. The thread has a stack of <see cref="Prover.StackSize"/>.</summary>
    public void Prove(Theorem theorem)
    {
        Report(() => progress?.Started(theorem.Name));
        if (Result(theorem) is not { } result)
            return;
        _results[theorem] = result;
        Report(() => progress?.Ended(result));
    }

    private void Report(Action report)
    {
        lock (_results)
            report();
    }

    // Null if the proof was stopped.
    private ProofResult? Result(Theorem theorem)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        if (cache?.Find(theorem) is { } earlier)
            return new(theorem.Name, earlier, null, clock.Elapsed, true);
        try
        {
            var verdict = theorem.Prove(
                stop: stop,
                judge: judge is null ? null : refutation => judge(theorem.Name, refutation)
            );
            if (verdict.Refutation is null)
                cache?.Add(theorem, verdict, clock.Elapsed);
            return new(theorem.Name, verdict, null, clock.Elapsed, false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            // An exception counts as the failure of this theorem and of no other theorem.
            return new(
                theorem.Name,
                null,
                e is ProverException ? e.Message : $"{e.GetType().Name}: {e.Message}",
                clock.Elapsed,
                false
            );
        }
    }
}
