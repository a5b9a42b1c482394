using System.Runtime.InteropServices;
using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>
/// The spec and an image side by side: the same state, the same events, the whole state compared after each.
/// </summary>
/// <remarks>
/// After an event only what was written is compared, on either side: the spec's tables keep a journal of written cells,
/// the machine's memory a log of written dwords. Anything else was equal before, and is now what it was on both sides.
/// A dword that the spec does not let change is a difference wherever it is.
/// </remarks>
public sealed class Duel
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

    // A cell's column, in a byte: what is written is all over the tables, and is looked up after every event.
    private readonly byte[] _columnOf;
    private readonly (Table Table, int Start)[] _columns;

    private readonly Footprint _footprint;
    private readonly Moves _moves;
    private readonly Judge _judge;
    private readonly ConstantRegisters _constant;
    private readonly uint[] _booted;
    private Arrival _arrival;
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

    /// <summary>A column on both sides.</summary>
    private sealed record Compared(ColumnInfo Info, Column<Concrete> Spec, Func<Concrete, Concrete> Image);

    public Duel(ImageMachine machine)
    {
        _machine = machine;
        _layout = machine.Image.Layout;
        _tables = new(_layout.Limits);
        _placed = new uint[_tables.Cells.Length];
        Codec.CopyInto(machine.Booted, _tables);
        _booted = [.. _tables.Cells];
        (_judge, _constant) = (new(_tables.State), new ConstantRegisters(machine.Pc.Cpu));
        _kernel = new(_tables.State);
        _moves = new(_tables.State);
        _representation = new(machine.View, _tables.State, _moves.Seen);
        Compared[] Of(Table table) =>
            [
                .. _tables
                    .State.Columns.Where(column => column.Info.Table == table)
                    .Select(column => new Compared(column.Info, column.Column, machine.View.Reader(column.Info))),
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

    public ImageMachine Machine => _machine;

    public State<Concrete> State => _tables.State;

    /// <summary>Events that were run and compared; those that were left out do not count.</summary>
    public long Events { get; private set; }

    /// <summary>Of <see cref="Events"/>, those that the processor was made to raise without an instruction.</summary>
    public long Injected { get; private set; }

    /// <summary>Rows of the threads that are in use, or may have been since the state was placed.</summary>
    public IReadOnlyList<uint> Threads { get; private set; } = [];

    /// <summary>How many of the kernel's own steps since the last event were on mappings.</summary>
    public uint StepsOnMappings { get; private set; }

    /// <summary>
    /// Starts both sides in a state, of the image's limits; null, or how they differ at the next cut point.
    /// </summary>
    public Difference? Place(State<Concrete> state, IReadOnlyList<Override>? memory = null)
    {
        Codec.CopyInto(state, _tables);
        _machine.Place(_tables.State, memory, _tables.MappingsOtherThan(_booted));
        Begin();
        return Settle();
    }

    /// <summary>
    /// Starts both sides where boot with the project's own servers ends; null, or how they differ there.
    /// </summary>
    public Difference? PlaceBooted()
    {
        _machine.PlaceBooted();
        _tables.Fill(cells => _booted.CopyTo(cells, 0));
        _machine.Pc.Mark();
        Begin();
        return Compare(State.Current.Value) ?? End();
    }

    /// <summary>Makes the present state the one that <see cref="Return"/> returns to.</summary>
    public void Keep()
    {
        _machine.Keep();
        _tables.Fill(_ => { });
        Begin();
    }

    private void Begin()
    {
        var s = _tables.State;
        _tables.Cells.CopyTo(_placed, 0);
        foreach (var pages in _placedPages)
            pages.Clear();
        var hasThreads = Enumerable
            .Range(0, (int)_layout.Limits.Tasks)
            .Select(task =>
                Enumerable
                    .Range(0, (int)_layout.Limits.Lthreads)
                    .Any(lthread =>
                        s.Status[(uint)task * _layout.Limits.Lthreads + (uint)lthread].Value != ThreadStatus.Inactive
                    )
            )
            .ToArray();
        foreach (var page in _tables.PagesMapped())
            if (hasThreads[s.Mappings.TableTask[page / _layout.Limits.Paging.Entries].Value])
                List(_placedPages, page, MostPages);
        PlacePages();
        uint[] threads =
        [
            0,
            .. Enumerable
                .Range(1, (int)_layout.Limits.Threads - 1)
                .Select(row => (uint)row)
                .Where(row => s.Status[row].Value != ThreadStatus.Inactive),
        ];
        Watch(threads, [.. threads.Select(row => s.Priority[row].Value).Append(0u).Distinct()]);
    }

    // Threads that are in use, and priorities that threads have, or may be after the next event.
    private void Watch(uint[] threads, uint[] priorities)
    {
        (_threads, _priorities) = (threads, priorities);
        Threads = threads[1..];
        _tables.LookOnlyAt(_threads);
        _threadWords = [.. _threads.Select(thread => WordOf(0, thread)).Distinct()];
        _readyWords = _senderWords = _timerWords = null;
        _footprint.Watch(_threads, _priorities);
        _moves.Look(_threads);
    }

    /// <summary>Returns both sides to the state placed last; null, or how they differ at the next cut point.</summary>
    public Difference? Return()
    {
        _machine.Return();
        _tables.Rewind(_placed);
        PlacePages();
        _moves.Look(_threads);
        return Settle();
    }

    /// <summary>
    /// One event on both sides, as it arises on a PC; null if they agree after it. An event that cannot arise in the
    /// present state is left out. An exception that a thread may raise because it is in a small space comes again when
    /// it no longer is.
    /// </summary>
    /// <remarks>
    /// An event without an instruction of its own is moved to where its usual instruction can be executed.
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

    /// <summary>
    /// The event with its instruction where the current thread can execute it, in the window if its page is absent. If
    /// nothing raises it there, the processor raises it without an instruction.
    /// </summary>
    private Event InReach(Event e)
    {
        if (State.Stage.Value != Stages.User || e.Injected || e.Entry is Entry.Tick or Entry.Interrupt)
            return e;
        var registers = e.Registers ?? Proofs.Events.Registers.Of(State, State.Current.Value);
        if (Arises(e))
            return e;
        var code = e.By ?? UserInstructions.Usual(e);
        var moved = code is { } bytes
            ? e with
            {
                Registers = registers with
                {
                    Eip = Window.Base + registers.Eip % Layout.PageSize / 2 + UserInstructions.Past(e, bytes),
                },
            }
            : e;
        return !_machine.InSmallSpace && Arises(moved) ? moved : e with { Injected = true };
    }

    private bool Arises(Event e) =>
        _judge.Of(e, _machine.InSmallSpace)?.Event is { } arising
        && arising.Entry == e.Entry
        && arising.Argument == e.Argument;

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
        _arrival = default;
        if (enters is not null)
        {
            enters.Apply(_kernel, State);
            steps += FinishSpec(enters.Between);
        }
        else
            Complete(arising!.Value).Set(State, before);

        return _machine.Perform(enters ?? e, enters is null ? null : e.Loaded, arising, _arrival, steps) is { } failure
            ? Stopped(failure)
            : Compare(before);
    }

    // The registers after an instruction that just completes.
    private static Proofs.Events.Registers Complete(Arising arising) =>
        arising.Start with
        {
            Eip = arising.Start.Eip + (uint)arising.Code!.Value.Length,
        };

    /// <summary>
    /// Compares everything of threads and their sets, whatever was written; null where all agree. The mappings' tables
    /// are too large for that: of them each event compares what it wrote.
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
            if ((invariant.J == Sort.None || IsInPlace(j, i)) && !invariant.Holds(_representation, i, j))
                return Violation(invariant, i, j);
        return null;
    }

    // Before it enters the kernel the user program has used every page that it can, so that the TLB has them; it need
    // not where it still has.
    private Difference? UsePages()
    {
        if (State.Stage.Value != Stages.User)
            return null;
        var (m, entries) = (State.Mappings, _layout.Limits.Paging.Entries);
        var task = State.Task(State.Current);
        var used = (task.Value, _machine.Hidden(SegmentRegister.Ss).Base.Value, _machine.Pc.Mmu.Flushes);
        if (used == _used)
            return null;
        _used = used;
        foreach (var page in CollectionsMarshal.AsSpan(_pages[task.Value]))
        {
            var (table, node) = (page / entries, m.NodeAt[page]);
            var linear = (m.TableSlot[table].Value * entries + page % entries) * Layout.PageSize;
            if (node == 0 || m.TableTask[table] != task || linear >= Layout.KernelBase)
                continue;
            if (!_machine.Uses(linear, m.IsWritable(node).Known))
                return new("execution", $"page {linear:X}h is mapped", "using it faults");
        }

        return null;
    }

    // Lists a page with those that a task may use, by the task that the page's table is of; some may be gone, or there
    // twice. Ports, of which σ0 has thousands, are not used.
    private void List(List<uint>[] tasks, uint page, int most = int.MaxValue)
    {
        var (m, table, entries) = (State.Mappings, page / _layout.Limits.Paging.Entries, _layout.Limits.Paging.Entries);
        if (m.TableSlot[table] >= Layout.KernelSlot)
            return;
        var pages = tasks[m.TableTask[table].Value];
        if (pages.Count < most || Fuzz.Pages.IsUsual(m.TableSlot[table].Value * entries + page % entries))
            pages.Add(page);
    }

    // Of a task that has more pages than the TLB has entries, a program uses so many, and those near which pages are
    // mapped.
    private const int MostPages = 64;

    private void PlacePages()
    {
        _used = default;
        foreach (var (pages, placed) in _pages.Zip(_placedPages))
        {
            pages.Clear();
            pages.AddRange(placed);
        }
    }

    private Difference? Settle()
    {
        _tables.Commit();
        if (Kernel<Concrete>.Own(State.Stage.Value) is null)
            return null;
        var before = State.Current.Value;
        var steps = FinishSpec();
        return _machine.Settle(steps) is { } failure ? Stopped(failure) : Compare(before);
    }

    /// <summary>The kernel's own steps; how many they are.</summary>
    private int FinishSpec(Between? between = null)
    {
        var steps = 0;
        StepsOnMappings = 0;
        _arrival = between is { Steps: 0 } ? new(ArrivalKind.Masked) : default;
        foreach (var (own, argument) in Event.OwnSteps(State, between))
        {
            if (own is Entry.Tick or Entry.Interrupt)
                _arrival =
                    State.Stage.Value == Stages.Map
                        ? new(ArrivalKind.InWindow, StepsOnMappings)
                        : new(ArrivalKind.AtEnd);
            _kernel.Step(own, argument);
            steps++;
            StepsOnMappings += own == Entry.Map ? 1u : 0;
        }

        return steps;
    }

    private Difference Stopped(string failure) =>
        new("execution", $"reaches stage {Stages.Names[State.Stage.Value]}", failure);

    private Difference? Compare(uint before)
    {
        _footprint.Clear();
        _footprint.Add(before);
        _footprint.Add(State.Current.Value);
        foreach (var column in _ofProcessor)
            if (Differ(column, 0) is { } difference)
                return difference;
        foreach (var cell in _tables.Written)
        {
            var (table, start) = _columns[_columnOf[cell]];
            var row = (uint)(cell - start);
            if (table == Table.Thread)
                _footprint.Add(row);
            else if (table == Table.Priority)
                _footprint.Picked.Add(row);
            else if (cell >= _tables.MappingsStart || table == Table.Interrupt)
                _footprint.Add(table, row);
        }

        if (_footprint.Add(_machine.Pc.Memory) is var (address, former))
            return Unchangeable(address, former);
        if (_constant.From(_machine.Pc.Cpu) is { } register)
            return register;
        foreach (var row in _footprint.Threads)
            if (CompareThread(row) is { } difference)
                return difference;
        foreach (var priority in _footprint.Picked)
            if (Differ(_picked, priority) is { } difference)
                return difference;
        if (CompareRows() is { } differs)
            return differs;
        if (_machine.Pc.Mmu.FirstStale() is { } page)
            return new("TLB", "what the page tables give", $"a user may still use page {page:X}h as it was");
        return CompareRepresentation();
    }

    /// <summary>
    /// Every row of the mappings' tables and of the interrupts' that was written on either side, and what the
    /// processor's page tables say of it.
    /// </summary>
    private Difference? CompareRows()
    {
        var s = State;
        foreach (var written in _footprint.Rows)
            if (written.Rows.Length > 0)
                foreach (var column in _byRow[written.Table])
                foreach (var row in written.Rows)
                    if (Differ(column, row) is { } difference)
                        return difference;
        var (nodes, pages, slots, tasks) = (
            _footprint.Of(Table.Node),
            _footprint.Of(Table.Page),
            _footprint.Of(Table.Slot),
            _footprint.Of(Table.Task)
        );
        foreach (var node in nodes.Rows)
            if (s.Mappings.Space[node].Value != 0)
                pages.Add(
                    s.EntryOf(s.TableOf(s.Mappings.Space[node], s.Mappings.Page[node]), s.Mappings.Page[node]).Value
                );
        foreach (var page in pages.Rows)
            List(_pages, page);
        if (pages.Rows.Length + slots.Rows.Length > 0)
            _used = default;
        foreach (var page in pages.Rows)
            if (PageEntries.PortWordOf(s, page) is { } word)
                _footprint.PortWords.Add(word);
        var words = CollectionsMarshal.AsSpan(_footprint.PortWords);
        foreach (var slot in slots.Rows)
            tasks.Add(slot / _layout.Limits.Paging.Slots);
        if (pages.Rows.Length + slots.Rows.Length + words.Length + tasks.Rows.Length == 0)
            return null;
        foreach (var invariant in OfPages)
            if (
                Each(
                    invariant,
                    invariant.I switch
                    {
                        Sort.PortWord => words,
                        Sort.Page => pages.Rows,
                        Sort.Slot => slots.Rows,
                        _ => tasks.Rows,
                    }
                ) is
                { } difference
            )
                return difference;
        return null;
    }

    private Difference Unchangeable(uint address, uint former) =>
        new(
            $"{_machine.Image.Name(address)} ({address:X8}h)",
            $"unchanged {former:X8}h",
            $"{_machine.Load(address).Value:X8}h",
            address
        );

    private Difference? CompareThread(uint row)
    {
        foreach (var column in _ofThreads)
            if (Differ(column, row) is { } difference)
                return difference;
        return null;
    }

    private Difference? Differ(Compared column, uint row)
    {
        var (spec, image) = (column.Spec[row].Value, column.Image(row).Value);
        return spec == image ? null : Describe(column.Info, row, spec, image);
    }

    private Difference Describe(ColumnInfo info, uint row, uint spec, uint image)
    {
        var field =
            info.Table == Table.Thread
                ? _layout.Threads.Fields.FirstOrDefault(field =>
                    string.Equals(field.Name, info.Name, StringComparison.OrdinalIgnoreCase)
                )
                : null;
        uint? address =
            field is not null ? _layout.Threads.Address<Concrete>(row, field).Value
            : info.Table == Table.Priority ? _layout.Picked.Address<Concrete>(row, _layout.PickedNumber).Value
            : info.Name == nameof(State<Concrete>.Current) ? _layout.TssStack.Base
            : Mappings<Concrete>.Schema.Contains(info) && _layout.Mappings.Place(info.Name) is var (area, of)
                ? area.Address<Concrete>(row, of).Value
            : null;
        var where = info.Table switch
        {
            Table.Thread => $"{info.Name} of {Words.Thread(State, row)}",
            Table.Priority => $"{info.Name} of priority {row}",
            Table.Interrupt => $"{info.Name} of interrupt id {row}",
            Table.Task => $"{info.Name} of task {row}",
            Table.Node => $"{info.Name} of mapping {row:X}h",
            Table.Slot => $"{info.Name} of slot {row % _layout.Limits.Paging.Slots:X}h of task "
                + $"{row / _layout.Limits.Paging.Slots}",
            Table.PageTable => $"{info.Name} of page table {row}",
            Table.Page => $"{info.Name} of entry {row % _layout.Limits.Paging.Entries:X}h of page table "
                + $"{row / _layout.Limits.Paging.Entries}",
            _ => info.Name,
        };
        return new(where, Name(spec), Name(image), address, info.Name);

        string Name(uint value) => Glossary.Value(State, info.Name, value);
    }

    private Difference? CompareRepresentation()
    {
        var threads = (ReadOnlySpan<uint>)CollectionsMarshal.AsSpan(_footprint.Threads);
        _moves.Look(threads);
        foreach (var invariant in OfOthers)
            if (
                invariant.I switch
                {
                    Sort.Thread => Each(invariant, _footprint.Top ? _threads : threads),
                    Sort.Priority => _footprint.IsPriorityMapWritten ? Each(invariant, _priorities) : null,
                    Sort.ReadyWord => OfSets(invariant, _moves.Ready, _footprint.ReadyWords, _footprint.ReadySummaries),
                    Sort.SenderWord => OfSets(
                        invariant,
                        _moves.Sender,
                        _footprint.SenderWords,
                        _footprint.SenderSummaries
                    ),
                    Sort.TimerWord => OfSets(invariant, _moves.Timer, _footprint.TimerWords, _footprint.TimerSummaries),
                    _ => Each(invariant, Processor),
                } is
                { } difference
            )
                return difference;
        return null;
    }

    private Difference? Each(RepresentationInvariant<Concrete> invariant, ReadOnlySpan<uint> values)
    {
        foreach (var i in values)
            if (!invariant.Holds(_representation, i, 0))
                return Violation(invariant, i, 0);
        return null;
    }

    // What relates a word and a thread: where the word was written, or the thread moved. What is of words and summaries
    // alone: where one of those was written.
    private Difference? OfSets(
        RepresentationInvariant<Concrete> invariant,
        List<(uint Thread, uint Owner)> moves,
        List<uint> words,
        List<uint> summaries
    )
    {
        if (invariant.J == Sort.None)
        {
            foreach (var word in words)
                if (!invariant.Holds(_representation, word, 0))
                    return Violation(invariant, word, 0);
            foreach (var owner in summaries)
            foreach (var place in _threadWords)
                if (owner * _layout.Words + place is var word && !invariant.Holds(_representation, word, 0))
                    return Violation(invariant, word, 0);
            return null;
        }

        foreach (var word in words)
        foreach (var thread in _threads)
            if (IsInPlace(thread, word) && !invariant.Holds(_representation, word, thread))
                return Violation(invariant, word, thread);
        foreach (var (thread, owner) in moves)
            if (WordOf(owner, thread) is var word && !invariant.Holds(_representation, word, thread))
                return Violation(invariant, word, thread);
        return null;
    }

    private uint WordOf(uint owner, uint thread) => Representation<Concrete>.WordOf(_layout, owner, thread).Value;

    /// <summary>
    /// Whether a thread's bit is in a word of its set; of other words the invariants say nothing about it.
    /// </summary>
    private bool IsInPlace(uint thread, uint word) => (word & (_layout.Words - 1)) == thread >> 5;

    private Difference Violation(RepresentationInvariant<Concrete> invariant, Concrete i, Concrete j) =>
        new(
            $"representation {invariant.Name} at {invariant.I} {i.Value}, {invariant.J} {j.Value}",
            invariant.Why,
            "violates it",
            invariant.I switch
            {
                Sort.Page => _layout.Mappings.PageTables.Address(i, MappingLayout.Entry).Value,
                Sort.PortWord => _layout.Mappings.PortMaps.Address(i, MappingLayout.PortBits).Value,
                Sort.Task => _layout.Mappings.SmallSegments.Address(i, MappingLayout.SmallSegment).Value,
                Sort.Slot => _layout.Mappings.Directories.Address(i, MappingLayout.Entry).Value,
                _ => null,
            }
        );

    private static bool IsOfPages(Sort sort) => sort is Sort.Page or Sort.Slot or Sort.PortWord or Sort.Task;

    private uint[] EveryValue(Sort sort) =>
        sort switch
        {
            Sort.Thread => _threads,
            Sort.Priority => _priorities,
            Sort.ReadyWord => _readyWords ??= WordsOf(_priorities),
            Sort.SenderWord => _senderWords ??= WordsOf(_threads),
            Sort.TimerWord => _timerWords ??= WordsOf(Slots),
            _ => Processor,
        };

    private uint[] WordsOf(uint[] owners) =>
        [.. owners.SelectMany(owner => _threadWords.Select(place => owner * _layout.Words + place))];
}
