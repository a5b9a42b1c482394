using System.Numerics;

namespace Verified.Proofs.Checker;

/// <summary>A column of a transition system that is given as data.</summary>
/// <param name="Name">Its name in errors.</param>
/// <param name="Rows">The number of cells.</param>
/// <param name="Values">The number of values that a cell can have: 0, 1 and so on.</param>
public sealed record CellColumn(string Name, int Rows, int Values);

/// <summary>A condition that holds in every state of such a system.</summary>
/// <param name="Name">Its name in reports.</param>
/// <param name="Says">One sentence for a reader of a violation.</param>
/// <param name="Holds">Reads cells.</param>
public sealed record CellInvariant(string Name, string Says, Func<Cells, bool> Holds);

/// <summary>
/// A transition system as data: columns, steps as small programs over their cells, and invariants. The reads and
/// choices of a step are recorded as it runs, so a step is written as if it ran in every state.
/// </summary>
/// <param name="Name">Its name in reports.</param>
/// <param name="Columns">The state, of at most 64 bits.</param>
/// <param name="Begin">Writes the first state; every cell is 0 before.</param>
/// <param name="Steps">Each step returns whether it is possible; if it is, it has written its changes.</param>
/// <param name="Invariants">The invariants.</param>
public sealed record CellSystem(
    string Name,
    IReadOnlyList<CellColumn> Columns,
    Action<Cells> Begin,
    IReadOnlyList<Func<Cells, bool>> Steps,
    IReadOnlyList<CellInvariant> Invariants
)
{
    // How many states show whether the declared symmetry is one. A wrong one differs in the first states.
    private const int Samples = 1_000;

    /// <summary>The permutations of ids that change nothing; null to visit all states.</summary>
    public CellSymmetry? Symmetry { get; init; }

    /// <summary>
    /// Searches all states with a number of workers; with a symmetry, one state for all those that it makes equal.
    /// </summary>
    /// <param name="workers">The number of workers.</param>
    /// <param name="limits">The limits of the search; null for the default.</param>
    /// <param name="kept">The place on the disk that keeps the search; null for memory alone.</param>
    public CellResult Check(int workers = 1, SearchLimits? limits = null, KeptIn? kept = null)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var masks = new ReadMasks(Invariants.Count);
        var symmetry = Symmetry is null ? null : new PackedSymmetry(Symmetry, Columns);
        IStepSource[] sources =
        [
            .. Enumerable.Range(0, Math.Max(1, workers)).Select(_ => new CellSource(this, masks, symmetry)),
        ];
        using var checkpoint = kept?.Open(
            Name,
            string.Join(", ", Columns.Select(column => $"{column.Name} {column.Rows} of {column.Values}"))
                + (symmetry is null ? "" : $", {symmetry.Count} permutations"),
            [Begin.Method.DeclaringType!, typeof(Search)]
        );
        using var search = new Search(sources, marks: 0, checkpoint) { MayEnd = false };
        var failure = search.Run(limits ?? new());
        if (symmetry is not null)
            Require(symmetry, (CellSource)sources[0], search);
        var trace = failure is null ? null : TraceTo(search, failure);
        return new(
            search.States.Count,
            search.Transitions,
            search.Depth,
            clock.Elapsed.TotalSeconds,
            (double)search.States.Bytes / search.States.Count,
            failure?.Property,
            trace,
            search.Unfinished,
            symmetry is null ? search.States.Count : search.States.All()?.Sum(state => (long)symmetry.StatesOf(state))
        );
    }

    // A symmetry that the system does not have would leave out states.
    private void Require(PackedSymmetry symmetry, CellSource source, Search search)
    {
        var check = new SymmetryCheck(symmetry, source, search.Tree);
        foreach (var state in (search.States.All() ?? [source.Initial]).Take(Samples).Prepend(source.Initial))
            if (check.Broken(state) is >= 0 and var broken)
                throw new ModelException(
                    $"system {Name} has not the symmetry that it declares: the ids "
                        + $"{string.Join(' ', Symmetry!.Permutations[broken])} change the steps from state {state:X}h"
                );
    }

    private static List<ulong> TraceTo(Search search, SearchFailure failure)
    {
        List<ulong> states = failure.Step < 0 ? [failure.To] : [];
        for (var state = failure.From; state >= 0; state = search.States.Parent(state))
            states.Insert(0, search.States[state]);
        return states;
    }
}

/// <summary>The result of a check of such a system.</summary>
/// <param name="States">Reachable states.</param>
/// <param name="Transitions">Possible steps from these states, one for each path through the choices.</param>
/// <param name="Levels">The largest distance of a state from the first, in steps.</param>
/// <param name="Seconds">Wall-clock time.</param>
/// <param name="BytesPerState">Memory of the set of states, per state.</param>
/// <param name="Violated">The invariant that a state violates; null if all hold.</param>
/// <param name="Trace">Packed states on a shortest way to the violation; null if there is none.</param>
/// <param name="Unfinished">Why not all states were visited; null if they were, or a violation was found.</param>
/// <param name="AllStates">
/// The states that the visited ones stand for: these themselves, unless there is a symmetry. Null if they are on the
/// disk.
/// </param>
public sealed record CellResult(
    long States,
    long Transitions,
    int Levels,
    double Seconds,
    double BytesPerState,
    string? Violated,
    IReadOnlyList<ulong>? Trace,
    Unfinished? Unfinished = null,
    long? AllStates = null
);

/// <summary>The cells of a state, which a step reads and writes.</summary>
public sealed class Cells
{
    private readonly int[][] _at,
        _bits;
    private readonly CellColumn[] _columns;
    private ulong _state,
        _written,
        _values;

    public Cells(IReadOnlyList<CellColumn> columns)
    {
        var next = 0;
        _columns = [.. columns];
        _bits = [.. columns.Select(column => Enumerable.Repeat(BitsOf(column.Values), column.Rows).ToArray())];
        _at = [.. _bits.Select(rows => rows.Select(bits => (next += bits) - bits).ToArray())];
        if (next > 64)
            throw new ModelException($"a state needs {next} bits of 64; use fewer cells or values");
    }

    /// <summary>Records the reads and choices.</summary>
    public Recording Run { get; set; } = new();

    /// <summary>The bits that were written, and their values.</summary>
    public (ulong Written, ulong Values) Effect => (_written, _values);

    /// <summary>A cell's value: the step's write, or the value in the state.</summary>
    public int this[int column, int row]
    {
        get
        {
            var (at, bits) = (_at[column][row], _bits[column][row]);
            var mask = (1UL << bits) - 1;
            if ((_written >> at & mask) != 0)
                return (int)(_values >> at & mask);
            Run.Read(at, bits);
            return (int)(_state >> at & mask);
        }
        set
        {
            if ((uint)value >= _columns[column].Values)
                throw new ModelException($"{_columns[column].Name} of row {row} became {value}, which has no bits");
            var (at, mask) = (_at[column][row], (1UL << _bits[column][row]) - 1);
            _written |= mask << at;
            _values = (_values & ~(mask << at)) | (ulong)value << at;
        }
    }

    private static int BitsOf(int values) => BitOperations.Log2((uint)values - 1) + 1;

    /// <summary>The first bit of a cell, and how many bits it has.</summary>
    internal (int At, int Bits) Place(int column, int row) => (_at[column][row], _bits[column][row]);

    /// <summary>Takes each of a number of alternatives, one after the other.</summary>
    public int Choose(int alternatives) => Run.Choose(alternatives);

    /// <summary>Makes a state the present one, without writes.</summary>
    public void Begin(ulong state) => (_state, _written, _values) = (state, 0, 0);
}
