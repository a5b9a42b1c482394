using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Statements about whole lists and whole chains of chiefs. The invariants imply them only by induction, because they
/// relate neighbours. The states are small enough to walk along the lists.
/// </summary>
public static class Forest
{
    public static readonly Invariant<State<Concrete>, Concrete> ListEnds = Node(
        "list-has-all-of-a-frame",
        "the list of a frame ends, and has every mapping of that frame",
        (s, m, n) => m.Space[n] == 0 || List(s, m.Frame[n].Value).Contains(n.Value)
    );

    public static readonly Invariant<State<Concrete>, Concrete> ChiefsEnd = new(
        "chiefs-are-a-tree",
        "the chiefs of chiefs of a task come to an end",
        Table.Task,
        false,
        (s, t, _) => Height(s, t) < s.Limits.Tasks
    );

    public static readonly IReadOnlyList<Invariant<State<Concrete>, Concrete>> All =
    [
        ChiefsEnd,
        Node(
            "rights-within-parents",
            "a mapping is writable only if the one it is derived from is, but while that is being made read-only",
            (s, m, n) =>
                m.Space[n] == 0
                || m.Depth[n] == 0
                || m.Phase == Phases.Reduce
                || !m.IsWritable(n)
                || m.IsWritable(Parent(s, n))
        ),
        ListEnds,
        Node(
            "node-in-one-list",
            "every mapping is once in the list of one frame, or once among the free ones",
            (s, m, n) => n == 0 || Lists(s).Count(node => node == n.Value) == 1
        ),
    ];

    /// <summary>
    /// The position of each mapping: its distance from the head of its frame's list or, for a free mapping, from the
    /// end of the free list. In a list with a cycle the number means nothing.
    /// </summary>
    public static uint[] Positions(State<Concrete> s)
    {
        var positions = new uint[s.Limits.Paging.Nodes];
        for (var root = 1u; root < s.Limits.Paging.Roots; root++)
            foreach (var (position, node) in List(s, root).Index())
                positions[node] = (uint)position;
        foreach (var (position, node) in List(s, s.Mappings.FreeNode.Value).Reverse().Index())
            positions[node] = (uint)position;
        return positions;
    }

    /// <summary>
    /// The distance of each free page table from the end of their list. In a list with a cycle the number means
    /// nothing.
    /// </summary>
    public static uint[] TablePositions(State<Concrete> s)
    {
        var (positions, tables) = (new uint[s.Limits.Paging.Tables], s.Limits.Paging.Tables);
        List<uint> free = [];
        for (
            var table = s.Mappings.FreeTable.Value;
            table != 0 && free.Count <= tables;
            table = s.Mappings.NextTable[table].Value
        )
            free.Add(table);
        foreach (var (position, table) in Enumerable.Reverse(free).Index())
            positions[table] = (uint)position;
        return positions;
    }

    /// <summary>The number of chiefs above a task. If they lead back to the task, it is the number of tasks.</summary>
    public static uint Height(State<Concrete> s, Concrete task)
    {
        var height = 0u;
        for (; s.Mappings.Chief[task] != 0 && height < s.Limits.Tasks; height++)
            task = s.Mappings.Chief[task];
        return height;
    }

    /// <summary>
    /// The mapping that a mapping is derived from: the nearest one before it with a smaller depth; 0 if there is none.
    /// </summary>
    public static Concrete Parent(State<Concrete> s, Concrete node)
    {
        var (m, parent) = (s.Mappings, s.Mappings.Previous[node]);
        for (var steps = s.Limits.Paging.Nodes; steps > 0 && parent != 0 && m.Depth[parent] >= m.Depth[node]; steps--)
            parent = m.Previous[parent];
        return parent;
    }

    /// <summary>Whether <paramref name="node"/> is derived from <paramref name="ancestor"/>, directly or not.</summary>
    public static bool IsDerived(State<Concrete> s, Concrete node, Concrete ancestor)
    {
        for (var steps = s.Limits.Paging.Nodes; steps > 0 && node != 0; steps--)
            if ((node = Parent(s, node)) == ancestor && ancestor != 0)
                return true;
        return false;
    }

    private static IEnumerable<uint> Lists(State<Concrete> s)
    {
        var free = s.Mappings.FreeNode.Value;
        return Enumerable
            .Range(1, (int)s.Limits.Paging.Roots - 1)
            .SelectMany(frame => List(s, (uint)frame))
            .Concat(free == 0 ? [] : List(s, free));
    }

    /// <summary>The mappings of a list from a given one on. In a list with a cycle, some rows come twice.</summary>
    public static IEnumerable<uint> List(State<Concrete> s, uint node)
    {
        for (var steps = s.Limits.Paging.Nodes + 1; node != 0 && steps > 0; steps--, node = s.Mappings.Next[node].Value)
            yield return node;
    }

    private static Invariant<State<Concrete>, Concrete> Node(
        string name,
        string why,
        Func<State<Concrete>, Mappings<Concrete>, Concrete, Truth> holds
    ) => new(name, why, Table.Node, false, (s, n, _) => holds(s, s.Mappings, n));
}
