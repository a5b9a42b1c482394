using Verified.Kernel;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>The result of a proof.</summary>
/// <param name="Theorem">Its name.</param>
/// <param name="Refutation">Null if it is proved.</param>
/// <param name="Paths">Paths explored.</param>
/// <param name="Questions">Questions asked of the solver.</param>
/// <param name="Worst">The cost of its longest paths; nothing for theorems about the spec.</param>
/// <param name="Executed">Addresses of the instructions that some path executes.</param>
/// <param name="Constants">
/// Addresses of the dwords of the image that the proof depends on: code, gates, descriptors.
/// </param>
public sealed record Verdict(
    string Theorem,
    Refutation? Refutation,
    int Paths,
    int Questions,
    WorstCase Worst,
    IReadOnlySet<uint> Executed,
    IReadOnlySet<uint> Constants
)
{
    /// <summary>Names of the cut points where its paths end.</summary>
    public IReadOnlyCollection<string> Ends { get; init; } = [];
}

/// <summary>The reason why a theorem is not proved: the failing goal, and the values of a failing case.</summary>
/// <param name="What">The goal, in words.</param>
/// <param name="Fields">Values of the initial state: column or area and field, row, value.</param>
/// <param name="Registers">Registers of the processor at the start; empty for theorems about the spec.</param>
/// <param name="Trail">Instructions executed, in order.</param>
public sealed record Refutation(
    string What,
    IReadOnlyList<(string Column, uint Row, uint Value)> Fields,
    IReadOnlyDictionary<string, uint> Registers,
    IReadOnlyList<uint> Trail
)
{
    /// <summary>
    /// True if the failure is in processor state that no column of the spec shows, so a run on the spec shows no
    /// difference.
    /// </summary>
    public bool IsOfProcessor { get; init; }
}

/// <summary>
/// The frame of all theorems: a universe of terms, the Skolem rows that goals are about, and the exploration of every
/// path.
/// </summary>
public abstract class Theorem(string name, Limits limits)
{
    public string Name => name;

    /// <summary>
    /// Distinguishes the theorem from all others with its name: the sizes, and other parameters of its statement.
    /// </summary>
    public virtual string Key => $"{name} {limits.Tasks}x{limits.Lthreads}x{limits.Priorities}";

    /// <summary>Its time compared to others. Long theorems start first.</summary>
    public virtual int Weight => 0;

    /// <summary>The image's dword at an address, if the theorem is about an image.</summary>
    public virtual uint? Constant(uint address) => null;

    protected Limits Limits => limits;

    /// <param name="record">Receives every question and its answer; may be null.</param>
    public Verdict Prove(IQuestionRecord? record = null)
    {
        using var terms = new Terms { DivisionsAreOpaque = true };
        Terms.Current = terms;
        using var reasoner = new Reasoner(terms, record);
        var path = new Exploration(terms, reasoner);
        var attempt = new Attempt(terms, reasoner, path, new Universe(reasoner, path), limits);
        Refutation? refutation = null;
        try
        {
            Assume(attempt);
            path.Explore(() =>
            {
                attempt.Begin();
                Run(attempt);
            });
        }
        catch (RefutedException refuted)
        {
            refutation = attempt.Explain(refuted.Message) with { IsOfProcessor = refuted.IsOfProcessor };
        }

        if (refutation is null && path.Paths == 0)
            throw new ProverException("no path reaches its end: nothing is proved");
        return new Verdict(
            name,
            refutation,
            path.Paths,
            reasoner.Questions,
            attempt.Worst,
            attempt.Executed,
            attempt.Constants
        )
        {
            Ends = attempt.Ends,
        };
    }

    /// <summary>Asserts the hypotheses.</summary>
    protected abstract void Assume(Attempt attempt);

    /// <summary>Runs one path: runs the text and shows the goals.</summary>
    protected abstract void Run(Attempt attempt);
}

/// <summary>
/// One attempt at a theorem: its terms, its hypotheses, and the rows and constants that the paths used.
/// </summary>
public sealed class Attempt(Terms terms, Reasoner reasoner, Exploration path, Universe universe, Limits limits)
{
    private readonly Dictionary<string, Unknown> _unknowns = [];
    private readonly Dictionary<string, Symbolic> _registers = [];
    private readonly HashSet<uint> _executed = [];
    private readonly Dictionary<Sort, Symbolic> _others = new Table[]
    {
        Table.Interrupt,
        Table.Task,
        Table.Node,
        Table.Slot,
        Table.PageTable,
        Table.Page,
    }.ToDictionary(Universe.Of, table =>
        (Symbolic)terms.Variable($"{table}-i", Width(State<Symbolic>.Rows(table, limits)))
    );

    public Terms Terms => terms;

    public Limits Limits => limits;

    public Reasoner Reasoner => reasoner;

    public Exploration Path => path;

    public Universe Universe => universe;

    /// <summary>The arbitrary rows that goals are about.</summary>
    public Symbolic ThreadI { get; } = terms.Variable("thread-i", Width(limits.Threads));

    public Symbolic ThreadJ { get; } = terms.Variable("thread-j", Width(limits.Threads));

    public Symbolic PriorityI { get; } = terms.Variable("priority-i", Width(limits.Priorities));

    public WorstCase Worst { get; private set; }

    public IReadOnlySet<uint> Executed => _executed;

    /// <summary>Names of the cut points where paths end.</summary>
    public SortedSet<string> Ends { get; } = [];

    /// <summary>Addresses of the constants read.</summary>
    public HashSet<uint> Constants { get; } = [];

    /// <summary>Instructions of the running path.</summary>
    public List<uint> Trail { get; set; } = [];

    public void Begin()
    {
        universe.Begin();
        foreach (var unknown in _unknowns.Values)
            unknown.Begin();
        Trail = [];
        universe.Touch(Sort.None, 0);
        universe.Touch(Sort.Thread, State<Symbolic>.Nobody);
        universe.Touch(Sort.Thread, ThreadI);
        universe.Touch(Sort.Thread, ThreadJ);
        universe.Touch(Sort.Priority, PriorityI);
        foreach (var (sort, any) in _others)
            universe.Touch(sort, any);
    }

    /// <summary>Records that a path has been run, with its cost and the cut point at its end.</summary>
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

    /// <summary>Any value of a sort, as the first or second variable of a goal.</summary>
    public Symbolic Any(Sort sort, bool second) =>
        sort switch
        {
            Sort.Thread => second ? ThreadJ : ThreadI,
            Sort.Priority => PriorityI,
            Sort.None => 0,
            _ => _others[sort],
        };

    /// <summary>The choices of one path.</summary>
    public Choosing Choosing() => new(terms, universe, path);

    /// <summary>Makes an arbitrary value of another sort with the given number of values.</summary>
    public void Range(Sort sort, uint count) => _others[sort] = terms.Variable($"{sort}-i", Width(count));

    /// <summary>
    /// A goal for every value of two sorts, by cases: at each row that the step wrote, and at any other row. At rows
    /// without writes, most goals say that a value is unchanged, and simplify to true.
    /// </summary>
    public IEnumerable<(Truth Goal, string What)> ForAll(
        Sort i,
        Sort j,
        IReadOnlyDictionary<Sort, List<Symbolic>> written,
        Func<Symbolic, Symbolic, Truth> goal,
        string what
    )
    {
        return Cases(i, Any(i, false), a => Cases(j, Any(j, true), b => [(goal(a, b), what)]));

        IReadOnlyList<(Truth, string)> Cases(Sort sort, Symbolic any, Func<Symbolic, IReadOnlyList<(Truth, string)>> at)
        {
            var goals = new List<(Truth, string)>();
            Truth other = true;
            foreach (var row in written.GetValueOrDefault(sort, []))
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

    /// <summary>
    /// Keeps each of the rows once. From here on, rows that were shown to differ are known to differ.
    /// </summary>
    public void Apart(Dictionary<Sort, List<Symbolic>> written)
    {
        foreach (var (sort, rows) in written)
        {
            var distinct = rows.Distinct().ToList();
            rows.Clear();
            rows.AddRange(distinct);
            foreach (var row in rows)
                universe.Touch(sort, row);
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
        );

    private static int Width(uint rows) => Math.Max(1, System.Numerics.BitOperations.Log2(rows));
}
