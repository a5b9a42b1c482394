using Verified.Proofs.Checker;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>A run of a step, which is the same from all states that agree in the cells that it reads.</summary>
/// <param name="Entry">The step's entry.</param>
/// <param name="Argument">The entry's argument.</param>
/// <param name="IsPossible">Whether the step can be made.</param>
/// <param name="Holds">Whether all properties hold that read only cells that the run reads.</param>
/// <param name="IsOwn">Whether it is the kernel's own step.</param>
/// <param name="Happened">The events that happened, of those that must happen sometimes.</param>
/// <param name="Open">The events that the run does not decide, because they read further cells.</param>
/// <param name="Chosen">The registers that the run chose, as cells, and their values.</param>
/// <param name="Writes">The cells that it wrote, and their last values.</param>
/// <param name="Judgements">The properties that read further cells, and where their trees begin.</param>
internal sealed record KnownStep(
    Entry Entry,
    uint Argument,
    bool IsPossible,
    bool Holds,
    bool IsOwn,
    Marks Happened,
    Marks Open,
    (int Cell, uint Value)[] Chosen,
    (int Cell, uint Value)[] Writes,
    (Property<Concrete> Property, int Root)[] Judgements
)
{
    public static readonly KnownStep Impossible = new(0, 0, false, true, false, default, default, [], [], []);

    /// <summary>Whether two runs have the same effect.</summary>
    public bool Agrees(KnownStep other) =>
        (Entry, Argument, IsPossible, Holds, Happened, Open)
            == (other.Entry, other.Argument, other.IsPossible, other.Holds, other.Happened, other.Open)
        && Chosen.AsSpan().SequenceEqual(other.Chosen)
        && Writes.AsSpan().SequenceEqual(other.Writes);
}

/// <summary>The workers of a search share this knowledge about the steps of a model and their properties.</summary>
internal sealed class KnownSteps
{
    private readonly Lock _lock = new();
    private readonly (Entry Entry, uint Argument)[] _steps;
    private readonly int[][] _rootsOf;
    private readonly Dictionary<(Property<Concrete>, Entry, uint, string), int> _judgementRoots = [];

    /// <param name="walker">A walker of the model.</param>
    public KnownSteps(Walker walker)
    {
        var ofStage = Stages.Names.Select((_, stage) => walker.StepsOf((uint)stage).ToArray()).ToArray();
        _steps = [.. ofStage.SelectMany(steps => steps).Distinct()];
        _rootsOf = [.. ofStage.Select(steps => steps.Select(step => Array.IndexOf(_steps, step)).ToArray())];
        Runs = new(_steps.Length);
    }

    /// <summary>The runs of each step.</summary>
    public CellTree<KnownStep> Runs { get; }

    /// <summary>With which cells before and after a step its properties hold.</summary>
    public CellTree<bool> Judgements { get; } = new(0);

    /// <summary>The steps to try in a stage, in order, by number.</summary>
    public int[] RootsOf(uint stage) => _rootsOf[stage];

    /// <summary>A step by its number.</summary>
    public (Entry Entry, uint Argument) this[int root] => _steps[root];

    /// <summary>The place where the tree begins for a property of a step that looks at the given rows.</summary>
    public int RootOf(Property<Concrete> property, Entry entry, uint argument, IEnumerable<uint> rows)
    {
        var at = (property, entry, argument, string.Join(',', rows));
        lock (_lock)
            return _judgementRoots.TryGetValue(at, out var root) ? root : _judgementRoots[at] = Judgements.AddRoot();
    }
}
