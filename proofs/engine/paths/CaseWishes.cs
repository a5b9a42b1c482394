using Verified.Proofs.Values;
using Verified.Spec.Values;

namespace Verified.Proofs.Paths;

/// <summary>
/// Makes a case of a refuted goal simple. The rows of the path stay where they are, and all other values are those of a
/// state without threads and mappings, if possible. So a case has few rows that an invariant may be about.
/// </summary>
/// <remarks>
/// A cell may be in a row that depends on other cells. So cells are settled in the order of this dependence: each gets
/// the empty state's value, or otherwise the value of the present model.
/// </remarks>
/// <param name="proof">The proof, at the end of the refuted path.</param>
/// <param name="blank">The value of a column at a row of an empty state; null if any value will do.</param>
/// <param name="isOver">True if no more questions are to be asked.</param>
internal sealed class CaseWishes(ProofContext proof, Func<string, uint, uint?> blank, Func<bool> isOver)
{
    // Where the rows of the path were in the last case.
    private IReadOnlyList<(Symbolic Row, uint At)> _places = [];

    /// <summary>
    /// Tells the solver the wishes, as far as they can be granted. Returns false if there is no case.
    /// </summary>
    public bool Grant()
    {
        var reasoner = proof.Reasoner;
        Grant(Wishes(_places.Select(place => place.Row == place.At)));
        if (!reasoner.Satisfiable())
            return false;
        var cells = proof.Cells;
        var matters = Mattering(cells);
        HashSet<Word> values = [.. cells.Select(cell => cell.Value.Term).OfType<Word>()];
        HashSet<Word> settled = [];
        List<(Symbolic, uint)> places = [];

        // Only rows that depend on no cell are variables of their own.
        foreach (var (_, row, value) in cells)
            if (row.Term is { } place)
            {
                if (IsOfPath(value) || !Graph.Variables(place).Any(values.Contains))
                    places.Add((row, reasoner.ValueOf(row)));
                settled.UnionWith(Graph.Variables(place).Where(variable => !values.Contains(variable)));
            }

        Tell(places.Select(place => place.Item1 == place.Item2));
        for (var open = cells; open.Count > 0 && reasoner.Satisfiable(); )
        {
            List<(string Column, Symbolic Row, Symbolic Value)> next =
            [
                .. open.Where(cell => cell.Row.Term is not { } place || Graph.Variables(place).All(settled.Contains)),
            ];
            if (next.Count == 0)
                next = [.. open];
            open = [.. open.Except(next)];
            List<(Symbolic Value, bool IsOfPath, uint? Blank)> wished =
            [
                .. next.Select(cell =>
                    (cell.Value, IsOfPath(cell.Value), blank(cell.Column, reasoner.ValueOf(cell.Row)))
                ),
            ];
            foreach (var isOfPath in (bool[])[true, false])
                Grant(
                    Wishes(
                        wished
                            .Where(cell => cell.IsOfPath == isOfPath && cell.Blank is not null)
                            .Select(cell => cell.Value == cell.Blank!.Value)
                    )
                );
            if (!reasoner.Satisfiable())
                return false;
            Tell([.. next.Select(cell => cell.Value == reasoner.ValueOf(cell.Value))]);
            settled.UnionWith(next.Select(cell => cell.Value.Term).OfType<Word>());
        }

        if (!reasoner.Satisfiable())
            return false;

        // A row in use must not move away from the row to which the next invariants are added.
        _places =
        [
            .. places,
            .. cells
                .Select(cell => (cell, At: reasoner.ValueOf(cell.Row)))
                .Where(row =>
                    row.cell.Row.Term is not null
                    && blank(row.cell.Column, row.At) is { } empty
                    && empty != reasoner.ValueOf(row.cell.Value)
                )
                .Select(row => (row.cell.Row, row.At)),
        ];
        return true;

        bool IsOfPath(Symbolic value) => value.Term is { } variable && matters.Contains(variable);
    }

    private static IReadOnlyList<Bool> Wishes(IEnumerable<Truth> wishes) =>
        [.. wishes.Select(wish => wish.Undecided).OfType<Bool>().Distinct()];

    // The present model grants them all.
    private void Tell(IEnumerable<Truth> wishes)
    {
        foreach (var wish in Wishes(wishes))
            proof.Reasoner.Tell(wish);
    }

    // All wishes together, or otherwise those of each half.
    private void Grant(IReadOnlyList<Bool> wishes)
    {
        if (wishes.Count == 0 || isOver())
            return;
        Truth all = true;
        foreach (var wish in wishes)
            all &= wish.Truth;
        if (all.Undecided is not Bool condition ? all.Known : IsPossible(condition))
            Tell(wishes.Select(wish => wish.Truth));
        else if (wishes.Count > 1)
        {
            Grant([.. wishes.Take(wishes.Count / 2)]);
            Grant([.. wishes.Skip(wishes.Count / 2)]);
        }
    }

    // A wish is not granted if the solver does not know.
    private bool IsPossible(Bool condition)
    {
        try
        {
            return proof.Reasoner.Satisfiable(condition);
        }
        catch (UndecidedException)
        {
            return false;
        }
    }

    // The variables in the choices of the path and in the goal, and those that say which rows they are in.
    private HashSet<Word> Mattering(IReadOnlyList<(string Column, Symbolic Row, Symbolic Value)> cells)
    {
        HashSet<Word> found = [];
        HashSet<ITerm> seen = [];
        foreach (var condition in proof.Path.Choices)
            Collect(condition);
        if (proof.Path.Failing is { } failing)
            Collect(failing);
        for (var count = -1; count != found.Count; )
        {
            count = found.Count;
            foreach (var (_, row, value) in cells)
                if (value.Term is { } variable && found.Contains(variable) && row.Term is { } place)
                    Collect(place);
        }

        return found;

        void Collect(ITerm root)
        {
            foreach (var term in Graph.Pending(root, seen.Contains))
            {
                seen.Add(term);
                if (term is Word { Op: TermOp.Variable } variable)
                    found.Add(variable);
            }
        }
    }
}
