using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// The kernel's state: tables of columns. Thread 0 (task 0 does not exist) stands for nobody: as <see cref="Current"/>
/// it is the idle processor, as a partner it is none.
/// </summary>
public sealed class State<W>
    where W : struct, IWord<W>
{
    public const uint Nobody = 0;

    private static readonly ColumnInfo[] Schema =
    [
        new(nameof(Stage), Table.Processor, 3),
        new(nameof(Current), Table.Processor, 10),
        new(nameof(Clock), Table.Processor, 32),
        new(nameof(Time), Table.Processor, 32),
        new(nameof(TimeHigh), Table.Processor, 32),
        new(nameof(Examined), Table.Processor, 10),
        new(nameof(Heir), Table.Processor, 10),
        new(nameof(Masked), Table.Processor, 16),
        new(nameof(Id), Table.Thread, 32),
        new(nameof(Status), Table.Thread, 4),
        new(nameof(Partner), Table.Thread, 10),
        new(nameof(Served), Table.Thread, 10),
        new(nameof(Timed), Table.Thread, 1),
        new(nameof(Deadline), Table.Thread, 32),
        new(nameof(Pager), Table.Thread, 32),
        new(nameof(Preempter), Table.Thread, 32),
        new(nameof(Faulting), Table.Thread, 1),
        new(nameof(Fault), Table.Thread, 32),
        new(nameof(Priority), Table.Thread, 8),
        new(nameof(Mcp), Table.Thread, 8),
        new(nameof(ExternalPreempter), Table.Thread, 32),
        new(nameof(Slice), Table.Thread, 9),
        new(nameof(Quantum), Table.Thread, 9),
        new(nameof(Consumed), Table.Thread, 32),
        new(nameof(Handles), Table.Thread, 5),
        new(nameof(Eax), Table.Thread, 32),
        new(nameof(Ecx), Table.Thread, 32),
        new(nameof(Edx), Table.Thread, 32),
        new(nameof(Ebx), Table.Thread, 32),
        new(nameof(Esp), Table.Thread, 32),
        new(nameof(Ebp), Table.Thread, 32),
        new(nameof(Esi), Table.Thread, 32),
        new(nameof(Edi), Table.Thread, 32),
        new(nameof(Eip), Table.Thread, 32),
        new(nameof(Eflags), Table.Thread, 32),
        new(nameof(Picked), Table.Priority, 10),
        new(nameof(Handler), Table.Interrupt, 10),
        new(nameof(Pending), Table.Interrupt, 1),
        .. Mappings<W>.Schema,
    ];

    private readonly Column<W> _stage,
        _current,
        _clock,
        _time,
        _timeHigh,
        _examined,
        _heir,
        _masked;

    public State(Limits limits, Tables<W> tables)
    {
        Limits = limits;
        Tables = tables;
        Columns = [.. Schema.Select(info => (info, tables.Make(info, Rows(info.Table, limits))))];
        var next = 0;
        Column<W> Next() => Columns[next++].Column;
        (_stage, _current, _clock, _time, _timeHigh, _examined, _heir, _masked) = (
            Next(),
            Next(),
            Next(),
            Next(),
            Next(),
            Next(),
            Next(),
            Next()
        );
        (Id, Status, Partner, Served, Timed, Deadline) = (Next(), Next(), Next(), Next(), Next(), Next());
        (Pager, Preempter, Faulting, Fault) = (Next(), Next(), Next(), Next());
        (Priority, Mcp, ExternalPreempter, Slice, Quantum, Consumed, Handles) = (
            Next(),
            Next(),
            Next(),
            Next(),
            Next(),
            Next(),
            Next()
        );
        (Eax, Ecx, Edx, Ebx, Esp, Ebp, Esi, Edi) = (Next(), Next(), Next(), Next(), Next(), Next(), Next(), Next());
        (Eip, Eflags) = (Next(), Next());
        Picked = Next();
        (Handler, Pending) = (Next(), Next());
        Mappings = new(Next);
    }

    public Limits Limits { get; }

    public Tables<W> Tables { get; }

    /// <summary>Every column, in schema order: what packing, comparison and views go through.</summary>
    public IReadOnlyList<(ColumnInfo Info, Column<W> Column)> Columns { get; }

    /// <summary>Who acts next (<see cref="Stages"/>).</summary>
    public W Stage
    {
        get => _stage[0];
        set => _stage[0] = value;
    }

    /// <summary>The thread that has the processor, ready or about to leave it; 0 when idle.</summary>
    public W Current
    {
        get => _current[0];
        set => _current[0] = value;
    }

    /// <summary>Ticks since boot, modulo 2^32.</summary>
    public W Clock
    {
        get => _clock[0];
        set => _clock[0] = value;
    }

    /// <summary>Microseconds since boot, the low word: the clock that users read in the kernel info page.</summary>
    public W Time
    {
        get => _time[0];
        set => _time[0] = value;
    }

    /// <summary>Microseconds since boot, the high word.</summary>
    public W TimeHigh
    {
        get => _timeHigh[0];
        set => _timeHigh[0] = value;
    }

    /// <summary>
    /// In <see cref="Stages.Wake"/>, the last thread of the clock's slot that was looked at; else of no meaning.
    /// </summary>
    public W Examined
    {
        get => _examined[0];
        set => _examined[0] = value;
    }

    /// <summary>
    /// In the stages from <see cref="Stages.Receive"/> on, the thread that the send phase of the current one woke;
    /// else, or if there is none, 0. It is ready, but does not compete: it is on its way to the processor.
    /// </summary>
    public W Heir
    {
        get => _heir[0];
        set => _heir[0] = value;
    }

    /// <summary>
    /// The lines that may not interrupt, bit by line: what the interrupt controllers' mask registers hold.
    /// </summary>
    public W Masked
    {
        get => _masked[0];
        set => _masked[0] = value;
    }

    /// <summary>The thread's id; 0 where inactive.</summary>
    public Column<W> Id { get; }

    /// <summary>What the thread does (<see cref="ThreadStatus"/>).</summary>
    public Column<W> Status { get; }

    /// <summary>
    /// The thread number it sends to or receives from, or is about to accept a message of; 0 in every other status.
    /// </summary>
    public Column<W> Partner { get; }

    /// <summary>The thread number whose message its last open receive took from the waiting senders.</summary>
    public Column<W> Served { get; }

    /// <summary>1 while the thread waits with a finite timeout.</summary>
    public Column<W> Timed { get; }

    /// <summary>The clock at which a timed wait ends; else of no meaning.</summary>
    public Column<W> Deadline { get; }

    /// <summary>The id of the thread that its exceptions are reported to; of any value.</summary>
    public Column<W> Pager { get; }

    /// <summary>The id of its internal preempter; of any value.</summary>
    public Column<W> Preempter { get; }

    /// <summary>
    /// 1 while its ipc is the kernel's: with its pager for an exception, with its preempter for the end of its time
    /// slice.
    /// </summary>
    public Column<W> Faulting { get; }

    /// <summary>The first word of its last report: of an exception (<see cref="FaultMessage"/>), or its ESP.</summary>
    public Column<W> Fault { get; }

    public Column<W> Priority { get; }

    /// <summary>
    /// The highest priority it may give, and schedule threads of; the same for all threads of a task.
    /// </summary>
    public Column<W> Mcp { get; }

    /// <summary>The id of its external preempter; of any value.</summary>
    public Column<W> ExternalPreempter { get; }

    /// <summary>Ticks left of the time slice; 0 without time; or <see cref="ScheduleParam.Infinite"/>.</summary>
    public Column<W> Slice { get; }

    /// <summary>Ticks that found it running, modulo 2^32.</summary>
    public Column<W> Consumed { get; }

    /// <summary>The id of the interrupt that it handles, 1..16; 0 for none.</summary>
    public Column<W> Handles { get; }

    /// <summary>
    /// Ticks of a fresh time slice; 0 for a thread that runs on donated time only; or
    /// <see cref="ScheduleParam.Infinite"/>.
    /// </summary>
    public Column<W> Quantum { get; }

    // The user registers: what the thread finds when it next runs in user mode.
    public Column<W> Eax { get; }
    public Column<W> Ecx { get; }
    public Column<W> Edx { get; }
    public Column<W> Ebx { get; }
    public Column<W> Esp { get; }
    public Column<W> Ebp { get; }
    public Column<W> Esi { get; }
    public Column<W> Edi { get; }
    public Column<W> Eip { get; }
    public Column<W> Eflags { get; }

    /// <summary>Per priority, the thread number the scheduler picked last.</summary>
    public Column<W> Picked { get; }

    /// <summary>Per interrupt, the thread that it is a message to; 0 for none.</summary>
    public Column<W> Handler { get; }

    /// <summary>1 where the interrupt has come and its handler does not know yet.</summary>
    public Column<W> Pending { get; }

    /// <summary>The tasks, and which pages are mapped.</summary>
    public Mappings<W> Mappings { get; }

    public static uint Rows(Table table, Limits limits) =>
        table switch
        {
            Table.Processor => 1,
            Table.Thread => limits.Threads,
            Table.Priority => limits.Priorities,
            Table.Interrupt => Interrupts.Rows,
            Table.Task => limits.Tasks,
            Table.Node => limits.Paging.Nodes,
            Table.Slot => limits.Tasks * limits.Paging.Slots,
            Table.PageTable => limits.Paging.Tables,
            Table.Page => limits.Paging.Tables * limits.Paging.Entries,
            _ => throw new ArgumentOutOfRangeException(nameof(table)),
        };

    /// <summary>The row an id names, whether or not it does exist.</summary>
    public W Row(W id) => ThreadId.Row(id, Limits);

    /// <summary>The task of a thread.</summary>
    public W Task(W thread) => thread >> (uint)System.Numerics.BitOperations.Log2(Limits.Lthreads);

    /// <summary>The page table of a task for a page; 0 where it has none.</summary>
    public W TableOf(W task, W page) => Mappings.TableAt[SlotOf(task, page)];

    /// <summary>Row of the slot of a page.</summary>
    public W SlotOf(W task, W page) =>
        (task * Limits.Paging.Slots) | (page >> (uint)System.Numerics.BitOperations.Log2(Limits.Paging.Entries));

    /// <summary>Row of a page in a page table.</summary>
    public W EntryOf(W table, W page) => (table * Limits.Paging.Entries) | (page & (Limits.Paging.Entries - 1));

    /// <summary>The mapping at a page of a task; 0 where there is none.</summary>
    public W NodeOf(W task, W page) => Mappings.NodeAt[EntryOf(TableOf(task, page), page)];

    /// <summary>
    /// Whether <paramref name="id"/> names a thread in use: a stale version, nil or an inactive thread does not.
    /// </summary>
    public Truth Exists(W id) => (Id[Row(id)] == id) & (Status[Row(id)] != ThreadStatus.Inactive);

    /// <summary>Whether the thread would run if it had the processor.</summary>
    public Truth IsReady(W thread) =>
        (Status[thread] == ThreadStatus.Ready)
        | (Status[thread] == ThreadStatus.Resuming)
        | (Status[thread] == ThreadStatus.Mapping);

    /// <summary>
    /// Whether ticks are left of its time slice, or the slice is infinite. A thread without time runs only on donated
    /// time.
    /// </summary>
    public Truth HasTime(W thread) => Slice[thread] != 0;

    /// <summary>
    /// Whether the thread competes for the processor: it is ready and has time. The current thread does not, because it
    /// has the processor; nor does its heir.
    /// </summary>
    public Truth Competes(W thread) =>
        IsReady(thread) & HasTime(thread) & (thread != Current) & !((Stage >= Stages.Receive) & (thread == Heir));

    /// <summary>
    /// Whether the thread is one of those that a tick must look at: its deadline is in the same slot as a clock.
    /// </summary>
    public Truth SharesSlot(W thread, W clock) =>
        (Timed[thread] == 1)
        & ((Deadline[thread] & (Spec.Limits.ClockSlots - 1)) == (clock & (Spec.Limits.ClockSlots - 1)));

    /// <summary>Whether <paramref name="sender"/> waits until <paramref name="receiver"/> receives.</summary>
    public Truth SendsTo(W sender, W receiver) =>
        (Status[sender] == ThreadStatus.Sending) & (Partner[sender] == receiver);

    /// <summary>Whether the handler of an interrupt waits for it.</summary>
    public Truth WaitsForInterrupt(W handler, W id) =>
        (Status[handler] == ThreadStatus.ReceivingAny)
        | ((Status[handler] == ThreadStatus.Sleeping) & (Esi[handler] == id));

    /// <summary>
    /// Whether <paramref name="receiver"/> waits for a message that <paramref name="sender"/> may give.
    /// </summary>
    public Truth WaitsFor(W receiver, W sender) =>
        (Status[receiver] == ThreadStatus.ReceivingAny)
        | ((Status[receiver] == ThreadStatus.ReceivingFrom) & (Partner[receiver] == sender));
}
