namespace Verified.Proofs.Checker;

/// <summary>No endless run passes over somebody again and again while it waits all the time.</summary>
/// <param name="Name">The claim's name in reports.</param>
/// <param name="Waits">Whether the claim's one waits in a state.</param>
/// <param name="PassesOver">Whether a step, given by its number, passes over it if it is taken in a state.</param>
public sealed record CellClaim(string Name, Func<Cells, bool> Waits, Func<Cells, int, bool> PassesOver);

/// <summary>A violation of such a claim.</summary>
/// <param name="Claim">The claim.</param>
/// <param name="Prefix">The packed states from the first one to the cycle.</param>
/// <param name="Cycle">The packed states of the cycle; the first is also the last.</param>
public sealed record UnfairRun(CellClaim Claim, IReadOnlyList<ulong> Prefix, IReadOnlyList<ulong> Cycle);

/// <summary>Searches a system that is given as data for a run on which somebody waits for ever.</summary>
public static class CellFairness
{
    /// <summary>The first violated claim; null if all hold.</summary>
    /// <param name="system">The system; all its states are visited and kept.</param>
    /// <param name="claims">At most 64 claims.</param>
    public static UnfairRun? Find(CellSystem system, IReadOnlyList<CellClaim> claims)
    {
        var cells = new Cells(system.Columns);
        cells.Begin(0);
        system.Begin(cells);
        List<ulong> states = [cells.Effect.Values];
        List<int> parents = [-1];
        Dictionary<ulong, int> numbers = new() { [states[0]] = 0 };
        var graph = new FairnessGraph(claims.Count);
        for (var state = 0; state < states.Count; state++)
        {
            List<FairnessStep> steps = [];
            for (var step = 0; step < system.Steps.Count; step++)
            {
                var passes = Bits(claims, claim => claim.PassesOver(At(states[state]), step));
                foreach (var to in Outcomes(system.Steps[step], states[state]))
                {
                    if (numbers.TryAdd(to, states.Count))
                    {
                        states.Add(to);
                        parents.Add(state);
                    }

                    steps.Add(new(numbers[to], passes));
                }
            }

            graph.Add(Bits(claims, claim => claim.Waits(At(states[state]))), steps);
        }

        if (graph.Find() is not { } cycle)
            return null;
        List<ulong> prefix = [];
        for (var state = cycle.States[0]; state >= 0; state = parents[state])
            prefix.Insert(0, states[state]);
        return new(claims[cycle.Claim], prefix, [.. cycle.States.Select(state => states[state])]);

        Cells At(ulong state)
        {
            cells.Begin(state);
            cells.Run = new();
            return cells;
        }

        // The states after a step, one for each path through its choices.
        List<ulong> Outcomes(Func<Cells, bool> step, ulong from)
        {
            List<ulong> reached = [];
            var run = new Recording();
            for (int[]? picks = []; picks is not null; picks = Next(run))
            {
                cells.Begin(from);
                run.Begin(picks);
                cells.Run = run;
                if (step(cells))
                    reached.Add((from & ~cells.Effect.Written) | cells.Effect.Values);
            }

            return reached;
        }
    }

    private static ulong Bits(IReadOnlyList<CellClaim> claims, Func<CellClaim, bool> holds)
    {
        var bits = 0UL;
        for (var claim = 0; claim < claims.Count; claim++)
            if (holds(claims[claim]))
                bits |= 1UL << claim;
        return bits;
    }

    // The last choice that has a further alternative takes it; null if all paths were taken.
    private static int[]? Next(Recording run)
    {
        var picks = run.Picks.ToArray();
        var counts = run.Items.Where(item => item.IsChoice).Select(item => item.Count).ToList();
        for (var last = picks.Length - 1; last >= 0; last--)
            if (picks[last] + 1 < counts[last])
                return [.. picks[..last], picks[last] + 1];
        return null;
    }
}
