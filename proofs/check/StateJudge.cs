using Verified.Proofs.Checker;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// An invariant at a row. If its table is that of threads, the row is of this table; otherwise the invariant is
/// evaluated at all rows.
/// </summary>
internal readonly record struct Instance(Invariant<State<Concrete>, Concrete> Invariant, uint Row);

/// <summary>
/// Evaluates invariants on packed states. Each is evaluated only once for all states that agree in the bits that it
/// reads.
/// </summary>
/// <remarks>
/// Invariants are in groups. A group knows the values of its bits with which all of its invariants hold. Its bits are
/// those that its invariants have read. If an invariant reads other bits, they are added, and the group begins again.
/// If a state has the same bits as its judged predecessor, it is not looked up. Another worker may have judged the
/// predecessor, so the workers share what their evaluations have read (<see cref="ReadMasks"/>).
/// </remarks>
internal sealed class StateJudge
{
    private static readonly uint[] One = [0];

    private readonly Walker _walker;
    private readonly Unkeyed _unkeyed;
    private readonly uint[] _rows;
    private readonly List<Group> _groups = [];
    private readonly Recording _run = new();
    private readonly (int Cell, uint Value)? _outside;
    private readonly ReadMasks _masks;
    private int _adopted;

    private sealed class Group(ulong most)
    {
        // The bits it may have.
        public ulong Most { get; } = most;

        public ulong Mask { get; set; }

        public WordSet Known { get; } = new();

        // Each with its number among all instances.
        public List<(Instance Instance, int Number)> Instances { get; init; } = [];
    }

    /// <param name="walker">Provides the tables.</param>
    /// <param name="invariants">The invariants.</param>
    /// <param name="unkeyed">
    /// Receives the cells that an invariant reads, if their values after a step may differ from the key.
    /// </param>
    /// <param name="masks">The reads of the instances, shared by the workers.</param>
    /// <param name="outside">The states' value of a cell that has no bits in any key; null if there is none.</param>
    public StateJudge(
        Walker walker,
        IReadOnlyList<Invariant<State<Concrete>, Concrete>> invariants,
        Unkeyed unkeyed,
        ReadMasks masks,
        (int Cell, uint Value)? outside = null
    )
    {
        var number = 0;
        _masks = masks;
        (_walker, _unkeyed, _outside) = (walker, unkeyed, outside);
        var codec = walker.Codec;
        _rows = [State<Concrete>.Nobody, .. codec.Rows];

        // Beside its own row, a thread's invariants read the statuses and partners of other threads, the stage, and the
        // current thread.
        var shared = codec.MaskOf(nameof(State<Concrete>.Stage), 0) | codec.MaskOf(nameof(State<Concrete>.Current), 0);
        foreach (var row in codec.Rows)
        {
            shared |= codec.MaskOf(nameof(State<Concrete>.Status), row);
            shared |= codec.MaskOf(nameof(State<Concrete>.Partner), row);
        }

        foreach (var row in _rows)
            _groups.Add(
                new((shared | codec.MaskOf(row)).Low)
                {
                    Instances =
                    [
                        .. invariants
                            .Where(invariant => !IsOfMappings(invariant))
                            .Where(invariant => invariant.Over == Table.Thread || row == State<Concrete>.Nobody)
                            .Select(invariant => (new Instance(invariant, row), number++)),
                    ],
                }
            );
        _groups.Add(
            new(0)
            {
                Instances =
                [
                    .. invariants
                        .Where(IsOfMappings)
                        .Select(each => (new Instance(each, State<Concrete>.Nobody), number++)),
                ],
            }
        );
    }

    private static bool IsOfMappings(Invariant<State<Concrete>, Concrete> invariant) =>
        invariant.Over.Number > Table.Interrupt.Number;

    /// <summary>How many instances there are at most, for the masks.</summary>
    public static int MostInstances(Walker walker, int invariants) => (walker.Codec.Rows.Length + 2) * invariants;

    /// <summary>Whether every invariant holds in a state, if each of them holds in the state before it.</summary>
    /// <param name="from">The state before; the complement of the state if there is none.</param>
    /// <param name="state">The state.</param>
    public bool Hold(ulong from, ulong state)
    {
        if (_adopted != _masks.Version)
            Adopt();
        var changed = from ^ state;
        for (var n = 0; n < _groups.Count; n++)
        {
            var group = _groups[n];
            if ((changed & group.Mask) == 0 && group.Known.Count > 0)
                continue;
            if (!group.Known.Contains(state & group.Mask) && !Evaluate(group, state))
                return false;
        }

        return true;
    }

    /// <summary>Whether an invariant holds at a row, in the present state of the tables.</summary>
    public bool Holds(Instance instance)
    {
        var invariant = instance.Invariant;
        foreach (var i in invariant.Over == Table.Thread ? [instance.Row] : _walker.RowsOf(invariant.Over))
        foreach (var j in invariant.Pairs ? _rows : One)
            if (!invariant.Holds(_walker.State, i, j))
                return false;
        return true;
    }

    // Takes over what other workers' evaluations have read.
    private void Adopt()
    {
        _adopted = _masks.Version;
        for (var g = 0; g < _groups.Count; g++)
        for (var n = _groups[g].Instances.Count - 1; n >= 0; n--)
            Widen(_groups[g], n, _masks[_groups[g].Instances[n].Number]);
    }

    // An instance of a group reads these bits. If it needs bits outside the group's limit, it gets a separate group,
    // which is returned.
    private Group? Widen(Group group, int n, ulong bits)
    {
        if ((bits & ~group.Mask) == 0)
            return null;
        if ((bits & ~group.Most) == 0)
        {
            group.Mask |= bits;
            group.Known.Clear();
            return null;
        }

        var own = new Group(ulong.MaxValue) { Mask = bits };
        own.Instances.Add(group.Instances[n]);
        group.Instances.RemoveAt(n);
        _groups.Add(own);
        return own;
    }

    private bool Evaluate(Group group, ulong state)
    {
        _walker.Codec.Unpack(new(state, 0));
        if (_outside is var (cell, value))
            _walker.Tables.Cells[cell] = value;
        for (var n = group.Instances.Count - 1; n >= 0; n--)
        {
            var (instance, number) = group.Instances[n];
            _run.Begin([]);
            _walker.Tables.Reads = read =>
            {
                if (read != _outside?.Cell)
                    _walker.Codec.Record(read, _run);
                if (_walker.Codec.MayDiffer(read))
                    _unkeyed.Reads(instance, read);
            };
            var holds = Holds(instance);
            _walker.Tables.Reads = null;
            if (!holds)
                return false;
            _masks.Add(number, _run.Bits);
            if (Widen(group, n, _run.Bits) is { } own)
                own.Known.Add(state & own.Mask);
        }

        group.Known.Add(state & group.Mask);
        return true;
    }
}
