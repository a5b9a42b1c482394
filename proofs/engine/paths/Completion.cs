using System.Diagnostics;
using Verified.Proofs.Values;
using Verified.Spec.Tables;
using Verified.Spec.Values;

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
    private readonly List<(Table Table, uint Row)> _rows = [];
    private readonly HashSet<(Table, uint)> _seen = [];
    private Func<Table, uint, IEnumerable<Truth>>? _blank;

    /// <summary>The best case that was found: one that fails when it is run, or otherwise the last one.</summary>
    /// <param name="first">The solver's first case.</param>
    /// <param name="assume">Assumes all invariants (<see cref="Theorem.Completes"/>).</param>
    public Refutation Find(Refutation first, Func<Func<Table, uint, IEnumerable<Truth>>?> assume)
    {
        var (best, round) = (first, 0);
        try
        {
            for (; ; round++)
            {
                var judgement = judge(best);
                if (judgement.Fails)
                    return Ended(null);
                if (round == 0 && (_blank = Begin(assume)) is null)
                    return Ended("this theorem asks for no other case");
                if (round == MostRounds || _clock.Elapsed > MostTime)
                    return Ended($"after {round} rounds the search ends");
                if (!Add(judgement.Rows))
                    return Ended("no further row can be added");
                if (!proof.Reasoner.Satisfiable())
                    return Ended("with these invariants, too, the goal cannot fail: the theorem may need one of them");
                best = Preferred(best);
            }
        }
        catch (Exception e) when (e is ProverException or ImpossiblePath)
        {
            return Ended(e is ProverException ? e.Message : "with these invariants no state takes the path");
        }

        Refutation Ended(string? why) => best with { Completed = new(round, _rows.Count, why) };
    }

    private Func<Table, uint, IEnumerable<Truth>>? Begin(Func<Func<Table, uint, IEnumerable<Truth>>?> assume)
    {
        proof.Reasoner.Push();
        if (proof.Path.Failing is { } failing)
            proof.Reasoner.Tell(failing);
        return assume();
    }

    private bool Add(IReadOnlyList<(Table Table, uint Row)> rows)
    {
        var before = _rows.Count;
        foreach (var (table, row) in rows)
            if (_seen.Add((table, row)))
            {
                _rows.Add((table, row));
                proof.Instances.Touch(table, row);
            }

        return _rows.Count > before;
    }

    /// <summary>
    /// The case of a model in which the path's rows stay where they are, if possible, and as many values as possible
    /// are those of a state without threads and mappings.
    /// </summary>
    private Refutation Preferred(Refutation last)
    {
        var reasoner = proof.Reasoner;
        List<Truth> wishes = [.. proof.RowsInCase.Select(row => row == reasoner.ValueOf(row))];
        foreach (var (table, row) in _rows)
            wishes.AddRange(proof.Path.Timeless(() => proof.Instances.Quietly(() => _blank!(table, row).ToList())));
        reasoner.Push();
        try
        {
            Prefer([.. wishes.Select(wish => wish.Undecided).OfType<Bool>().Distinct()]);
            if (!reasoner.Satisfiable())
                throw new ProverException("a case is lost although every wish was granted");
            return proof.Explain(last.What);
        }
        finally
        {
            reasoner.Pop();
        }
    }

    // Wishes that the present model fulfils are granted at once. Of the others, halves are tried.
    private void Prefer(IReadOnlyList<Bool> wishes)
    {
        var reasoner = proof.Reasoner;
        if (!reasoner.Satisfiable())
            return;
        List<Bool> open = [];
        foreach (var wish in wishes)
            if (reasoner.Holds(wish))
                reasoner.Tell(wish);
            else
                open.Add(wish);
        if (open.Count == 0 || _clock.Elapsed > MostTime)
            return;
        if (open.Aggregate((Truth)true, (all, wish) => all & wish.Truth).Undecided is Bool all)
        {
            if (reasoner.Satisfiable(all))
            {
                foreach (var wish in open)
                    reasoner.Tell(wish);
                return;
            }
        }

        if (open.Count == 1)
            return;
        Prefer([.. open.Take(open.Count / 2)]);
        Prefer([.. open.Skip(open.Count / 2)]);
    }
}
