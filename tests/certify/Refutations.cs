namespace Verified.Tests.Certify;

/// <summary>Unsatisfiable formulas, and refutations of them.</summary>
internal static class Refutations
{
    /// <summary>
    /// There is one pigeon more than holes; each pigeon is in a hole, and no two pigeons share one. If any one of the
    /// clauses is removed, there is a model.
    /// </summary>
    internal static (int Variables, List<int[]> Clauses) Pigeons(int holes)
    {
        var clauses = new List<int[]>();
        for (var pigeon = 0; pigeon <= holes; pigeon++)
            clauses.Add([.. Enumerable.Range(0, holes).Select(hole => In(pigeon, hole))]);
        for (var hole = 0; hole < holes; hole++)
        for (var one = 0; one <= holes; one++)
        for (var other = 0; other < one; other++)
            clauses.Add([-In(one, hole), -In(other, hole)]);
        return ((holes + 1) * holes, clauses);

        int In(int pigeon, int hole) => pigeon * holes + hole + 1;
    }

    /// <summary>
    /// The proof that a search by cases leaves: the end of each case states that its decisions exclude each other.
    /// </summary>
    internal static List<int[]> Refutation(int variables, IReadOnlyList<int[]> clauses)
    {
        var proof = new List<int[]>();
        Search([]);
        return proof;

        void Search(int[] decisions)
        {
            if (!Conflicts(clauses, decisions))
            {
                var next = Enumerable
                    .Range(1, variables)
                    .First(variable => !decisions.Contains(variable) && !decisions.Contains(-variable));
                Search([.. decisions, next]);
                Search([.. decisions, -next]);
            }

            proof.Add(Array.ConvertAll(decisions, literal => -literal));
        }
    }

    /// <summary>
    /// True if the clauses follow one after the other and end in a contradiction, by the simplest form of propagation.
    /// </summary>
    internal static bool Follows(IReadOnlyList<int[]> clauses, IReadOnlyList<int[]> proof)
    {
        var known = clauses.ToList();
        foreach (var clause in proof)
        {
            if (Conflicts(known, []))
                return true;
            if (!Conflicts(known, Array.ConvertAll(clause, literal => -literal)))
                return false;
            known.Add(clause);
        }

        return Conflicts(known, []);
    }

    internal static bool Conflicts(IReadOnlyList<int[]> clauses, int[] assumed)
    {
        var held = new HashSet<int>(assumed);
        if (assumed.Any(literal => held.Contains(-literal)))
            return true;
        for (var more = true; more; )
        {
            more = false;
            foreach (var clause in clauses)
            {
                if (clause.Any(held.Contains) || clause.Any(literal => clause.Contains(-literal)))
                    continue;
                var open = clause.Where(literal => !held.Contains(-literal)).Distinct().ToList();
                if (open.Count == 0)
                    return true;
                if (open.Count == 1)
                    more |= held.Add(open[0]);
            }
        }

        return false;
    }
}
