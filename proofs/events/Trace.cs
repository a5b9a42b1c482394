using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>A state, given by the values that differ from a state without threads and mappings.</summary>
public sealed record Snapshot(Limits Limits, IReadOnlyList<Cell> Cells)
{
    public static Snapshot Of(State<Concrete> s)
    {
        var blank = Boot.Initial(s.Limits, []).Columns;
        List<Cell> cells = [];
        for (var i = 0; i < blank.Count; i++)
        for (var row = 0u; row < State<Concrete>.Rows(blank[i].Info.Table, s.Limits); row++)
            if (s.Columns[i].Column[row] is var value && value != blank[i].Column[row])
                cells.Add(new(blank[i].Info.Name, row, value.Value));
        return new(s.Limits, cells);
    }

    /// <summary>The state.</summary>
    public State<Concrete> ToState()
    {
        var state = Boot.Initial(Limits, []);
        CopyTo(state);
        return state;
    }

    private void CopyTo(State<Concrete> blank)
    {
        var columns = blank.Columns.ToDictionary(column => column.Info.Name, column => column.Column);
        foreach (var (column, row, value) in Cells)
            columns[column][row] = value;
    }
}

/// <summary>A dword of the machine that differs from the state's encoding.</summary>
public readonly record struct Override(uint Address, uint Value);

/// <summary>A run that can be repeated: a state, and the events after it.</summary>
/// <param name="Start">The state at a cut point.</param>
/// <param name="Events">The steps, including the kernel's own steps if the trace spells them out.</param>
/// <param name="Memory">
/// Dwords set after the state was written to the machine, for states that only the prover produces.
/// </param>
/// <param name="Note">The finding, in one or more lines.</param>
/// <param name="Booted">
/// The run starts from the state after boot: the machine boots, and nothing is written to it.
/// </param>
/// <param name="Origin">The check that found it; null if not recorded.</param>
/// <param name="Loop">The event from which the run repeats itself for ever; null if it ends.</param>
public sealed record Trace(
    Snapshot Start,
    IReadOnlyList<Event> Events,
    IReadOnlyList<Override>? Memory = null,
    string? Note = null,
    bool Booted = false,
    Origin? Origin = null,
    int? Loop = null
);
