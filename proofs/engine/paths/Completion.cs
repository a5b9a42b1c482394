using System.Diagnostics;
using Verified.Spec.Tables;

namespace Verified.Proofs.Paths;

/// <summary>
/// Looks for a case of a refuted goal that satisfies all invariants and fails when it is run. The solver's first case
/// satisfies the invariants only at the rows that the path read. The rows that violate an invariant are added, and the
/// solver is asked again, until a case is judged to fail.
/// </summary>
/// <remarks>
/// Only the case changes here. The goal stays refuted, also if the added invariants contradict its failure.
/// </remarks>
/// <param name="proof">The proof, at the end of the refuted path.</param>
/// <param name="judge">Runs a case.</param>
internal sealed class Completion(ProofContext proof, Func<Refutation, CaseJudgement> judge)
{
    // Most cases need fewer than five rounds. The time is for one refuted theorem.
    private const int MostRounds = 40;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(30);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly HashSet<(Table, uint)> _rows = [];
    private CaseWishes? _wishes;

    /// <summary>The best case that was found: one that fails when it is run, or otherwise the last one.</summary>
    /// <param name="first">The solver's first case.</param>
    /// <param name="assume">Assumes all invariants (<see cref="Theorem.Completes"/>).</param>
    public Refutation Find(Refutation first, Func<Func<string, uint, uint?>?> assume)
    {
        var (best, round) = (first, 0);
        try
        {
            for (; ; round++)
            {
                var judgement = judge(best);
                if (judgement.Fails)
                    return Ended(null);
                if (round == 0 && !Begin(assume))
                    return Ended("the solver is not asked for another case of this theorem");
                if (round == MostRounds || _clock.Elapsed > MostTime)
                    return Ended($"the search ends after {round} rounds");

                if (!Add(judgement.Rows, round))
                    return Ended("no invariant is left to add");
                if (!Improve(ref best))
                    return Ended("with these invariants the goal cannot fail: the theorem may need one of them");
            }
        }
        catch (ProverException e)
        {
            return Ended(e.Message);
        }
        catch (ImpossiblePath)
        {
            return Ended("with these invariants no state takes the path: the theorem may need one of them");
        }

        Refutation Ended(string? why) => best with { Completed = new(round, _rows.Count, why) };
    }

    private bool Begin(Func<Func<string, uint, uint?>?> assume)
    {
        var reasoner = proof.Reasoner;
        reasoner.IsBrief = true;
        reasoner.Push();
        if (proof.Path.Failing is { } failing)
            reasoner.Tell(failing);
        if (assume() is not { } blank)
            return false;
        _wishes = new(proof, blank, () => _clock.Elapsed > MostTime);
        return true;
    }

    // The first round adds none. It only removes the values that do not matter.
    private bool Add(IReadOnlyList<(Table Table, uint Row)> rows, int round)
    {
        var before = _rows.Count;
        foreach (var (table, row) in round == 0 ? [] : rows)
            if (_rows.Add((table, row)))
                proof.Instances.Touch(table, row);
        return round == 0 || _rows.Count > before;
    }

    private bool Improve(ref Refutation best)
    {
        proof.Reasoner.Push();
        try
        {
            if (!_wishes!.Grant())
                return false;
            best = proof.Explain(best.What);
            return true;
        }
        finally
        {
            proof.Reasoner.Pop();
        }
    }
}
