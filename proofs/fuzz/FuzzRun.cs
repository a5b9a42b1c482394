using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Values;

namespace Verified.Proofs.Fuzz;

/// <summary>The size of the test.</summary>
/// <param name="Seed">The seed of the first program; later programs have the next seeds.</param>
/// <param name="Count">The number of programs.</param>
/// <param name="Events">The most events in a program; a program ends at idle.</param>
/// <param name="Limits">Sizes of the tables; null for the shipping size.</param>
/// <param name="Invariants">Checked after every step; null for the spec's invariants.</param>
/// <param name="Damage">Changes the state after each step, to plant a defect.</param>
/// <param name="Progress">Called with the number of programs so far.</param>
/// <param name="Properties">The properties of each step; null for all properties of the spec.</param>
/// <param name="Shrinks">True to make a failing program small.</param>
/// <param name="LooksEverywhere">True to check each property at all rows, not only at rows that the step wrote.</param>
/// <param name="Workers">Threads that run programs. The findings do not depend on this number.</param>
/// <param name="Stop">If it is cancelled, the test ends after the running programs.</param>
public sealed record FuzzOptions(
    int Seed = 1,
    int Count = 2_000,
    int Events = 64,
    Limits? Limits = null,
    IReadOnlyList<Invariant<State<Concrete>, Concrete>>? Invariants = null,
    Action<State<Concrete>, Entry>? Damage = null,
    Action<int>? Progress = null,
    IReadOnlyList<Property<Concrete>>? Properties = null,
    bool Shrinks = true,
    bool LooksEverywhere = false,
    int Workers = 1,
    CancellationToken Stop = default
);

/// <summary>What was tried.</summary>
/// <param name="Programs">Programs run.</param>
/// <param name="Steps">Steps after which every invariant was checked, of all workers.</param>
/// <param name="Seconds">Wall-clock time.</param>
/// <param name="Failure">The violation with a shrunk trace; null if all hold.</param>
/// <param name="Seed">The failing program's.</param>
public sealed record FuzzResult(long Programs, long Steps, double Seconds, Violation? Failure, int? Seed)
{
    public bool Holds => Failure is null;
}

/// <summary>Random programs on the spec, every invariant and the step's integrity checked after every step.</summary>
public static class FuzzRun
{
    public static FuzzResult Run(FuzzOptions? options = null)
    {
        options ??= new();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var (first, trace, done) = (options.Count, (Trace?)null, 0);
        var gate = new Lock();
        var workers = Math.Max(1, options.Workers);
        var subjects = Enumerable.Range(0, workers).Select(_ => new Subject(options)).ToArray();
        Parallel.For(0, workers, new() { MaxDegreeOfParallelism = workers }, Work);
        var steps = subjects.Sum(subject => subject.Steps);
        if (trace is null)
            return new(done, steps, clock.Elapsed.TotalSeconds, null, null);
        var small = !options.Shrinks
            ? trace
            : SimplerTraces.Smallest(trace, candidate => subjects[0].Replay(candidate)?.Trace);
        var violation = subjects[0].Replay(small) ?? throw new InvalidOperationException("a violation does not repeat");
        return new(first + 1, steps, clock.Elapsed.TotalSeconds, violation, options.Seed + first);

        // The failing program with the lowest seed counts, so the others run up to it.
        void Work(int worker)
        {
            for (var n = worker; n < Volatile.Read(ref first) && !options.Stop.IsCancellationRequested; n += workers)
            {
                var failing = subjects[worker].Program(new(options.Seed + n, subjects[worker].Limits));
                options.Progress?.Invoke(Interlocked.Increment(ref done));
                if (failing is null)
                    continue;
                lock (gate)
                    if (n < first)
                        (first, trace) = (n, failing);
            }
        }
    }

    /// <summary>Runs a trace on the spec; the first violated invariant, or null.</summary>
    public static Violation? Replay(Trace trace, FuzzOptions? options = null) =>
        new Subject((options ?? new()) with { Limits = trace.Start.Limits }).Replay(trace);

    /// <summary>
    /// Runs the one step of a trace from two states, which differ in registers of threads that take no part in it.
    /// Returns any other difference after the step, or null.
    /// </summary>
    public static Violation? ReplayTwice(Trace trace, Func<ColumnInfo, uint, uint> other) =>
        new Subject(new() { Limits = trace.Start.Limits }).ReplayTwice(trace, other);

    // The deletion of a task takes a step for each row of the tables.
    private const uint MostManaged = 64;

    // An operation visits at most the entries of all page tables, and each mapping a few times.
    private static uint MostMapSteps(Limits limits) =>
        limits.Paging.Tables * limits.Paging.Entries
        + 4 * limits.Paging.Nodes
        + limits.Paging.Slots
        + 4 * limits.Threads
        + limits.Tasks * limits.Tasks;

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
            _meaning = new(_tables, options.Properties, remembers: true) { LooksEverywhere = options.LooksEverywhere };
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

            return violated is null ? null : new(Snapshot.Of(start), events);
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
                            + $"{column.Name} of {column.Table} {row} differ)"
                    )
                )
                : null;
        }

        private static Violation Named(Trace trace, (string Property, string Why) violated) =>
            new(violated.Property, violated.Why, trace with { Note = $"{violated.Property}: {violated.Why}" });

        private (string, string)? Place(State<Concrete> start)
        {
            _tables.Fill(start);
            LookAt([
                0,
                .. Enumerable
                    .Range(1, (int)Limits.Threads - 1)
                    .Select(row => (uint)row)
                    .Where(row => start.Status[row].Value != ThreadStatus.Inactive),
            ]);
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
                if (entry == Entry.Map ? mapSteps++ > MostMapSteps(Limits) : steps++ > 9 * _threads.Length)
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
                        + $"{column.Name} of {column.Table} {row})"
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
                if (_held.StillHolds(number))
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
                    if (_held.StillHolds(number, invariant.Over, i))
                        continue;
                    _reads.Begin(invariant.Over, i);
                    foreach (var j in invariant.Pairs ? _threads : One)
                        if (!invariant.Holds(_watched, i, j))
                            return (
                                invariant.Name,
                                $"{invariant.Why} (violated at {invariant.Over} {i}{(invariant.Pairs ? $", {j}" : "")})"
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
