namespace Verified.Proofs.Checker;

/// <summary>
/// The strongly connected components of a graph, after Tarjan (1972). A single node without a step to itself is a
/// component, too.
/// </summary>
public sealed class Components
{
    private readonly int[] _index,
        _low;
    private readonly bool[] _open;
    private readonly Stack<int> _stack = new();
    private int _next,
        _components;

    /// <param name="nodes">The number of nodes.</param>
    /// <param name="successors">The successors of a node; null for a node outside the graph.</param>
    public Components(int nodes, Func<int, IEnumerable<int>?> successors)
    {
        (_index, _low, _open, Of) = (new int[nodes], new int[nodes], new bool[nodes], new int[nodes]);
        Array.Fill(Of, -1);
        for (var node = 0; node < nodes; node++)
            if (_index[node] == 0 && successors(node) is { } first)
                Visit(node, first, successors);
    }

    /// <summary>The number of each node's component; -1 for a node outside the graph.</summary>
    public int[] Of { get; }

    // The method does not recurse, because paths may be as long as the graph is large.
    private void Visit(int root, IEnumerable<int> first, Func<int, IEnumerable<int>?> successors)
    {
        var path = new Stack<(int Node, IEnumerator<int> Next)>();
        Enter(root);
        path.Push((root, first.GetEnumerator()));
        while (path.TryPeek(out var top))
        {
            if (top.Next.MoveNext())
            {
                var next = top.Next.Current;
                if (_index[next] == 0 && successors(next) is { } further)
                {
                    Enter(next);
                    path.Push((next, further.GetEnumerator()));
                }
                else if (_open[next])
                    _low[top.Node] = Math.Min(_low[top.Node], _index[next]);
                continue;
            }

            path.Pop();
            if (path.TryPeek(out var above))
                _low[above.Node] = Math.Min(_low[above.Node], _low[top.Node]);
            if (_low[top.Node] == _index[top.Node])
                Close(top.Node);
        }
    }

    private void Enter(int node)
    {
        _index[node] = _low[node] = ++_next;
        _open[node] = true;
        _stack.Push(node);
    }

    private void Close(int root)
    {
        int node;
        do
        {
            node = _stack.Pop();
            _open[node] = false;
            Of[node] = _components;
        } while (node != root);
        _components++;
    }
}
