using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Explore;

/// <summary>The verdict on one statement.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Says">Its text.</param>
/// <param name="Violated">The violation, in words; null if the statement holds.</param>
public sealed record Verdict(string Name, string Says, string? Violated);

/// <summary>
/// Runs a trace on the spec and judges it. The invariants are judged in the last state, the properties over the last
/// steps. The histories of spaces and turns are judged over the whole run.
/// </summary>
public sealed class Judged
{
    private static readonly uint[] One = [0];

    private readonly IReadOnlyList<Invariant<State<Concrete>, Concrete>> _invariants;
    private readonly IReadOnlyList<Property<Concrete>> _properties;
    private readonly HashSet<int> _came = [];
    private uint[] _threads;
    private readonly Dictionary<Property<Concrete>, string?> _judged = [];

    /// <param name="trace">The run.</param>
    /// <param name="threads">
    /// The rows of the threads in use at the start, and row 0, which belongs to no thread.
    /// </param>
    /// <param name="last">The first event whose properties are judged; -1 for the steps before the first one.</param>
    /// <param name="invariants">The invariants of states.</param>
    /// <param name="properties">The properties of steps.</param>
    /// <exception cref="TraceFileException">An event cannot occur in its state.</exception>
    public Judged(
        Trace trace,
        uint[] threads,
        int last,
        IReadOnlyList<Invariant<State<Concrete>, Concrete>> invariants,
        IReadOnlyList<Property<Concrete>> properties
    )
    {
        (_invariants, _properties, _threads) = (invariants, properties, threads);
        Tables = new(trace.Start.Limits);
        Tables.Fill(trace.Start.ToState());
        Tables.LookOnlyAt(threads);
        var (kernel, judge) = (new Kernel<Concrete>(Tables.State), new MeaningJudge(Tables, properties));
        var (spaces, turns) = (new SpaceHistory(Tables), new TurnHistory(Tables));
        spaces.Begin();
        turns.Begin();
        foreach (var (n, single) in Unfolding.Of(trace, Tables.State))
        {
            _came.Add(n);
            if (single is not { } e)
                continue;
            if (e.MayStart(Tables.State) is { } row && !_threads.Contains(row))
                Tables.LookOnlyAt(_threads = [.. _threads, row]);
            if (e.Registers is { } registers && Tables.State.Stage.Value == Stages.User)
                registers.Set(Tables.State, Tables.State.Current);
            Tables.Commit();
            kernel.Step(e.Entry, e.Argument, e.Code);
            if (n >= last)
                Judge(judge, e);
            History ??= spaces.After(e.Entry) ?? turns.After(e.Entry, _threads);
        }

        Tables.Commit();
    }

    /// <summary>The rows of the threads that are or were in use, and row 0.</summary>
    public IReadOnlyList<uint> Threads => _threads;

    /// <summary>The events that could come in their states. All others do nothing.</summary>
    public IReadOnlySet<int> Came => _came;

    /// <summary>The state that the run ends in.</summary>
    public FlatTables Tables { get; }

    /// <summary>The first violation of the run as a whole; null if there is none.</summary>
    public (string Name, string Why)? History { get; private set; }

    /// <summary>The properties of the last steps.</summary>
    public IReadOnlyList<Verdict> Properties =>
        [
            .. _properties
                .Where(_judged.ContainsKey)
                .Select(property => new Verdict(property.Name, property.Says, _judged[property])),
        ];

    /// <summary>The invariants in the last state.</summary>
    public IReadOnlyList<Verdict> Invariants =>
        [.. _invariants.Select(invariant => new Verdict(invariant.Name, invariant.Why, Violated(invariant)))];

    private string? Violated(Invariant<State<Concrete>, Concrete> invariant) =>
        Violation(Tables.State, invariant, _threads) is var (i, j)
            ? Place(invariant.Over, i, invariant.Pairs ? j : null)
            : null;

    /// <summary>The first rows at which a state violates an invariant; null if it holds.</summary>
    /// <param name="s">The state.</param>
    /// <param name="invariant">The invariant.</param>
    /// <param name="threads">The rows of the threads in use. All others are blank.</param>
    internal static (uint I, uint J)? Violation(
        State<Concrete> s,
        Invariant<State<Concrete>, Concrete> invariant,
        uint[] threads
    )
    {
        foreach (var i in RowsOf(s, invariant.Over, threads))
        foreach (var j in invariant.Pairs ? threads : One)
            if (!invariant.Holds(s, i, j).Known)
                return (i, j);
        return null;
    }

    private void Judge(MeaningJudge judge, Event e)
    {
        judge.Begin(e.Entry, e.Argument, e.Code);
        foreach (var property in judge.Of(e.Entry))
            if (_judged.GetValueOrDefault(property) is null)
                _judged[property] = judge.Violated(property, _threads, RowsOf) is var (i, j)
                    ? Place(property.Over, i, property.Pairs ? j : null)
                    : null;
    }

    private string Place(Table table, uint i, uint? j) => Words.Violated(Tables.State, table, i, j);

    private IEnumerable<uint> RowsOf(Table table) => RowsOf(Tables.State, table, _threads);

    private static IEnumerable<uint> RowsOf(State<Concrete> s, Table table, uint[] threads) =>
        table == Table.Thread
            ? threads
            : Enumerable.Range(0, (int)State<Concrete>.Rows(table, s.Limits)).Select(row => (uint)row);
}
