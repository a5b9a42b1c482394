namespace Verified.Proofs.Checker;

/// <summary>A step from a state.</summary>
/// <param name="To">The number of the state after it.</param>
/// <param name="Passes">One bit per claim: set if the step passes over the waiting actor.</param>
public readonly record struct FairnessStep(int To, ulong Passes);

/// <summary>A run that can be repeated for ever.</summary>
/// <param name="Claim">The number of the claim that it violates.</param>
/// <param name="States">The states of the cycle. The step between the first two passes over the waiting actor.</param>
public sealed record UnfairCycle(int Claim, IReadOnlyList<int> States);

/// <summary>
/// The states and steps of a system, with up to 64 claims. A claim is about one who waits in some states. It says that
/// no endless run passes over this one again and again while it waits all the time.
/// </summary>
/// <remarks>
/// A violation is a cycle. The graph has the states in which the claim's one waits. The cycle lies in a strongly
/// connected component of it, and this component contains a step that passes over the one that waits.
/// </remarks>
public sealed class FairnessGraph(int claims)
{
    /// <summary>The most claims of a graph.</summary>
    public const int MostClaims = 64;

    private readonly List<ulong> _waits = [];
    private readonly List<FairnessStep[]> _steps = [];

    /// <summary>How many steps there are.</summary>
    public long Steps { get; private set; }

    /// <summary>Adds the next state.</summary>
    /// <param name="waits">One bit per claim: set if the claim's one waits in the state.</param>
    /// <param name="steps">The steps from the state; they may lead to states that are added later.</param>
    public void Add(ulong waits, IEnumerable<FairnessStep> steps)
    {
        _waits.Add(waits);
        _steps.Add([.. steps]);
        Steps += _steps[^1].Length;
    }

    /// <summary>A violated claim, the first in the order of claims; null if all hold.</summary>
    public UnfairCycle? Find()
    {
        if (claims > MostClaims)
            throw new ModelException($"a model has at most {MostClaims} claims about waiting, not {claims}");
        for (var claim = 0; claim < claims; claim++)
        {
            var component = new Components(_steps.Count, Inside(claim)).Of;
            for (var from = 0; from < _steps.Count; from++)
                foreach (var step in _steps[from])
                    if (
                        component[from] >= 0
                        && component[from] == component[step.To]
                        && (step.Passes >> claim & 1) != 0
                    )
                        return new(claim, Cycle(from, step.To, component));
        }

        return null;
    }

    // The steps from a state to states in which the claim's one still waits; none if it does not wait in the state.
    private Func<int, IEnumerable<int>?> Inside(int claim) =>
        state =>
            (_waits[state] >> claim & 1) == 0
                ? null
                : _steps[state].Select(step => step.To).Where(to => (_waits[to] >> claim & 1) != 0);

    // A step, and the shortest way back within the component.
    private List<int> Cycle(int from, int to, int[] component)
    {
        Dictionary<int, int> cameFrom = new() { [to] = to };
        Queue<int> queue = new([to]);
        while (!cameFrom.ContainsKey(from))
        {
            var at = queue.Dequeue();
            foreach (var step in _steps[at])
                if (component[step.To] == component[from] && cameFrom.TryAdd(step.To, at))
                    queue.Enqueue(step.To);
        }

        List<int> path = [from];
        while (path[0] != to)
            path.Insert(0, cameFrom[path[0]]);
        path.Insert(0, from);
        return path;
    }
}
