using Verified.Spec.Tables;

namespace Verified.Proofs.Paths;

/// <summary>The reason why a theorem is not proved: the failing goal, and the values of a failing case.</summary>
/// <param name="What">The goal, in words.</param>
/// <param name="Fields">Values of the initial state: column or area and field, row, value.</param>
/// <param name="Registers">Registers of the processor at the start; empty for theorems about the spec.</param>
/// <param name="Trail">Instructions executed, in order.</param>
public sealed record Refutation(
    string What,
    IReadOnlyList<(string Column, uint Row, uint Value)> Fields,
    IReadOnlyDictionary<string, uint> Registers,
    IReadOnlyList<uint> Trail
)
{
    /// <summary>
    /// True if the failure is in processor state that no column of the spec shows, so a run on the spec shows no
    /// difference.
    /// </summary>
    public bool IsOfProcessor { get; init; }

    /// <summary>What differs at the end of the path in this case; empty if the goal compares no values.</summary>
    public IReadOnlyList<Side> Sides { get; init; } = [];

    /// <summary>The search for a case that satisfies all invariants; null if there was none.</summary>
    public Completed? Completed { get; init; }
}

/// <summary>A value for which two sides of a goal disagree.</summary>
/// <param name="Name">The column, or a name of what is compared.</param>
/// <param name="Table">The table of the row.</param>
/// <param name="Row">The row.</param>
/// <param name="Wanted">The value that the spec computes.</param>
/// <param name="Found">The value that the code leaves.</param>
public sealed record Side(string Name, Table Table, uint Row, uint Wanted, uint Found);

/// <summary>How the search for a case ended.</summary>
/// <param name="Rounds">How often the solver was asked for another case.</param>
/// <param name="Rows">At how many further rows the invariants were added.</param>
/// <param name="End">The reason for the end; null if a case was found that fails when it is run.</param>
public sealed record Completed(int Rounds, int Rows, string? End = null);

/// <summary>The judgement of a refutation's case.</summary>
/// <param name="Fails">True if the case was run, and failed.</param>
/// <param name="Rows">
/// If not: the rows at which the invariants must be added before the solver is asked again, those that violate one
/// first.
/// </param>
public sealed record CaseJudgement(bool Fails, IReadOnlyList<(Table Table, uint Row)> Rows);
