using System.Diagnostics.CodeAnalysis;

namespace Verified.Proofs.Checker;

/// <summary>
/// Decision trees over the cells of states. They hold the results of texts that were run once and are known from then
/// on.
/// </summary>
/// <remarks>
/// The next read of a text depends only on its earlier reads and choices. So the runs of a text form a tree: an inner
/// node reads a cell or chooses an alternative, and a leaf has the result. Unlike in a <see cref="StepTree"/>, a cell
/// may have any value, so the children of a node that reads are in a hash table. The first of them is also in the node,
/// because many nodes have only one.
/// <para>Workers share the trees. Readers take no lock: an edge is written after the node that it leads to, and a node
/// changes only once, from 0 to its final value.</para>
/// </remarks>
/// <typeparam name="T">The results.</typeparam>
public sealed class CellTree<T>
{
    // A node has its kind in bits 0..1, and the number of alternatives in bits 2..31. The bits above give the cell that
    // it reads, the place of the first alternative, or the number of the result. 0 is unknown.
    private const int Read = 1,
        Choice = 2,
        Leaf = 3,
        KindBits = 3,
        CountAt = 2,
        PayloadAt = 32;

    private readonly Lock _lock = new();
    private volatile Tables _tables;
    private int _nodes,
        _edges,
        _results;

    /// <param name="roots">How many texts there are. Their trees begin at the places from 0 on.</param>
    public CellTree(int roots)
    {
        _nodes = roots;
        _tables = new(new Node[Math.Max(1 << 10, 2 * roots)], new ulong[1 << 10], new int[1 << 10], new T[1 << 6]);
    }

    /// <summary>How many results were added.</summary>
    public int Count => _results;

    /// <summary>Adds the tree of one more text. Returns the place where it begins.</summary>
    public int AddRoot()
    {
        lock (_lock)
            return Reserve(1);
    }

    /// <summary>
    /// Follows the reads of a text from a place on, up to a choice, a result, or the end of what is known.
    /// </summary>
    /// <param name="place">The place.</param>
    /// <param name="cells">The cells of a state.</param>
    /// <param name="before">
    /// The cells of another state, for a text about two states. Their numbers follow those of the first.
    /// </param>
    public int Follow(int place, ReadOnlySpan<uint> cells, ReadOnlySpan<uint> before = default)
    {
        var tables = _tables;
        for (Node node; (node = tables.Nodes[place]).Kind == Read; )
        {
            var cell = node.Payload;
            var value = cell < cells.Length ? cells[cell] : before[cell - cells.Length];
            var child =
                node.First != 0 && (uint)(node.First >> 32) == value ? (int)node.First : tables.Child(place, value);
            if (child < 0)
                return place;

            // Another worker may have added more nodes than these tables have.
            if ((place = child) >= tables.Nodes.Length)
                tables = _tables;
        }

        return place;
    }

    /// <summary>The result at a place; false if there is none.</summary>
    public bool TryGet(int place, [MaybeNullWhen(false)] out T result)
    {
        var tables = _tables;
        var node = tables.Nodes[place];
        if (node.Kind != Leaf)
        {
            result = default;
            return false;
        }

        // Another worker may have added more results than these tables have.
        if (node.Payload >= tables.Results.Length)
            tables = _tables;
        result = tables.Results[node.Payload];
        return true;
    }

    /// <summary>The first alternative of the choice at a place, and how many there are; 0 if it is no choice.</summary>
    public (int First, int Count) ChoiceAt(int place)
    {
        var node = _tables.Nodes[place];
        return node.Kind == Choice ? (node.Payload, node.Count) : default;
    }

    /// <summary>Adds the result of a run, unless it is known.</summary>
    /// <param name="place">The begin of the text's tree.</param>
    /// <param name="items">The reads of cells and the choices of the run, in order.</param>
    /// <param name="picks">The alternatives that it took.</param>
    /// <param name="result">Its result.</param>
    /// <param name="cells">The cells of a state.</param>
    /// <param name="before">Those of another state.</param>
    /// <returns>The result that the tree has for this run.</returns>
    public T Add(
        int place,
        IEnumerable<RecordedItem> items,
        ReadOnlySpan<int> picks,
        T result,
        ReadOnlySpan<uint> cells,
        ReadOnlySpan<uint> before = default
    )
    {
        lock (_lock)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(place, _nodes);
            var chosen = 0;
            foreach (var item in items)
            {
                if (_tables.Nodes[place].Kind == 0)
                    Make(place, item);
                var node = _tables.Nodes[place];
                if (item.IsChoice)
                {
                    if (node.Kind != Choice || node.Count != item.Count)
                        Disagrees();
                    place = node.Payload + picks[chosen++];
                    continue;
                }

                if (node.Kind != Read || node.Payload != item.At)
                    Disagrees();
                var value = item.At < cells.Length ? cells[item.At] : before[item.At - cells.Length];
                var child = _tables.Child(place, value);
                place = child < 0 ? AddEdge(place, value) : child;
            }

            if (TryGet(place, out var known))
                return known;
            if (_tables.Nodes[place].Kind != 0)
                Disagrees();
            if (_results == _tables.Results.Length)
                _tables = _tables with { Results = Grown(_tables.Results) };
            _tables.Results[_results] = result;
            Set(place, Leaf, _results++);
            return result;
        }
    }

    private void Make(int place, RecordedItem item)
    {
        if (item.IsChoice)
            Set(place, Choice, Reserve(item.Count), item.Count);
        else
            Set(place, Read, item.At);
    }

    private void Set(int place, int kind, int payload, int count = 0) =>
        Volatile.Write(
            ref _tables.Nodes[place].Bits,
            (ulong)payload << PayloadAt | (uint)count << CountAt | (uint)kind
        );

    private int AddEdge(int from, uint value)
    {
        var to = Reserve(1);
        if (2 * ++_edges > _tables.Keys.Length)
            _tables = _tables.WithMoreEdges();
        _tables.Connect(from, value, to);
        if (_tables.Nodes[from].First == 0)
            Volatile.Write(ref _tables.Nodes[from].First, (ulong)value << 32 | (uint)to);
        return to;
    }

    private int Reserve(int nodes)
    {
        while (_nodes + nodes > _tables.Nodes.Length)
            _tables = _tables with { Nodes = Grown(_tables.Nodes) };
        _nodes += nodes;
        return _nodes - nodes;
    }

    private static TItem[] Grown<TItem>(TItem[] items)
    {
        Array.Resize(ref items, 2 * items.Length);
        return items;
    }

    [DoesNotReturn]
    private static void Disagrees() =>
        throw new InvalidOperationException(
            "a step or a judgement depends on something that it has not read: the model cannot be searched"
        );

    // A node, and the value and the child of its first edge; 0 if it has none, because no child is at place 0.
    private struct Node
    {
        public ulong Bits,
            First;

        public readonly int Kind => (int)Bits & KindBits;

        public readonly int Count => (int)((uint)Bits >> CountAt);

        public readonly int Payload => (int)(Bits >> PayloadAt);
    }

    // The nodes, the edges by node and value in open addressing, and the results.
    private sealed record Tables(Node[] Nodes, ulong[] Keys, int[] Children, T[] Results)
    {
        public int Child(int from, uint value)
        {
            var key = KeyOf(from, value);
            for (var slot = SlotOf(key); ; slot = (slot + 1) & (Keys.Length - 1))
            {
                var present = Volatile.Read(ref Keys[slot]);
                if (present == key)
                    return Children[slot];
                if (present == 0)
                    return -1;
            }
        }

        public void Connect(int from, uint value, int to) => Put(KeyOf(from, value), to);

        public Tables WithMoreEdges()
        {
            var grown = this with { Keys = new ulong[2 * Keys.Length], Children = new int[2 * Keys.Length] };
            for (var slot = 0; slot < Keys.Length; slot++)
                if (Keys[slot] != 0)
                    grown.Put(Keys[slot], Children[slot]);
            return grown;
        }

        private void Put(ulong key, int to)
        {
            var slot = SlotOf(key);
            while (Keys[slot] != 0)
                slot = (slot + 1) & (Keys.Length - 1);
            Children[slot] = to;
            Volatile.Write(ref Keys[slot], key);
        }

        private static ulong KeyOf(int from, uint value) => (ulong)(from + 1) << 32 | value;

        private int SlotOf(ulong key) => (int)(key * 0x9E3779B97F4A7C15 >> 32) & (Keys.Length - 1);
    }
}
