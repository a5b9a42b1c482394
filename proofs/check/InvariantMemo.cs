using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Evaluates invariants on the states of a model. Most invariants are evaluated only once for all states that agree in
/// the cells that they read.
/// </summary>
/// <remarks>
/// An invariant is a function of the cells it reads, and each next read depends on the earlier ones. Therefore, if an
/// invariant held and read only cells that some bits of the key determine, it holds in every state with these bits.
/// The reads are recorded as the invariant runs. An invariant that has ever read other cells is evaluated in every
/// state.
/// </remarks>
internal sealed class InvariantMemo
{
    private static readonly uint[] One = [0];

    private readonly Codec _codec;
    private readonly State<Concrete> _state;
    private readonly TracedTables _traced;
    private readonly uint[] _rows;
    private readonly Walker _walker;
    private readonly Group[] _groups;

    /// <summary>
    /// The invariants at one thread, or at row 0, the processor and the priorities, or at the rows of the mappings'
    /// tables.
    /// </summary>
    /// <param name="Row">The thread.</param>
    /// <param name="Mask">The bits that its invariants may read.</param>
    /// <param name="Known">Values of those bits with which the memorised invariants hold.</param>
    /// <param name="Memorised">The invariants that have read only these bits.</param>
    /// <param name="Others">The invariants that are evaluated in every state.</param>
    private sealed record Group(
        uint Row,
        Key Mask,
        KeySet Known,
        List<Invariant<State<Concrete>, Concrete>> Memorised,
        List<Invariant<State<Concrete>, Concrete>> Others
    );

    public InvariantMemo(Walker walker, IReadOnlyList<Invariant<State<Concrete>, Concrete>> invariants)
    {
        (_walker, _codec) = (walker, walker.Codec);
        _state = walker.State;
        _traced = new(walker.Tables);
        _rows = [State<Concrete>.Nobody, .. _codec.Rows];

        // Beside its own row, a thread's invariants read the statuses and partners of other threads, the stage, and the
        // current thread.
        var shared =
            _codec.MaskOf(nameof(State<Concrete>.Stage), 0) | _codec.MaskOf(nameof(State<Concrete>.Current), 0);
        foreach (var row in _codec.Rows)
            shared |=
                _codec.MaskOf(nameof(State<Concrete>.Status), row)
                | _codec.MaskOf(nameof(State<Concrete>.Partner), row);
        _groups =
        [
            .. _rows.Select(row => new Group(
                row,
                shared | _codec.MaskOf(row),
                new(_codec.Width),
                [
                    .. invariants.Where(invariant =>
                        !IsOfMappings(invariant) && (invariant.Over == Table.Thread || row == State<Concrete>.Nobody)
                    ),
                ],
                []
            )),
            new(
                State<Concrete>.Nobody,
                _codec.MaskOfMappings,
                new(_codec.Width),
                [.. invariants.Where(IsOfMappings)],
                []
            ),
        ];
    }

    private static bool IsOfMappings(Invariant<State<Concrete>, Concrete> invariant) =>
        invariant.Over.Number > Table.Interrupt.Number;

    /// <summary>Whether every invariant holds in the present state, whose key is given.</summary>
    public bool Hold(Key key)
    {
        foreach (var group in _groups)
        {
            var bits = key & group.Mask;
            if (group.Known.Contains(bits))
                continue;
            if (!HoldTraced(group))
                return false;
            group.Known.Add(bits, -1);
        }

        return HoldAgain();
    }

    /// <summary>
    /// True if every invariant holds in the present state, provided that they held in a state with the same key.
    /// </summary>
    public bool HoldAgain()
    {
        foreach (var group in _groups)
        foreach (var invariant in group.Others)
            if (!Holds(invariant, _state, group.Row))
                return false;
        return true;
    }

    // Moves an invariant to the others if it reads more than the group's bits determine.
    private bool HoldTraced(Group group)
    {
        for (var n = group.Memorised.Count - 1; n >= 0; n--)
        {
            var invariant = group.Memorised[n];
            _traced.Forget();
            if (!Holds(invariant, _traced.State, group.Row))
                return false;
            if (_traced.Reads.All(cell => _codec.Tells(group.Mask, cell)))
                continue;
            group.Memorised.RemoveAt(n);
            group.Others.Add(invariant);
        }

        return true;
    }

    private bool Holds(Invariant<State<Concrete>, Concrete> invariant, State<Concrete> state, uint row)
    {
        foreach (
            var i in invariant.Over == Table.Thread ? new ReadOnlySpan<uint>(in row) : _walker.RowsOf(invariant.Over)
        )
        foreach (var j in invariant.Pairs ? _rows : One)
            if (!invariant.Holds(state, i, j))
                return false;
        return true;
    }
}
