using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Evaluates invariants on the states of a model. Most invariants are evaluated only once for all states that agree in
/// the cells that they read.
/// </summary>
/// <remarks>
/// An invariant is a function of the cells it reads, and each next read depends on the earlier ones. Therefore, if an
/// invariant held and read only cells that some bits of the key determine, it holds in every state with these bits.
/// The reads are recorded as the invariant runs. An invariant that has ever read other cells is looked up in each state
/// by the values of the cells that it reads (<see cref="CellTree{T}"/>). Those of the mappings also read values without
/// a present meaning. If these are the values of the unpacked key, the key again determines all cells of the mappings.
/// </remarks>
internal sealed class InvariantMemo
{
    private static readonly uint[] One = [0];

    private readonly Codec _codec;
    private readonly FlatTables _tables;
    private readonly CellTree<bool> _held;

    // Its first tree, at place 0, is that of no invariants.
    private readonly CellTree<bool> _together = new(1);
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
    /// <param name="Memorised">The invariants that have read only these bits, with their numbers.</param>
    private sealed record Group(
        uint Row,
        Key Mask,
        KeySet Known,
        List<(Invariant<State<Concrete>, Concrete> Invariant, int Number)> Memorised
    )
    {
        /// <summary>The invariants that have read only cells that these bits determine in an unpacked state.</summary>
        public List<(Invariant<State<Concrete>, Concrete> Invariant, int Number)> OfUnpacked { get; } = [];

        /// <summary>Values of the bits with which those hold in an unpacked state.</summary>
        public KeySet KnownUnpacked { get; } = new(Key.Width);

        /// <summary>The other invariants. Those of a thread are looked up together.</summary>
        public List<(Invariant<State<Concrete>, Concrete> Invariant, int Number)> Others { get; } = [];

        /// <summary>The root of the tree of a thread's others, and their number when the tree was made.</summary>
        public (int Root, int Count) Together { get; set; }
    }

    /// <param name="walker">Provides the tables.</param>
    /// <param name="invariants">The invariants.</param>
    /// <param name="held">
    /// Knows with which cells the invariants have held. The workers of a search share it (<see cref="TreeOf"/>).
    /// </param>
    public InvariantMemo(
        Walker walker,
        IReadOnlyList<Invariant<State<Concrete>, Concrete>> invariants,
        CellTree<bool> held
    )
    {
        var number = 0;
        (_walker, _codec, _tables, _held) = (walker, walker.Codec, walker.Tables, held);
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
                    .. invariants
                        .Where(invariant => !IsOfMappings(invariant))
                        .Where(invariant => invariant.Over == Table.Thread || row == State<Concrete>.Nobody)
                        .Select(invariant => (invariant, number++)),
                ]
            )),
            new(
                State<Concrete>.Nobody,
                _codec.MaskOfMappings,
                new(_codec.Width),
                [.. invariants.Where(IsOfMappings).Select(invariant => (invariant, number++))]
            ),
        ];
    }

    /// <summary>A tree for the invariants of a model at all rows.</summary>
    public static CellTree<bool> TreeOf(
        Walker walker,
        IReadOnlyList<Invariant<State<Concrete>, Concrete>> invariants
    ) => new((walker.Codec.Rows.Length + 2) * invariants.Count);

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

        return HoldAgain(key);
    }

    /// <summary>
    /// True if every invariant holds in the present state, whose key is given, provided that they held in a state with
    /// the same key.
    /// </summary>
    public bool HoldAgain(Key key)
    {
        foreach (var group in _groups)
        {
            if (!HoldOthers(group))
                return false;
            if (group.OfUnpacked.Count > 0 && !HoldOfUnpacked(group, key & group.Mask))
                return false;
        }

        return true;
    }

    private bool HoldOthers(Group group)
    {
        if (group == _groups[^1])
        {
            foreach (var other in group.Others)
                if (!Holds(other, group.Row))
                    return false;
            return true;
        }

        if (group.Together.Count != group.Others.Count)
            group.Together = (_together.AddRoot(), group.Others.Count);
        var root = group.Together.Root;
        if (_together.TryGet(_together.Follow(root, _tables.Cells), out _))
            return true;
        _traced.Forget();
        foreach (var other in group.Others)
            if (!Holds(other.Invariant, _traced.State, group.Row))
                return false;
        return _together.Add(root, _traced.Items, [], true, _tables.Cells);
    }

    private bool HoldOfUnpacked(Group group, Key bits)
    {
        if (_codec.HasStale)
            return group.OfUnpacked.TrueForAll(each => Holds(each, group.Row));
        if (group.KnownUnpacked.Contains(bits))
            return true;
        for (var n = group.OfUnpacked.Count - 1; n >= 0; n--)
        {
            _traced.Forget();
            if (!Holds(group.OfUnpacked[n].Invariant, _traced.State, group.Row))
                return false;
            if (_traced.Reads.All(cell => _codec.Tells(group.Mask, cell, isUnpacked: true)))
                continue;
            group.Others.Add(group.OfUnpacked[n]);
            group.OfUnpacked.RemoveAt(n);
        }

        return group.KnownUnpacked.Add(bits, -1);
    }

    // Moves an invariant to a later list if it reads more than the group's bits determine.
    private bool HoldTraced(Group group)
    {
        for (var n = group.Memorised.Count - 1; n >= 0; n--)
        {
            _traced.Forget();
            if (!Holds(group.Memorised[n].Invariant, _traced.State, group.Row))
                return false;
            if (_traced.Reads.All(cell => _codec.Tells(group.Mask, cell)))
                continue;
            var isOfUnpacked = _traced.Reads.All(cell => _codec.Tells(group.Mask, cell, isUnpacked: true));
            (isOfUnpacked ? group.OfUnpacked : group.Others).Add(group.Memorised[n]);
            group.Memorised.RemoveAt(n);
        }

        return true;
    }

    private bool Holds((Invariant<State<Concrete>, Concrete> Invariant, int Number) other, uint row)
    {
        if (_held.TryGet(_held.Follow(other.Number, _tables.Cells), out _))
            return true;
        _traced.Forget();
        if (!Holds(other.Invariant, _traced.State, row))
            return false;
        return _held.Add(other.Number, _traced.Items, [], true, _tables.Cells);
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
