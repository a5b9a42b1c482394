using Verified.Proofs.Values;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Paths;

/// <summary>A table whose rows statements are about.</summary>
/// <param name="Table">The table.</param>
/// <param name="Rows">How many rows it has: a power of two.</param>
/// <param name="Pairs">Whether statements relate two of its rows.</param>
/// <param name="Special">A row that always matters; null if there is none.</param>
public sealed record Domain(Table Table, uint Rows, bool Pairs = false, uint? Special = null)
{
    /// <summary>The beginning of the names of its arbitrary rows; null for the table's name.</summary>
    public string? Variable { get; init; }
}

/// <summary>One proof of a theorem: its terms, what is assumed, and what the paths used.</summary>
public sealed class ProofContext(
    Terms terms,
    Reasoner reasoner,
    Exploration path,
    Instances instances,
    IReadOnlyList<Domain> domains
)
{
    private readonly Dictionary<string, Unknown> _unknowns = [];
    private readonly Dictionary<string, Symbolic> _registers = [];
    private readonly HashSet<uint> _executed = [];

    // The rows that goals are about: any.
    private readonly Dictionary<Table, (Symbolic I, Symbolic J)> _any = domains.ToDictionary(
        domain => domain.Table,
        domain =>
        {
            Symbolic i = terms.Variable($"{domain.Variable ?? domain.Table.Name}-i", Width(domain.Rows));
            return (
                i,
                domain.Pairs ? terms.Variable($"{domain.Variable ?? domain.Table.Name}-j", Width(domain.Rows)) : i
            );
        }
    );

    public Terms Terms => terms;

    public Reasoner Reasoner => reasoner;

    public Exploration Path => path;

    public Instances Instances => instances;

    public WorstCase Worst { get; private set; }

    public IReadOnlySet<uint> Executed => _executed;

    /// <summary>Names of the cut points where paths end.</summary>
    public SortedSet<string> Ends { get; } = [];

    /// <summary>Addresses of the constants read.</summary>
    public HashSet<uint> Constants { get; } = [];

    /// <summary>Instructions of the running path.</summary>
    public List<uint> Trail { get; set; } = [];

    /// <summary>
    /// Builds the terms that the goals compare, and returns how they differ in the model of the last question. Null if
    /// the goals compare no values.
    /// </summary>
    public Func<Func<IReadOnlyList<Side>>>? Compares { get; set; }

    /// <summary>How the terms of <see cref="Compares"/> differ; null before they are built.</summary>
    public Func<IReadOnlyList<Side>>? Sides { get; set; }

    /// <summary>
    /// The values of the initial state that the running path, or an invariant at one of its rows, has read.
    /// </summary>
    public IReadOnlyList<(string Column, Symbolic Row, Symbolic Value)> Cells =>
        [.. _unknowns.Values.SelectMany(unknown => unknown.Rows.Select(row => (unknown.Name, row.Row, row.Value)))];

    public void Begin()
    {
        (Compares, Sides) = (null, null);
        instances.Begin();
        foreach (var unknown in _unknowns.Values)
            unknown.Begin();
        Trail = [];
        instances.Touch(Table.Processor, 0);
        foreach (var domain in domains)
            if (domain.Special is { } special)
                instances.Touch(domain.Table, special);
        foreach (var (table, (i, j)) in _any)
        {
            instances.Touch(table, i);
            instances.Touch(table, j);
        }
    }

    /// <summary>A path has been run, which takes so much, and ends at a cut point.</summary>
    public void Ran(WorstCase time, string? end = null)
    {
        if (end is not null)
            Ends.Add(end);
        Worst = Worst.Or(time);
        _executed.UnionWith(Trail);
    }

    /// <summary>A column that starts with unknown values.</summary>
    public Symbolic Initial(string column, int bits, Symbolic row, bool congruent = true)
    {
        if (!_unknowns.TryGetValue(column, out var unknown))
            _unknowns[column] = unknown = new Unknown(terms, column, bits, reasoner, path, congruent);
        return unknown.At(row);
    }

    /// <summary>A register that starts with an unknown value.</summary>
    public Symbolic Register(string name) => _registers[name] = terms.Variable(name, 32);

    /// <summary>Any row of a table, as a goal's first or second.</summary>
    public Symbolic Any(Table table, bool second) =>
        table == Table.Processor ? 0
        : second ? _any[table].J
        : _any[table].I;

    /// <summary>The choices of one path.</summary>
    public Choosing Choosing() => new(terms, instances, path);

    /// <summary>Makes a row of another table, of so many, one that goals are about.</summary>
    public void Range(Table table, uint rows)
    {
        Symbolic any = terms.Variable($"{table}-i", Width(rows));
        _any[table] = (any, any);
    }

    /// <summary>
    /// A goal for every row of two tables, by cases: at each row that the step wrote, and at any other row. At rows
    /// without writes, most goals say that a value is unchanged, and simplify to true.
    /// </summary>
    public IEnumerable<(Truth Goal, string What)> ForAll(
        Table i,
        Table j,
        IReadOnlyDictionary<Table, List<Symbolic>> written,
        Func<Symbolic, Symbolic, Truth> goal,
        string what
    )
    {
        return Cases(i, Any(i, false), a => Cases(j, Any(j, true), b => [(goal(a, b), what)]));

        IReadOnlyList<(Truth, string)> Cases(
            Table table,
            Symbolic any,
            Func<Symbolic, IReadOnlyList<(Truth, string)>> at
        )
        {
            var goals = new List<(Truth, string)>();
            Truth other = true;
            foreach (var row in written.GetValueOrDefault(table, []))
            {
                goals.AddRange(at(row));
                other &= any != row;
            }

            IReadOnlyList<(Truth Goal, string What)> elsewhere = [];
            path.Supposing(other, () => elsewhere = at(any));
            goals.AddRange(elsewhere.Select(goal => (!other | goal.Goal, goal.What)));
            return goals;
        }
    }

    /// <summary>Leaves of the rows each once; those shown to differ are known to from here on.</summary>
    public void Apart(Dictionary<Table, List<Symbolic>> written)
    {
        foreach (var (table, rows) in written)
        {
            var distinct = rows.Distinct().ToList();
            rows.Clear();
            rows.AddRange(distinct);
            foreach (var row in rows)
                instances.Touch(table, row);
            for (var i = 0; i < rows.Count; i++)
            for (var j = 0; j < i; j++)
                path.Shows(rows[i] != rows[j]);
        }
    }

    /// <summary>The case in the solver's last model.</summary>
    public Refutation Explain(string what) =>
        new(
            what,
            [
                .. _unknowns
                    .Values.SelectMany(unknown =>
                        unknown.Rows.Select(row =>
                            (unknown.Name, reasoner.ValueOf(row.Row), reasoner.ValueOf(row.Value))
                        )
                    )
                    .Distinct(),
            ],
            _registers.ToDictionary(register => register.Key, register => reasoner.ValueOf(register.Value)),
            [.. Trail]
        )
        {
            Sides = Sides?.Invoke() ?? [],
        };

    private static int Width(uint rows) => Math.Max(1, System.Numerics.BitOperations.Log2(rows));
}
