using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>The models of ipc, time, scheduling, interrupts and the threads of a task.</summary>
public sealed partial record Model
{
    // Three threads are needed: one is accepted from, and then another sender waits.
    private static string[] WithTwo => [Sometimes.PutOff];
    private static string[] WithoutPagers => [Sometimes.Reported, Sometimes.ReportedLater, Sometimes.Answered];

    // The models' threads have no mappings, and request none.
    private static string[] WithoutMappings =>
        [
            "entry FpageUnmap",
            "entry Map",
            "stage map",
            "thread mapping",
            "thread giving",
            .. Sometimes.OfMappings.Select(sometimes => sometimes.Name),
        ];
    private const string Preemption = "preemption by a woken thread";
    private static string[] WithoutDeadlines =>
        ["a deadline ends a send", "a deadline ends a receive", "a deadline of another round"];

    // 1 and 2 ms: deadlines two and three ticks ahead.
    private static readonly uint[] Finite =
    [
        Timeouts.Infinite,
        Timeouts.Word(Timeouts.Encode(1000), Timeouts.Encode(2000)),
        Timeouts.Word(Timeouts.Encode(2000), Timeouts.Encode(0)),
    ];

    /// <summary>Two threads of one priority.</summary>
    public static readonly Model Pair = Make("pair", new(4, 1, 2), 3, (1, 0, 1, 2), (2, 0, 1, 1)) with
    {
        Never = [Preemption, .. WithoutPagers, .. WithTwo, .. WithoutDeadlines, .. WithoutMappings],
    };

    /// <summary>Two threads, the second of which preempts the first and is its pager.</summary>
    public static readonly Model Ranked = WithPager(Make("ranked", new(4, 1, 2), 3, (1, 0, 0, 2), (2, 0, 1, 1))) with
    {
        Never = [.. WithTwo, .. WithoutDeadlines, .. WithoutMappings],
    };

    /// <summary>
    /// Three threads in two tasks. Two of them have a lower priority than the third. Slices have one tick and are not
    /// added up.
    /// </summary>
    public static readonly Model Trio = Make("trio", new(4, 2, 2), 1, (1, 0, 0, 1), (1, 1, 0, 1), (2, 0, 1, 1)) with
    {
        Never = [.. WithoutPagers, .. WithoutDeadlines, .. WithoutMappings],
    };

    /// <summary>Two threads that wait with deadlines. The second preempts the first.</summary>
    public static readonly Model Sleepers = Make(
        "sleepers",
        new(4, 1, 2),
        2,
        Finite,
        1,
        (1, 0, 0, 2),
        (2, 0, 1, 1)
    ) with
    {
        Never = [.. WithoutPagers, .. WithTwo, "a deadline of another round", .. WithoutMappings],
    };

    /// <summary>Two threads of a task that change each other, the second of which preempts the first.</summary>
    public static readonly Model Siblings = Make(
        "siblings",
        new(2, 2, 2),
        2,
        [Timeouts.Infinite],
        2,
        (1, 0, 0, 1),
        (1, 1, 1, 2)
    ) with
    {
        Also = [Entry.LthreadExRegs],
        Never =
        [
            "code 20h, receive timeout",
            "code 30h, send timeout",
            .. WithTwo,
            .. WithoutDeadlines,
            .. WithoutMappings,
        ],
    };

    /// <summary>Two threads that both want the same two interrupts. The second preempts the first.</summary>
    public static readonly Model Drivers = Make(
            "drivers",
            new(4, 1, 2),
            2,
            [Timeouts.Infinite, Timeouts.ZeroReceiveOnly],
            1,
            (1, 0, 0, 1),
            (2, 0, 1, 1)
        )
        .WithInterrupts(5, 16) with
    {
        Never = ["code 30h, send timeout", .. WithoutPagers, .. WithoutDeadlines, .. WithoutMappings],
    };

    /// <summary>
    /// Two threads that schedule each other. The second has a higher priority and may schedule both. The first may
    /// schedule only threads of the lower priority, and has the second as its preempter. A time slice has no tick, one
    /// tick, or no end. A call may also set the number of a small space.
    /// </summary>
    public static readonly Model Schedulers = Make(
            "schedulers",
            new(4, 1, 2),
            2,
            [Timeouts.Infinite],
            1,
            (1, 0, 0, 1),
            (2, 0, 1, 1)
        )
        .Trying(
            Entry.Ipc,
            (nameof(State<Concrete>.Eax), [Descriptor.None, 0]),
            (nameof(State<Concrete>.Ebp), [Descriptor.None, 0, 1]),
            (
                nameof(State<Concrete>.Esi),
                [ThreadId.Make<Concrete>(4, 1, 0, 1).Value, ThreadId.Make<Concrete>(4, 2, 0, 1).Value, ThreadId.Nil]
            )
        )
        .Trying(
            Entry.ThreadSchedule,
            (nameof(State<Concrete>.Eax), [ThreadId.Invalid, Param(0, 0, 0), Param(1, 1, 1), Endless]),
            (nameof(State<Concrete>.Ebx), [ThreadId.Invalid])
        ) with
    {
        Also = [Entry.ThreadSchedule, Entry.Outgrow],
        Without = [Entry.IdNearest],
        Arrange = s =>
        {
            s.Mcp[1] = 0;
            s.Preempter[1] = s.Id[2];
        },
        Never =
        [
            "code 20h, receive timeout",
            "code 30h, send timeout",
            "code E0h, receive cut",
            "code F0h, send cut",
            Sometimes.Reported,
            Sometimes.ReportedLater,
            .. WithTwo,
            .. WithoutDeadlines,
            .. WithoutMappings,
        ],
    };

    /// <summary>Two threads that set their trap addresses and make INT 80h; the second preempts the first.</summary>
    public static readonly Model Traps = Make(
            "traps",
            new(4, 1, 2),
            1,
            [Timeouts.Infinite],
            1,
            (1, 0, 0, 1),
            (2, 0, 1, 1)
        )
        .Trying(
            Entry.Ipc,
            (nameof(State<Concrete>.Eax), [Descriptor.None, 0]),
            (nameof(State<Concrete>.Ebp), [Descriptor.None, 0, 1])
        )
        .Trying(Entry.ExchangeTrap, (nameof(State<Concrete>.Eax), [0, Arguments.Memory])) with
    {
        Also = [Entry.ExchangeTrap, Entry.Trap],
        Never =
        [
            "code 20h, receive timeout",
            "code 30h, send timeout",
            "code E0h, receive cut",
            "code F0h, send cut",
            .. WithoutPagers,
            .. WithTwo,
            .. WithoutDeadlines,
            .. WithoutMappings,
        ],
    };

    // The parameter of thread_schedule: a priority, a number of ticks, and a small space's number.
    private static uint Param(uint priority, uint ticks, uint small) =>
        ticks << 24 | ScheduleParam.TickExponent << 20 | small << 8 | priority;

    // Priority 1, an infinite slice.
    private const uint Endless = 1;

    private Model Trying(Entry entry, params (string Register, uint[] Values)[] values) =>
        this with
        {
            Arguments = Arguments with
            {
                Of = new Dictionary<Entry, IReadOnlyList<uint[]>>(Arguments.Of)
                {
                    [entry] =
                    [
                        .. Arguments.Names.Select(name =>
                            values.FirstOrDefault(pair => pair.Register == name).Values ?? Arguments.In(entry, name)
                        ),
                    ],
                },
            },
        };

    private Model WithInterrupts(params uint[] ids) =>
        this with
        {
            Interrupts = ids,
            Arguments = new([
                .. Arguments.Values.Select(
                    (values, i) => i == Arguments.Index(nameof(State<Concrete>.Esi)) ? [.. values, .. ids] : values
                ),
            ]),
        };

    public static IReadOnlyList<Model> All =>
        [Pair, Ranked, Trio, Sleepers, Siblings, Drivers, Schedulers, Traps, Mappers, Ports, Interrupted, Family];

    /// <summary>A model of threads given as (task, lthread, priority, quantum).</summary>
    public static Model Make(
        string name,
        Limits limits,
        uint sliceBound,
        params (uint Task, uint Lthread, uint Priority, uint Quantum)[] threads
    ) => Make(name, limits, sliceBound, Arguments.NoFiniteTimeouts, 1, threads);

    private static Model WithPager(Model model) =>
        model with
        {
            Threads = [model.Threads[0] with { Pager = model.Threads[1].Id }, .. model.Threads.Skip(1)],
        };

    private static Model Make(
        string name,
        Limits limits,
        uint sliceBound,
        uint[] timeouts,
        uint lthreads,
        params (uint Task, uint Lthread, uint Priority, uint Quantum)[] threads
    )
    {
        BootThread[] boot =
        [
            .. threads.Select(
                (thread, i) =>
                    new BootThread(
                        ThreadId.Make<Concrete>(4, thread.Task, thread.Lthread, 1).Value,
                        thread.Priority,
                        thread.Quantum,
                        0x10000 + 0x1000 * (uint)i,
                        0x20000 + 0x1000 * (uint)i
                    )
            ),
        ];
        return new(name, limits.Checked(), boot, Arguments.For(boot, timeouts, lthreads), sliceBound);
    }
}
