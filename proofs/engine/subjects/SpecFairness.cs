using Verified.Proofs.Checker;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Subjects;

/// <summary>
/// A claim about each row of a table: no endless run passes over the row again and again while it waits all the time.
/// </summary>
/// <param name="Name">The claim's name in reports.</param>
/// <param name="Over">The table.</param>
/// <param name="Waits">Whether a row waits in a state.</param>
/// <param name="PassesOver">Whether a step, given by its name, passes over a row if it is taken in a state.</param>
public sealed record SpecClaim(
    string Name,
    Table Over,
    Func<ColumnState<Concrete>, uint, bool> Waits,
    Func<ColumnState<Concrete>, string, uint, bool> PassesOver
);

/// <summary>Searches the model of a spec for a run on which a row waits for ever.</summary>
public static class SpecFairness
{
    /// <summary>The violated claim in one line, with the steps of the cycle; null if all claims hold.</summary>
    /// <exception cref="ModelException">The claims have more than 64 rows.</exception>
    public static string? Violated(Specification spec, SpecSystem model, params SpecClaim[] claims)
    {
        var steps = spec.Steps<Concrete>();
        var system = model.Of("fairness");
        return CellFairness.Find(system, [.. claims.SelectMany(Rows)]) is { } unfair
            ? $"{unfair.Claim.Name}, in a cycle of {unfair.Cycle.Count - 1} steps after {unfair.Prefix.Count - 1}"
            : null;

        IEnumerable<CellClaim> Rows(SpecClaim claim)
        {
            for (var number = 0u; number < spec.RowsOf(claim.Over); number++)
            {
                var row = number;
                yield return new(
                    $"{claim.Name} is violated for {claim.Over} {row}",
                    cells => claim.Waits(model.StateOf(cells), row),
                    (cells, step) => claim.PassesOver(model.StateOf(cells), steps[step].Name, row)
                );
            }
        }
    }
}
