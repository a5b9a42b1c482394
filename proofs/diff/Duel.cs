using Verified.Kernel;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>
/// The spec and an image side by side: the same state, the same events, the whole state compared after each.
/// </summary>
/// <remarks>
/// After an event only written values are compared. The spec's tables keep a journal of written cells, and the
/// machine's memory keeps a log of written dwords. All other values were equal before the event and have not changed on
/// either side. A write to a dword that the spec does not let change is a difference, wherever the dword is.
/// </remarks>
public sealed partial class Duel
{
    private static readonly uint[] Processor = [0];
    private static readonly uint[] Slots = [.. Enumerable.Range(0, (int)Limits.ClockSlots).Select(slot => (uint)slot)];
    private static readonly RepresentationInvariant<Concrete>[] Invariants = [.. Representation<Concrete>.All],
        OfPages = [.. Invariants.Where(invariant => IsOfPages(invariant.I))],
        OfOthers = [.. Invariants.Where(invariant => !IsOfPages(invariant.I))];

    private readonly Layout _layout;
    private readonly ImageMachine _machine;
    private readonly FlatTables _tables;
    private readonly Kernel<Concrete> _kernel;
    private readonly Representation<Concrete> _representation;
    private readonly Compared[] _ofThreads,
        _ofProcessor;
    private readonly Dictionary<Table, Compared[]> _byRow;
    private readonly Compared _picked;

    // A cell's column, in one byte. Writes are spread over the tables, and every write is looked up.
    private readonly byte[] _columnOf;
    private readonly (Table Table, int Start)[] _columns;

    private readonly Footprint _footprint;
    private readonly Moves _moves;
    private readonly Judge _judge;
    private readonly ConstantRegisters _constant;
    private readonly uint[] _booted;
    private readonly List<Arrival> _arrivals = [];
    private readonly List<uint>[] _pages,
        _placedPages;
    private (uint Task, uint Base, long Flushes) _used;
    private uint[] _threads = [],
        _priorities = [],
        _threadWords = [];
    private uint[]? _readyWords,
        _senderWords,
        _timerWords;
    private readonly uint[] _placed;

    // The first cells of the columns that say where a page table is.
    private readonly int _tableTask,
        _tableSlot;

    /// <summary>A column on both sides.</summary>
    /// <param name="Info">The column.</param>
    /// <param name="Start">Its first cell in the spec's tables.</param>
    /// <param name="Image">Reads the column from the image.</param>
    private sealed record Compared(ColumnInfo Info, int Start, Func<Concrete, Concrete> Image)
    {
        /// <summary>
        /// The offset in a thread's row of a dword that is the column's value, if a dword is; null otherwise.
        /// </summary>
        public uint? Offset { get; init; }

        /// <summary>Whether the dword is the value only while the thread does not run.</summary>
        public bool IsRegister { get; init; }
    }

    public Duel(ImageMachine machine)
    {
        _machine = machine;
        _layout = machine.Image.Layout;
        _tables = new(_layout.Limits);
        _placed = new uint[_tables.Cells.Length];
        (_tableTask, _tableSlot) = (
            _tables.Start(nameof(Mappings<Concrete>.TableTask)),
            _tables.Start(nameof(Mappings<Concrete>.TableSlot))
        );
        _tables.Fill(machine.Booted);
        _booted = [.. _tables.Cells];
        (_judge, _constant) = (new(_tables.State), new ConstantRegisters(machine.Pc.Cpu));
        _kernel = new(_tables.State);
        _moves = new(_tables.State);
        _representation = new(machine.View, _tables.State, _moves.Seen);
        Compared[] Of(Table table) =>
            [
                .. _tables
                    .State.Columns.Where(column => column.Info.Table == table)
                    .Select(column => Comparable(column.Info, _tables.Start(column.Info.Name), machine.View)),
            ];
        (_ofThreads, _ofProcessor, _picked) = (Of(Table.Thread), Of(Table.Processor), Of(Table.Priority).Single());
        bool IsOfMappings(Compared column) => Mappings<Concrete>.Schema.Contains(column.Info);
        _byRow = Footprint.ByRow.ToDictionary(
            table => table,
            table => Of(table).Where(column => table == Table.Interrupt || IsOfMappings(column)).ToArray()
        );
        _ofProcessor = [.. _ofProcessor.Where(column => !IsOfMappings(column))];
        _columns = [.. _tables.State.Columns.Select(column => (column.Info.Table, _tables.Start(column.Info.Name)))];
        _columnOf = new byte[_tables.Cells.Length];
        for (var column = 0; column < _columns.Length; column++)
            _columnOf.AsSpan(_columns[column].Start).Fill((byte)column);
        _footprint = new(_layout);
        List<uint>[] OfTasks() => [.. Enumerable.Range(0, (int)_layout.Limits.Tasks).Select(_ => new List<uint>())];
        (_pages, _placedPages) = (OfTasks(), OfTasks());
    }

    private static Compared Comparable(ColumnInfo info, int start, View<Concrete> view)
    {
        var (field, saved) = (view.FieldOf(info), View<Concrete>.SavedRegister(info));
        return new(info, start, view.Reader(info))
        {
            Offset = (field ?? saved) is { Encoding: null } plain ? plain.Offset : null,
            IsRegister = saved is not null,
        };
    }

    public ImageMachine Machine => _machine;

    public State<Concrete> State => _tables.State;

    /// <summary>Events that were run and compared. Events that were left out do not count.</summary>
    public long Events { get; private set; }

    /// <summary>
    /// The number of <see cref="Events"/> that the processor was made to raise without an instruction.
    /// </summary>
    public long Injected { get; private set; }

    /// <summary>Rows of the threads that are in use, or may have been since the state was placed.</summary>
    public IReadOnlyList<uint> Threads { get; private set; } = [];

    /// <summary>The number of the kernel's own steps on mappings since the last event.</summary>
    public uint StepsOnMappings { get; private set; }

    /// <summary>
    /// Runs one event on both sides, as it arises on a PC; null if both sides agree after it. An event that cannot
    /// arise in the present state is left out. If a thread raises an exception only because it is in a small space, the
    /// event is repeated after the thread has left it.
    /// </summary>
    /// <remarks>
    /// If an event does not come with its own instruction, it is moved to a place where its usual instruction can be
    /// executed.
    /// </remarks>
    public Difference? Step(Event e)
    {
        if (!e.Fits(State))
            return null;
        if (e.By is null)
            e = InReach(e);
        if (State.Stage.Value == Stages.Idle || e.Entry is Entry.Tick or Entry.Interrupt)
            return e.Entry == Entry.Interrupt && !Event.MayArise(State, e.Argument) ? null : Step(e, null);
        var isSmall = _machine.InSmallSpace;
        if (_judge.Of(e, isSmall) is not { } arising)
            return null;
        if (isSmall && arising.Event?.Entry == Entry.Outgrow && e.Entry != Entry.Outgrow)
        {
            if (Step(arising.Event with { Loaded = e.Loaded }, arising) is { } differs)
                return differs;
            if (State.Stage.Value != Stages.User || _judge.Of(e, isSmall: false) is not { } again)
                return null;
            arising = again;
        }

        return Step(e, arising);
    }

    private Difference? Step(Event e, Arising? arising)
    {
        if (arising is { Code: { } code } instruction && !_machine.PutInstruction(code, instruction.Start.Eip, State))
            return null;
        var enters = arising is null ? e : arising.Value.Event;
        if (enters?.MayStart(State) is { } row && !_threads.Contains(row))
            Watch([.. _threads, row], _priorities);
        if (enters?.MaySetPriority(State) is { } priority && !_priorities.Contains(priority))
            Watch(_threads, [.. _priorities, priority]);
        if (UsePages() is { } faults)
            return faults;
        _tables.Commit();
        _machine.Pc.Mark();
        Events++;
        if (e.Injected)
            Injected++;
        var before = State.Current.Value;
        var steps = 1;
        _arrivals.Clear();
        if (enters is not null)
        {
            enters.Apply(_kernel, State);
            steps += FinishSpec(enters.Between);
            _search?.Begin(enters);
        }
        else
            Complete(arising!.Value).Set(State, before);

        var failure = _machine.Perform(enters ?? e, enters is null ? null : e.Loaded, arising, _arrivals, steps);
        _search?.Finish();
        return failure is not null ? Stopped(failure) : Compare(before);
    }

    /// <summary>
    /// Compares all threads and their sets, written or not; null if all agree. The mappings' tables are too large for
    /// this. Each event compares the rows that it wrote.
    /// </summary>
    public Difference? End()
    {
        foreach (var thread in _threads)
            if (CompareThread(thread) is { } difference)
                return difference;
        foreach (var priority in _priorities)
            if (Differ(_picked, priority) is { } difference)
                return difference;
        foreach (var invariant in OfOthers)
        foreach (var i in EveryValue(invariant.I))
        foreach (var j in EveryValue(invariant.J))
            if ((invariant.J == Table.Processor || IsInPlace(j, i)) && !invariant.Holds(_representation, i, j))
                return Violation(invariant, i, j);
        return null;
    }

    private Difference? Settle()
    {
        _tables.Commit();
        if (Kernel<Concrete>.OwnStep(State.Stage.Value) is null)
            return null;
        var before = State.Current.Value;
        var steps = FinishSpec();
        _search?.Begin(e: null);
        var failure = _machine.Settle(steps);
        _search?.Finish();
        return failure is not null ? Stopped(failure) : Compare(before);
    }

    /// <summary>Makes the kernel's own steps. Returns their number.</summary>
    private int FinishSpec(InterruptBetweenSteps? between = null)
    {
        var steps = 0;
        StepsOnMappings = 0;
        _arrivals.Clear();
        var next = between;
        foreach (var (own, argument) in Event.OwnSteps(State, between))
        {
            if (own is Entry.Tick or Entry.Interrupt)
            {
                _arrivals.Add(
                    State.Stage.Value == Stages.Map
                        ? new(ArrivalKind.InWindow, next!, StepsOnMappings)
                        : new(ArrivalKind.AtEnd, next!)
                );
                next = next!.Then;
            }

            _kernel.Step(own, argument);
            steps++;
            StepsOnMappings += own == Entry.Map ? 1u : 0;
        }

        if (next is { Steps: 0 })
            _arrivals.Add(new(ArrivalKind.Masked, next));
        return steps;
    }
}
