namespace Verified.Proofs.Checker;

/// <summary>
/// Checks that the symmetry of a system changes no behaviour. The steps from a permuted state must lead to the permuted
/// states, and the invariants must have the same verdict on it.
/// </summary>
/// <param name="symmetry">The symmetry.</param>
/// <param name="source">The system.</param>
/// <param name="tree">Its steps.</param>
internal sealed class SymmetryCheck(PackedSymmetry symmetry, CellSource source, StepTree tree)
{
    private readonly Leaves _leaves = new();

    /// <summary>The number of a permutation that changes the behaviour of a state; -1 if there is none.</summary>
    public int Broken(ulong state)
    {
        var next = Successors(state);
        for (var n = 0; n < symmetry.Count; n++)
        {
            var permuted = symmetry.Permuted(state, n);
            List<ulong> expected = [.. next.Select(each => symmetry.Permuted(each, n)).Order()];
            if (!expected.SequenceEqual(Successors(permuted).Order()))
                return n;
            if (Holds(permuted) != Holds(state))
                return n;
        }

        return -1;
    }

    private bool Holds(ulong state) => source.Judge(~state, state, isOwn: true, tree) is null;

    private List<ulong> Successors(ulong state)
    {
        List<ulong> found = [];
        foreach (var root in source.RootsOf(state))
        {
            tree.Walk(root, state, source, _leaves);
            for (var leaf = 0; leaf < _leaves.Count; leaf++)
                if (tree[_leaves[leaf]] is { Kind: OutcomeKind.State } outcome)
                    found.Add(outcome.Of(state));
        }

        return found;
    }
}
