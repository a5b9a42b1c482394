using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>Judges every row of a state, whatever it is like. Other checks look only at rows that a run uses.</summary>
public static class WholeState
{
    /// <summary>The first invariant that a state violates, with its row and its reason; null if all hold.</summary>
    public static string? Violation(State<Concrete> s)
    {
        foreach (var invariant in Invariants<Concrete>.All)
            for (var i = 0u; i < State<Concrete>.Rows(invariant.Over, s.Limits); i++)
            for (var j = 0u; j < (invariant.Pairs ? s.Limits.Threads : 1); j++)
                if (!Holds(s, invariant, i, j))
                    return $"{invariant.Name} is {Words.Violated(s, invariant.Over, i)}: {invariant.Why}";
        return null;
    }

    // An invariant follows the links of a row. If a link names a row that does not exist, the invariant cannot hold.
    internal static bool Holds(State<Concrete> s, Invariant<State<Concrete>, Concrete> invariant, uint i, uint j)
    {
        try
        {
            return invariant.Holds(s, i, j).Known;
        }
        catch (IndexOutOfRangeException)
        {
            return false;
        }
    }
}
