using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// The cells that a violated statement has read at the place where it is violated. They show the reason also if the
/// step did not change them.
/// </summary>
/// <param name="Cells">The cells in the order of the reads, with their values from the event's start on.</param>
/// <param name="Event">The number of the event in the narration of the run, from 0 on; null for the start.</param>
/// <param name="KernelStep">The number of the event's kernel step after which it is violated; 0 for the start.</param>
public sealed record StatementReads(IReadOnlyList<ReadCell> Cells, int? Event, int KernelStep)
{
    /// <summary>The reads of a statement that is not violated.</summary>
    public static readonly StatementReads Nothing = new([], null, 0);

    /// <summary>The reads of a statement at its first violation in a run.</summary>
    /// <param name="trace">The run.</param>
    /// <param name="statement">The name of an invariant, of a property of steps, or of a property of a run.</param>
    /// <param name="damage">Changes the state after each step, as in the run that failed; null for nothing.</param>
    public static StatementReads Of(Trace trace, string statement, Action<State<Concrete>, Entry>? damage = null) =>
        new Search(trace, statement, damage).Find();

    private sealed class Search
    {
        /// <summary>The name of the statement that a step changes nothing that it may not change.</summary>
        private const string Integrity = "integrity";

        // In a table with more rows, a step is judged only at the rows that the event wrote, and at their neighbours.
        private const uint MostRows = 2_048;

        private static readonly uint[] One = [0];

        private readonly Trace _trace;
        private readonly Action<State<Concrete>, Entry>? _damage;
        private readonly string _statement;
        private readonly FlatTables _tables;
        private readonly TracedTables _traced;
        private readonly CellValues _values;
        private readonly IReadOnlyList<Invariant<State<Concrete>, Concrete>> _invariants;
        private readonly MeaningJudge _judge;
        private readonly IReadOnlyList<Derivation<Concrete>> _derivations;
        private readonly Dictionary<Table, HashSet<uint>> _written = [];
        private readonly (SpaceHistory Spaces, TurnHistory Turns, DelayHistory Delays)? _histories;
        private int _event = -1,
            _step;

        public Search(Trace trace, string statement, Action<State<Concrete>, Entry>? damage)
        {
            (_trace, _statement, _damage) = (trace, statement, damage);
            _tables = new(trace.Start.Limits);
            _tables.Fill(trace.Start.ToState());
            (_traced, _values) = (new(_tables), new(_tables));
            _invariants = [.. Invariants<Concrete>.All.Concat(Forest.All).Where(each => each.Name == statement)];
            _judge = new(_tables, [.. Statements<Concrete>.All.Where(each => each.Name == statement)], _traced);
            _derivations = [.. Derivation<Concrete>.All.Where(each => each.Name == statement)];
            if (SpaceHistory.Names.Concat(TurnHistory.Names).Append(DelayHistory.Name).Contains(statement))
                _histories = (new(_tables, _traced), new(_tables, _traced), new(_tables, _traced));
        }

        private State<Concrete> State => _tables.State;

        public StatementReads Find()
        {
            var kernel = new Kernel<Concrete>(State);
            _tables.Commit();
            _histories?.Spaces.Begin();
            if (_invariants.Any(each => IsViolated(each, isWhole: true)))
                return Found();
            var isBegun = false;
            foreach (var (_, single) in Unfolding.Of(_trace, State))
            {
                if (!isBegun)
                    Begin();
                isBegun = single is not null;
                if (single is not { } e)
                    continue;
                e.Load(State);
                _values.Note();
                _tables.Commit();
                kernel.Step(e.Entry, e.Argument, e.Code);
                _damage?.Invoke(State, e.Entry);
                _step++;
                _values.Note();
                Touch();
                if (IsBroken(e) || _invariants.Any(each => IsViolated(each, isWhole: false)))
                    return Found();
                isBegun = !Narration.IsEnd(State, e.Entry);
            }

            return _invariants.Any(each => IsViolated(each, isWhole: true)) ? Found() : Nothing;
        }

        private void Begin()
        {
            _event++;
            _step = 0;
            _tables.Commit();
            _values.Begin();
            _written.Clear();
        }

        private StatementReads Found() =>
            new(
                [.. _traced.Reads.Select(read => read % _tables.Cells.Length).Distinct().Select(_values.Of)],
                _event < 0 ? null : _event,
                _step
            );

        // Whether a step violates the statement, if the statement is about steps.
        private bool IsBroken(Event e)
        {
            _judge.Begin(e.Entry, e.Argument, e.Code);
            var threads = ThreadsInUse.Of(State);
            return _judge
                    .Of(e.Entry)
                    .Any(each => Violates(each.Over, each.Pairs, isWhole: false, (i, j) => _judge.Holds(each, i, j)))
                || _derivations.Any(each =>
                    Violates(Table.Node, pairs: false, isWhole: false, (i, _) =>
                        each.Holds(_judge.BeforeState, _traced.State, i).Known
                    )
                )
                || _histories?.Spaces.After(e.Entry)?.Name == _statement
                || _histories?.Turns.After(e.Entry, threads)?.Name == _statement
                || _histories?.Delays.After(e.Entry, threads)?.Name == _statement
                || (_statement == Integrity && IsReached(e.Entry));
        }

        // Whether the step changed a cell that it may not change. What it may change depends on the state before it.
        private bool IsReached(Entry entry)
        {
            foreach (var cell in _tables.Changed().Distinct().ToList())
            {
                _traced.ForgetAll();
                _traced.Read(cell);
                var (column, row) = _tables.Locate(cell);
                if (!Isolation<Concrete>.MayChange(_judge.BeforeState, entry, column, row))
                    return true;
            }

            return false;
        }

        private bool IsViolated(Invariant<State<Concrete>, Concrete> invariant, bool isWhole) =>
            Violates(invariant.Over, invariant.Pairs, isWhole, (i, j) => invariant.Holds(_traced.State, i, j).Known);

        // The record has the reads of the last evaluation alone.
        private bool Violates(Table over, bool pairs, bool isWhole, Func<uint, uint, bool> holds)
        {
            var others = pairs ? ThreadsInUse.Of(State) : One;
            foreach (var i in RowsOf(over, isWhole))
            foreach (var j in others)
            {
                _traced.ForgetAll();
                if (!HoldsAt(holds, i, j))
                    return true;
            }

            return false;
        }

        // If a statement follows a link to a row that does not exist, it cannot hold.
        private static bool HoldsAt(Func<uint, uint, bool> holds, uint i, uint j)
        {
            try
            {
                return holds(i, j);
            }
            catch (IndexOutOfRangeException)
            {
                return false;
            }
        }

        private IEnumerable<uint> RowsOf(Table table, bool isWhole)
        {
            var rows = State<Concrete>.Rows(table, _trace.Start.Limits);
            if (table == Table.Thread && !isWhole)
                return ThreadsInUse.Of(State);
            return isWhole || rows <= MostRows
                ? Enumerable.Range(0, (int)rows).Select(row => (uint)row)
                : _written.GetValueOrDefault(table, []);
        }

        private void Touch()
        {
            foreach (var cell in _tables.Written)
            {
                var (column, row) = _tables.Locate(cell);
                if (!_written.TryGetValue(column.Table, out var rows))
                    _written[column.Table] = rows = [];
                rows.Add(row);
                if (column.Table != Table.Node)
                    continue;
                rows.Add(State.Mappings.Next[row].Value);
                rows.Add(State.Mappings.Previous[row].Value);
            }
        }
    }
}
