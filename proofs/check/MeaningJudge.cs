using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>Judges a step that the tables have just made by its purpose (<see cref="Statements{W}"/>).</summary>
public sealed class MeaningJudge
{
    private static readonly uint[] One = [0];

    private readonly State<Concrete> _before,
        _after;
    private readonly FlatTables _tables;
    private readonly Property<Concrete>[][] _ofEntry;
    private readonly List<uint>[] _changed = [.. KernelTables.All.Select(_ => new List<uint>())];
    private readonly byte[] _tableOf;
    private readonly int[] _startOf;
    private readonly RepeatedSteps? _repeated;
    private Step<Concrete> _step;
    private bool _repeats;

    /// <param name="tables">The state after a step, with the step's writes since the last commit.</param>
    /// <param name="properties">The properties of steps; null for all.</param>
    /// <param name="remembers">
    /// Whether to evaluate a property of a repeated step again only where something that it read has changed. Then
    /// <see cref="Judge"/> must see every step.
    /// </param>
    public MeaningJudge(FlatTables tables, IReadOnlyList<Property<Concrete>>? properties = null, bool remembers = false)
        : this(tables, properties, null, remembers) { }

    /// <param name="tables">The state after a step.</param>
    /// <param name="properties">The properties of steps; null for all.</param>
    /// <param name="traced">Records the reads of both states; may be null.</param>
    internal MeaningJudge(FlatTables tables, IReadOnlyList<Property<Concrete>>? properties, TracedTables? traced)
        : this(tables, properties, traced, remembers: false) { }

    private MeaningJudge(
        FlatTables tables,
        IReadOnlyList<Property<Concrete>>? properties,
        TracedTables? traced,
        bool remembers
    )
    {
        _tables = tables;
        _before = new State<Concrete>(tables.State.Limits, new BeforeTables(tables, traced));
        _after = traced?.State ?? tables.State;
        properties ??= Statements<Concrete>.All;
        _repeated = remembers ? new(tables, properties) : null;
        (_tableOf, _startOf) = (new byte[tables.Cells.Length], new int[tables.Cells.Length]);
        foreach (var (info, _) in tables.State.Columns)
        {
            var (start, rows) = (tables.Start(info.Name), (int)State<Concrete>.Rows(info.Table, tables.State.Limits));
            Array.Fill(_tableOf, (byte)info.Table.Number, start, rows);
            Array.Fill(_startOf, start, start, rows);
        }

        _ofEntry =
        [
            .. Enum.GetValues<Entry>()
                .Select(entry => properties.Where(property => property.Entries.Contains(entry)).ToArray()),
        ];
    }

    /// <summary>
    /// True to look also at rows where a property says that it need not be checked (<see cref="Property{W}.Keeps"/>).
    /// </summary>
    public bool LooksEverywhere { get; init; }

    /// <summary>The first property that the step violates, and the place; null if all hold.</summary>
    /// <param name="entry">The step's entry.</param>
    /// <param name="argument">The entry's argument.</param>
    /// <param name="code">Its error code.</param>
    /// <param name="threads">Rows of the threads in use, before or after.</param>
    /// <param name="rowsOf">The rows of the other tables to look at.</param>
    public (string Name, string Why)? Judge(
        Entry entry,
        uint argument,
        uint code,
        uint[] threads,
        Func<Table, IEnumerable<uint>> rowsOf
    )
    {
        Begin(entry, argument, code);
        _repeats = _repeated?.Begin(entry, argument, code, threads) == true;
        foreach (var property in Of(entry))
            if (Violated(property, threads, rowsOf) is var (i, j))
                return (
                    property.Name,
                    $"{property.Says} ({entry}, {Words.Violated(_after, property.Over, i, property.Pairs ? j : null)})"
                );
        return null;
    }

    /// <summary>The properties of the steps of an entry.</summary>
    public IReadOnlyList<Property<Concrete>> Of(Entry entry) => _ofEntry[(int)entry];

    /// <summary>The state before the step.</summary>
    internal State<Concrete> BeforeState => _before;

    /// <summary>Looks at the step that was just made.</summary>
    public void Begin(Entry entry, uint argument, uint code)
    {
        _step = new(_before, _after, entry, argument, code);
        FindChanged(_step.Me.Value);
    }

    /// <summary>Whether the step satisfies a property at rows.</summary>
    internal bool Holds(Property<Concrete> property, uint i, uint j) => property.Holds(_step, i, j).Known;

    /// <summary>The rows at which the step violates a property; null if the property holds.</summary>
    public (uint I, uint J)? Violated(
        Property<Concrete> property,
        uint[] threads,
        Func<Table, IEnumerable<uint>> rowsOf
    )
    {
        var isOfChanges = property.Keeps && !LooksEverywhere;
        var rows = isOfChanges
            ? _changed[property.Over.Number]
            : property.Over switch
            {
                _ when property.Over == Table.Thread => threads,
                _ when property.Over == Table.Processor => One,
                var table => rowsOf(table),
            };
        if (_repeats)
            return _repeated!.Violated(property, rows, !isOfChanges, threads);
        foreach (var i in rows)
        foreach (var j in property.Pairs ? threads : One)
            if (!property.Holds(_step, i, j))
                return (i, j);
        return null;
    }

    /// <summary>The rows of a table that the step wrote, and the row of the current thread.</summary>
    public IReadOnlyList<uint> ChangedOf(Table table) => _changed[table.Number];

    private void FindChanged(uint me)
    {
        foreach (var rows in _changed)
            rows.Clear();
        _changed[Table.Thread.Number].Add(me);
        foreach (var cell in _tables.Written)
        {
            var (table, row) = (_tableOf[cell], (uint)(cell - _startOf[cell]));
            if (!_changed[table].Contains(row))
                _changed[table].Add(row);
        }
    }

    // The state at the last commit.
    private sealed class BeforeTables(FlatTables tables, TracedTables? traced) : Tables<Concrete>
    {
        public override Column<Concrete> Make(ColumnInfo info, uint rows) =>
            new BeforeColumn(tables, traced, tables.Start(info.Name));

        public override (Truth Found, Concrete Row) First(
            Table table,
            Concrete after,
            Func<Concrete, Truth> predicate
        ) => throw new NotSupportedException("a property reads columns");

        public override (Truth Found, Concrete Key) Greatest(
            Table table,
            Func<Concrete, Truth> predicate,
            Func<Concrete, Concrete> key
        ) => throw new NotSupportedException("a property reads columns");
    }

    private sealed class BeforeColumn(FlatTables tables, TracedTables? traced, int start) : Column<Concrete>
    {
        public override Concrete this[Concrete row]
        {
            get
            {
                traced?.ReadBefore(start + (int)row.Value);
                return tables.Before(start + (int)row.Value);
            }
            set => throw new NotSupportedException("a property only reads");
        }
    }
}
