using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Fuzz;

/// <summary>The spec on which a worker runs programs, with all checks after each step.</summary>
public static partial class FuzzRun
{
    private sealed class Subject
    {
        private readonly Dictionary<Table, HashSet<uint>> _touched = new Table[]
        {
            Table.Task,
            Table.Node,
            Table.Slot,
            Table.PageTable,
            Table.Page,
        }.ToDictionary(table => table, _ => new HashSet<uint>());

        private static readonly uint[] One = [0],
            Ids = [.. Enumerable.Range(0, (int)Interrupts.Rows).Select(id => (uint)id)];

        private readonly FuzzOptions _options;
        private readonly FlatTables _tables;
        private readonly Kernel<Concrete> _kernel;
        private readonly IReadOnlyList<Invariant<State<Concrete>, Concrete>> _invariants;
        private readonly Separation _separation;
        private readonly MeaningJudge _meaning;
        private readonly SpaceHistory _spaces;
        private readonly TurnHistory _turns;
        private readonly DelayHistory _delays;
        private readonly ColumnReads _reads = new();
        private readonly State<Concrete> _watched;
        private readonly HeldStatements _held;
        private uint[] _threads = [],
            _priorities = [],
            _tasks = [];

        public Subject(FuzzOptions options)
        {
            _options = options;
            Limits = options.Limits ?? Limits.Shipping;
            _tables = new(Limits);
            _kernel = new(_tables.State);
            _separation = new(_tables);
            _meaning = new(_tables, options.Properties, remembers: options.Remembers)
            {
                LooksEverywhere = options.LooksEverywhere,
            };
            (_spaces, _turns, _delays) = (new(_tables), new(_tables), new(_tables));
            _invariants = options.Invariants ?? Invariants<Concrete>.All;
            (_watched, _held) = (_reads.Watch(_tables, before: false), new(_tables, _invariants.Count));
        }

        public Limits Limits { get; }

        public long Steps { get; private set; }

        /// <summary>Runs a random program. Returns its trace if it fails, otherwise null.</summary>
        public Trace? Program(Generator generator)
        {
            var start = generator.Population();
            List<Event> events = [];
            var violated = Place(start) ?? Settle();
            for (var idle = 0; violated is null && events.Count < _options.Events && idle < 2; )
            {
                // Every second program is about mappings. With small tables, every fourth program is about tasks. By
                // chance alone, few items meet a window, and few threads wait for a thread that is changed or deleted.
                var (state, threads) = (_tables.State, _threads[1..]);
                events.Add(
                    generator.Seed % 2 == 0 ? generator.Give(state, threads)
                    : generator.Seed % 4 == 1 && Limits.Threads <= MostManaged ? generator.Manage(state, threads)
                    : generator.Next(state, threads)
                );
                violated = Step(events[^1]);
                if (_tables.State.Stage.Value == Stages.Idle)
                    idle++;
            }

            // The spec takes an event as it is, whatever its instruction would raise.
            return violated is null ? null : new(Snapshot.Of(start), [.. events.Select(e => e with { By = null })]);
        }

        public Violation? Replay(Trace trace)
        {
            var start = trace.Start.ToState();
            if ((Place(start) ?? Settle()) is { } atOnce)
                return Named(trace with { Events = [] }, atOnce);
            for (var i = 0; i < trace.Events.Count; i++)
                if (Step(trace.Events[i]) is { } violated)
                    return Named(trace with { Events = [.. trace.Events.Take(i + 1)] }, violated);
            return null;
        }

        public Violation? ReplayTwice(Trace trace, Func<ColumnInfo, uint, uint> other)
        {
            var step = trace.Events.Single();
            Place(trace.Start.ToState());
            if (step.Registers is { } registers && _tables.State.Stage.Value == Stages.User)
                registers.Set(_tables.State, _tables.State.Current.Value);
            return
                _separation.Confidentiality(step.Entry, _threads, () => step.Apply(_kernel, _tables.State), other)
                    is var (column, row)
                ? Named(
                    trace,
                    (
                        "confidentiality",
                        $"a step depends on no registers of threads that take no part in it ({step.Entry} makes "
                            + $"{Glossary.Cell(_tables.State, column.Name, row)} differ)"
                    )
                )
                : null;
        }

        private static Violation Named(Trace trace, (string Property, string Why) violated) =>
            new(violated.Property, violated.Why, trace with { Note = $"{violated.Property}: {violated.Why}" });

        private (string, string)? Place(State<Concrete> start)
        {
            _tables.Fill(start);
            LookAt(ThreadsInUse.Of(start));
            _priorities =
            [
                .. Enumerable
                    .Range(0, (int)Limits.Priorities)
                    .Select(row => (uint)row)
                    .Where(row =>
                        start.Picked[row].Value != 0 || _threads.Any(thread => start.Priority[thread].Value == row)
                    ),
            ];
            _spaces.Begin();
            _turns.Begin();
            _delays.Begin();
            return Violated();
        }

        private void LookAt(uint[] threads)
        {
            _threads = threads;
            _tasks = [.. threads.Select(thread => thread / Limits.Lthreads).Distinct()];
            _tables.LookOnlyAt(threads);
            _held.Forget();
        }

        private (string, string)? Step(Event e)
        {
            if (!e.Fits(_tables.State))
                return null;
            if (e.MayStart(_tables.State) is { } row && !_threads.Contains(row))
                LookAt([.. _threads, row]);
            if (e.Registers is { } registers && _tables.State.Stage.Value == Stages.User)
                registers.Set(_tables.State, _tables.State.Current.Value);
            _held.Note();
            _tables.Commit();
            e.Apply(_kernel, _tables.State);
            return After(e.Entry, e.Argument, e.Code) ?? Settle(e.Between);
        }

        private (string, string)? Settle(InterruptBetweenSteps? between = null)
        {
            var (steps, mapSteps) = (0, 0);
            foreach (var (entry, argument) in Event.OwnSteps(_tables.State, between))
            {
                if (entry is Entry.Tick or Entry.Interrupt)
                    steps = 0;
                if (entry == Entry.Map ? mapSteps++ > Event.MostMapSteps(Limits) : steps++ > 9 * _threads.Length)
                    return ("settles", "the kernel's own steps end at a user or idle");
                _kernel.Step(entry, argument);
                if (After(entry, argument) is { } violated)
                    return violated;
            }

            return null;
        }

        private (string, string)? After(Entry entry, uint argument, uint code = 0)
        {
            _options.Damage?.Invoke(_tables.State, entry);
            if (_options.Properties is not { Count: 0 } && Meant(entry, argument, code) is { } meant)
                return meant;
            var reached = _separation.Integrity(entry);
            foreach (var rows in _touched.Values)
                rows.Clear();
            foreach (var cell in _tables.Written)
                if (cell >= _tables.MappingsStart)
                    Touch(cell);
            _held.Note();
            _tables.Commit();
            Steps++;
            if (reached is var (column, row))
                return (
                    "integrity",
                    $"a step changes nothing of threads and spaces that take no part in it ({entry} changed "
                        + $"{Glossary.Cell(_tables.State, column.Name, row)})"
                );
            return Violated();
        }

        // The mappings have many rows. Only the written rows and their neighbours in a list are checked, because
        // invariants of a row look at no others.
        private void Touch(int cell)
        {
            var (column, row) = _tables.Locate(cell);
            if (!_touched.TryGetValue(column.Table, out var rows))
                return;
            rows.Add(row);
            if (column.Table != Table.Node)
                return;
            rows.Add(_tables.State.Mappings.Next[row].Value);
            rows.Add(_tables.State.Mappings.Previous[row].Value);
        }

        private (string, string)? Meant(Entry entry, uint argument, uint code) =>
            _meaning.Judge(entry, argument, code, _threads, RowsOf)
            ?? _spaces.After(entry)
            ?? _turns.After(entry, _threads)
            ?? _delays.After(entry, _threads);

        private IEnumerable<uint> RowsOf(Table table) =>
            table switch
            {
                _ when table == Table.Priority => _priorities,
                _ when table == Table.Interrupt => Ids,
                _ when table == Table.Task => _tasks,
                _ => _touched[table],
            };

        // Rows of inactive threads are blank, like row 0.
        private (string, string)? Violated()
        {
            for (var number = 0; number < _invariants.Count; number++)
            {
                var invariant = _invariants[number];
                if (_options.Remembers && _held.StillHolds(number))
                    continue;
                foreach (
                    var i in invariant.Over switch
                    {
                        _ when invariant.Over == Table.Thread => _threads,
                        _ when invariant.Over == Table.Priority => _priorities,
                        _ when invariant.Over == Table.Processor => One,
                        _ when invariant.Over == Table.Interrupt => Ids,
                        var table => [.. _touched[table]],
                    }
                )
                {
                    if (_options.Remembers && _held.StillHolds(number, invariant.Over, i))
                        continue;
                    _reads.Begin(invariant.Over, i);
                    foreach (var j in invariant.Pairs ? _threads : One)
                        if (!invariant.Holds(_watched, i, j))
                            return (
                                invariant.Name,
                                $"{invariant.Why} "
                                    + $"({Words.Violated(_watched, invariant.Over, i, invariant.Pairs ? j : null)})"
                            );
                    _held.Hold(number, invariant.Over, i, _reads);
                }

                if (!_touched.ContainsKey(invariant.Over))
                    _held.Hold(number);
            }

            _held.Next();
            return null;
        }
    }
}
