using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// The kernel's state: tables of columns. Thread 0 means nobody, because task 0 does not exist. If
/// <see cref="Current"/> is nobody, the processor idles. If a partner is nobody, the thread has no partner.
/// </summary>
public sealed partial class State<W>
    where W : struct, IWord<W>
{
    public const uint Nobody = 0;

    private static readonly ColumnInfo[] Schema =
    [
        new(nameof(Stage), Table.Processor, Widths.Stage),
        new(nameof(Current), Table.Processor, Widths.Thread),
        new(nameof(Clock), Table.Processor, Widths.Word),
        new(nameof(Time), Table.Processor, Widths.Word),
        new(nameof(TimeHigh), Table.Processor, Widths.Word),
        new(nameof(Examined), Table.Processor, Widths.Thread),
        new(nameof(Heir), Table.Processor, Widths.Thread),
        new(nameof(Masked), Table.Processor, Widths.Masked),
        new(nameof(Id), Table.Thread, Widths.Word),
        new(nameof(Status), Table.Thread, Widths.Status),
        new(nameof(Partner), Table.Thread, Widths.Thread),
        new(nameof(Served), Table.Thread, Widths.Thread),
        new(nameof(Timed), Table.Thread, Widths.Flag),
        new(nameof(Deadline), Table.Thread, Widths.Word),
        new(nameof(Pager), Table.Thread, Widths.Word),
        new(nameof(Preempter), Table.Thread, Widths.Word),
        new(nameof(Faulting), Table.Thread, Widths.Flag),
        new(nameof(Fault), Table.Thread, Widths.Word),
        new(nameof(Priority), Table.Thread, Widths.Priority),
        new(nameof(Mcp), Table.Thread, Widths.Priority),
        new(nameof(ExternalPreempter), Table.Thread, Widths.Word),
        new(nameof(Slice), Table.Thread, Widths.Slice),
        new(nameof(Quantum), Table.Thread, Widths.Slice),
        new(nameof(Consumed), Table.Thread, Widths.Word),
        new(nameof(Handles), Table.Thread, Widths.Interrupt),
        new(nameof(TrapAddress), Table.Thread, Widths.Word),
        new(nameof(Eax), Table.Thread, Widths.Word),
        new(nameof(Ecx), Table.Thread, Widths.Word),
        new(nameof(Edx), Table.Thread, Widths.Word),
        new(nameof(Ebx), Table.Thread, Widths.Word),
        new(nameof(Esp), Table.Thread, Widths.Word),
        new(nameof(Ebp), Table.Thread, Widths.Word),
        new(nameof(Esi), Table.Thread, Widths.Word),
        new(nameof(Edi), Table.Thread, Widths.Word),
        new(nameof(Eip), Table.Thread, Widths.Word),
        new(nameof(Eflags), Table.Thread, Widths.Word),
        new(nameof(Picked), Table.Priority, Widths.Thread),
        new(nameof(Handler), Table.Interrupt, Widths.Thread),
        new(nameof(Pending), Table.Interrupt, Widths.Flag),
        .. Mappings<W>.Schema,
    ];

    private static readonly Dictionary<string, int> Numbers = Schema
        .Select((info, number) => (info.Name, number))
        .ToDictionary();

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
        Column<W> Of(string name) => Columns[Numbers[name]].Column;
        _stage = Of(nameof(Stage));
        _current = Of(nameof(Current));
        _clock = Of(nameof(Clock));
        _time = Of(nameof(Time));
        _timeHigh = Of(nameof(TimeHigh));
        _examined = Of(nameof(Examined));
        _heir = Of(nameof(Heir));
        _masked = Of(nameof(Masked));
        Id = Of(nameof(Id));
        Status = Of(nameof(Status));
        Partner = Of(nameof(Partner));
        Served = Of(nameof(Served));
        Timed = Of(nameof(Timed));
        Deadline = Of(nameof(Deadline));
        Pager = Of(nameof(Pager));
        Preempter = Of(nameof(Preempter));
        Faulting = Of(nameof(Faulting));
        Fault = Of(nameof(Fault));
        Priority = Of(nameof(Priority));
        Mcp = Of(nameof(Mcp));
        ExternalPreempter = Of(nameof(ExternalPreempter));
        Slice = Of(nameof(Slice));
        Quantum = Of(nameof(Quantum));
        Consumed = Of(nameof(Consumed));
        Handles = Of(nameof(Handles));
        TrapAddress = Of(nameof(TrapAddress));
        Eax = Of(nameof(Eax));
        Ecx = Of(nameof(Ecx));
        Edx = Of(nameof(Edx));
        Ebx = Of(nameof(Ebx));
        Esp = Of(nameof(Esp));
        Ebp = Of(nameof(Ebp));
        Esi = Of(nameof(Esi));
        Edi = Of(nameof(Edi));
        Eip = Of(nameof(Eip));
        Eflags = Of(nameof(Eflags));
        Picked = Of(nameof(Picked));
        Handler = Of(nameof(Handler));
        Pending = Of(nameof(Pending));
        Mappings = new(Of);
    }

    public Limits Limits { get; }

    public Tables<W> Tables { get; }

    /// <summary>Every column, in schema order. Packing, comparison and views go through this list.</summary>
    public IReadOnlyList<(ColumnInfo Info, Column<W> Column)> Columns { get; }

    /// <summary>The stage, which determines the next actor (<see cref="Stages"/>).</summary>
    public W Stage
    {
        get => _stage[0];
        set => _stage[0] = value;
    }

    /// <summary>The thread that has the processor, or is about to leave it; 0 while the processor idles.</summary>
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
    /// In <see cref="Stages.Wake"/>, the thread of the clock's slot that was examined last; without meaning in other
    /// stages.
    /// </summary>
    public W Examined
    {
        get => _examined[0];
        set => _examined[0] = value;
    }

    /// <summary>
    /// The thread that the current thread's send phase woke; 0 if there is none, and in all stages before
    /// <see cref="Stages.Receive"/>. The heir is ready but does not compete, because it is on its way to the processor.
    /// </summary>
    public W Heir
    {
        get => _heir[0];
        set => _heir[0] = value;
    }

    /// <summary>
    /// The interrupt lines that are masked, one bit for each line: the mask registers of the interrupt controllers.
    /// </summary>
    public W Masked
    {
        get => _masked[0];
        set => _masked[0] = value;
    }

    /// <summary>The thread's id; 0 if the thread is inactive.</summary>
    public Column<W> Id { get; }

    /// <summary>The status of the thread (<see cref="ThreadStatus"/>).</summary>
    public Column<W> Status { get; }

    /// <summary>
    /// The thread to which it sends, from which it receives, or whose message it is about to accept; 0 in every other
    /// status.
    /// </summary>
    public Column<W> Partner { get; }

    /// <summary>The sender that the thread's last open receive took from the waiting senders.</summary>
    public Column<W> Served { get; }

    /// <summary>1 while the thread waits with a finite timeout.</summary>
    public Column<W> Timed { get; }

    /// <summary>The clock value at which a timed wait ends; without meaning for other threads.</summary>
    public Column<W> Deadline { get; }

    /// <summary>The id of the thread to which its exceptions are reported; any value.</summary>
    public Column<W> Pager { get; }

    /// <summary>The id of its internal preempter; any value.</summary>
    public Column<W> Preempter { get; }

    /// <summary>
    /// 1 while the kernel does an ipc for the thread: with its pager for an exception, or with its preempter for the
    /// end of its time slice.
    /// </summary>
    public Column<W> Faulting { get; }

    /// <summary>The first word of its last report: of an exception (<see cref="FaultMessage"/>), or its ESP.</summary>
    public Column<W> Fault { get; }

    public Column<W> Priority { get; }

    /// <summary>
    /// The highest priority that the thread may give, and up to which it may schedule threads. It is the same for all
    /// threads of a task.
    /// </summary>
    public Column<W> Mcp { get; }

    /// <summary>The id of its external preempter; any value.</summary>
    public Column<W> ExternalPreempter { get; }

    /// <summary>Ticks left in the time slice; 0 for no time; or <see cref="ScheduleParam.Infinite"/>.</summary>
    public Column<W> Slice { get; }

    /// <summary>The number of ticks that found the thread running, modulo 2^32.</summary>
    public Column<W> Consumed { get; }

    /// <summary>The id of the interrupt that the thread handles, 1..16; 0 for none.</summary>
    public Column<W> Handles { get; }

    /// <summary>The address at which the thread continues after INT 80h; 0 if INT 80h is reported.</summary>
    public Column<W> TrapAddress { get; }

    /// <summary>
    /// The length of the time slice in ticks; 0 for a thread that runs on donated time only; or
    /// <see cref="ScheduleParam.Infinite"/>.
    /// </summary>
    public Column<W> Quantum { get; }

    // The user registers that the thread has when it next runs in user mode.
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

    /// <summary>For each priority, the thread that the scheduler picked last.</summary>
    public Column<W> Picked { get; }

    /// <summary>For each interrupt, the thread that receives it as a message; 0 for none.</summary>
    public Column<W> Handler { get; }

    /// <summary>1 if the interrupt has fired and its handler has not received it yet.</summary>
    public Column<W> Pending { get; }

    /// <summary>The tasks, and their mapped pages.</summary>
    public Mappings<W> Mappings { get; }

    /// <summary>Whether a column is a user register.</summary>
    public static bool IsRegister(ColumnInfo column) =>
        column.Name
            is nameof(Eax)
                or nameof(Ecx)
                or nameof(Edx)
                or nameof(Ebx)
                or nameof(Esp)
                or nameof(Ebp)
                or nameof(Esi)
                or nameof(Edi)
                or nameof(Eip)
                or nameof(Eflags);

    public static uint Rows(Table table, Limits limits) =>
        table == Table.Processor ? 1
        : table == Table.Thread ? limits.Threads
        : table == Table.Priority ? limits.Priorities
        : table == Table.Interrupt ? Interrupts.Rows
        : table == Table.Task ? limits.Tasks
        : table == Table.Node ? limits.Paging.Nodes
        : table == Table.Slot ? limits.Tasks * limits.Paging.Slots
        : table == Table.PageTable ? limits.Paging.Tables
        : table == Table.Page ? limits.Paging.Tables * limits.Paging.Entries
        : throw new ArgumentOutOfRangeException(nameof(table));
}
