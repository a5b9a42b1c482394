using System.Diagnostics.CodeAnalysis;
using System.Runtime.Intrinsics.X86;

namespace Verified.Proofs.Checker;

/// <summary>
/// A decision tree over the bits of packed states. It holds the steps that were run once and are known from then on.
/// </summary>
/// <remarks>
/// The next read of a run depends only on its earlier reads and choices. So the runs of a step form a tree: an inner
/// node reads a slot of the state or chooses an alternative, and a leaf has the outcome. The judgements of a run read
/// still more, so each group of judgements has a separate tree below the leaf. The number of trees at a leaf is
/// therefore the sum of the groups' combinations, not their product. A step from a state follows the nodes. The step
/// itself runs only where the tree ends, and its path is added. If a run does not agree with the tree, the step depends
/// on something that it has not read. Then the search stops with an error.
/// <para>Workers share a tree. Readers take no lock: an entry changes from 0 to its final value only after everything
/// it refers to is written.</para>
/// </remarks>
public sealed class StepTree
{
    // An entry has its kind in bits 0..1, the first bit of a read in 8..15, and the number of bits or alternatives in
    // 16..23. The bits above give the place of its children, or of a leaf's block. The block contains the number of the
    // outcome, the number of judgements, and their roots. A leaf of a judgement says whether it holds. 0 is unknown.
    private const int Read = 1,
        Choice = 2,
        Leaf = 3,
        KindBits = 3,
        ControlAt = 8,
        CountAt = 16,
        PlaceAt = 24;

    private const ulong Holds = Leaf,
        Violated = 1UL << PlaceAt | Leaf;

    private readonly Lock _lock = new();
    private readonly int _roots;
    private readonly Dictionary<Outcome, int> _numbers = [];
    private readonly Dictionary<int, object[]> _judgements = [];
    private ulong[] _entries;
    private Outcome[] _outcomes = new Outcome[256];
    private int _used;

    /// <param name="roots">How many different steps there are.</param>
    public StepTree(int roots)
    {
        _roots = roots;
        _entries = new ulong[Math.Max(1 << 12, 2 * roots)];
        _used = roots;
    }

    /// <summary>Memory of the nodes and outcomes.</summary>
    public long Bytes => 8L * _entries.Length + 64L * _outcomes.Length;

    /// <summary>Runs that were made to learn paths.</summary>
    public long Runs { get; private set; }

    /// <summary>Groups of judgements that were evaluated.</summary>
    public long Judgements { get; private set; }

    /// <summary>An outcome by its number.</summary>
    public ref readonly Outcome this[int number] => ref Volatile.Read(ref _outcomes)[number];

    /// <summary>Forgets all paths, because more must be judged of each step.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            Array.Clear(_entries);
            _numbers.Clear();
            _judgements.Clear();
            _used = _roots;
        }
    }

    /// <summary>
    /// The outcomes of every run of a step from a state, in order of the choices. A violation is given as the
    /// complement of its number.
    /// </summary>
    public void Walk(int root, ulong state, IStepSource source, Leaves leaves) =>
        Walk(root, state, source, leaves, int.MaxValue);

    /// <summary>The alternatives by which a walk reached a leaf.</summary>
    public ReadOnlySpan<int> PicksOf(int leaf, int root, ulong state, IStepSource source, Leaves leaves) =>
        leaves.PicksTo(Walk(root, state, source, leaves, leaf + 1));

    // Ends after a given number of leaves. Returns the number of choices that led to the last leaf.
    private int Walk(int root, ulong state, IStepSource source, Leaves leaves, int most)
    {
        var entries = Volatile.Read(ref _entries);
        var (depth, place) = (0, root);
        leaves.Clear();
        for (; ; )
        {
            var entry = entries[place];
            switch ((int)entry & KindBits)
            {
                case Read:
                    place = (int)(entry >> PlaceAt) + (int)Extract(state, entry);
                    continue;
                case Choice:
                    leaves.Push(depth++, (int)(entry >> PlaceAt), (int)(entry >> CountAt) & 0xFF);
                    place = (int)(entry >> PlaceAt);
                    continue;
                case Leaf:
                    var block = (int)(entry >> PlaceAt);
                    var holds = true;
                    for (var n = (int)(entries[block] >> 32); n > 0; n--)
                        holds &= Judge(block + n, block, n - 1, root, state, source, leaves, depth);
                    leaves.Add(holds ? (int)entries[block] : ~(int)entries[block]);
                    if (leaves.Count == most || !leaves.Advance(ref depth, out place))
                        return depth;
                    continue;
                default:
                    if (Volatile.Read(ref _entries) is var grown && grown != entries)
                        entries = grown;
                    else
                        entries = Learn(root, state, source, leaves.PicksTo(depth), leaves.Recording);
                    continue;
            }
        }
    }

    private static ulong Extract(ulong state, ulong entry)
    {
        if (Bmi1.X64.IsSupported)
            return Bmi1.X64.BitFieldExtract(state, (ushort)(entry >> ControlAt));
        return state >> (int)(entry >> ControlAt & 0xFF) & ((1UL << (int)(entry >> CountAt & 0xFF)) - 1);
    }

    private ulong[] Learn(int root, ulong state, IStepSource source, ReadOnlySpan<int> picks, Recording run)
    {
        run.Begin(picks);
        List<object> judgements = [];
        var outcome = source.Learn(root, state, run, judgements);
        lock (_lock)
        {
            Runs++;
            var place = Follow(root, state, run);
            if (_entries[place] != 0)
            {
                var known = _entries[place];
                if ((known & KindBits) != Leaf)
                    Disagrees();
                if ((int)_entries[(int)(known >> PlaceAt)] != NumberOf(outcome))
                    Disagrees();
                return _entries;
            }

            var block = Reserve(1 + judgements.Count);
            _judgements.Add(block, [.. judgements]);
            _entries[block] = (uint)NumberOf(outcome) | (ulong)judgements.Count << 32;
            Volatile.Write(ref _entries[place], (ulong)block << PlaceAt | Leaf);
            return _entries;
        }
    }

    // Whether a group of judgements of a leaf holds, whose tree begins at a place.
    private bool Judge(
        int place,
        int block,
        int number,
        int root,
        ulong state,
        IStepSource source,
        Leaves leaves,
        int depth
    )
    {
        var (entries, first) = (Volatile.Read(ref _entries), place);
        for (; ; )
        {
            var entry = entries[place];
            if (((int)entry & KindBits) == Read)
                place = (int)(entry >> PlaceAt) + (int)Extract(state, entry);
            else if (entry != 0)
                return entry == Holds;
            else if (Volatile.Read(ref _entries) is var grown && grown != entries)
                entries = grown;
            else
            {
                object judgement;
                lock (_lock)
                    judgement = _judgements[block][number];
                var holds = source.LearnJudgement(root, state, leaves.PicksTo(depth), judgement, leaves.Recording);
                lock (_lock)
                {
                    Judgements++;
                    var end = Follow(first, state, leaves.Recording);
                    var leaf = holds ? Holds : Violated;
                    if (_entries[end] != 0 && _entries[end] != leaf)
                        Disagrees();
                    Volatile.Write(ref _entries[end], leaf);
                    entries = _entries;
                }
            }
        }
    }

    // Adds the path of a recording from a given node on. Returns the node where it ends.
    private int Follow(int place, ulong state, Recording run)
    {
        var chosen = 0;
        foreach (var item in run.Items)
        {
            var entry = _entries[place];
            if (entry == 0)
                entry = Make(place, item);
            else if (entry % (1UL << PlaceAt) != Head(item))
                Disagrees();
            place = (int)(entry >> PlaceAt) + (item.IsChoice ? run.Picks[chosen++] : (int)Extract(state, entry));
        }

        return place;
    }

    private static ulong Head(RecordedItem item) =>
        (ulong)item.Count << CountAt | (ulong)item.At << ControlAt | (item.IsChoice ? (ulong)Choice : Read);

    private ulong Make(int place, RecordedItem item)
    {
        var entry = (ulong)Reserve(item.IsChoice ? item.Count : 1 << item.Count) << PlaceAt | Head(item);
        Volatile.Write(ref _entries[place], entry);
        return entry;
    }

    private int Reserve(int entries)
    {
        if (_used + entries > _entries.Length)
        {
            var grown = new ulong[Math.Max(2 * _entries.Length, _used + entries)];
            _entries.CopyTo(grown, 0);
            Volatile.Write(ref _entries, grown);
        }

        _used += entries;
        return _used - entries;
    }

    private int NumberOf(in Outcome outcome)
    {
        if (_numbers.TryGetValue(outcome, out var number))
            return number;
        number = _numbers.Count;
        if (number == _outcomes.Length)
        {
            var grown = new Outcome[2 * number];
            _outcomes.CopyTo(grown, 0);
            Volatile.Write(ref _outcomes, grown);
        }

        _outcomes[number] = outcome;
        _numbers.Add(outcome, number);
        return number;
    }

    [DoesNotReturn]
    private static void Disagrees() =>
        throw new InvalidOperationException(
            "a step depends on something that it has not read: the model cannot be searched"
        );
}
