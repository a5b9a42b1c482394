using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>A kernel small enough to visit every state of, and what its threads may do.</summary>
/// <param name="Name">How reports and the command call it.</param>
/// <param name="Limits">Sizes of the tables.</param>
/// <param name="Threads">The threads that exist.</param>
/// <param name="Arguments">What system calls are tried with.</param>
/// <param name="SliceBound">
/// States with a longer time slice than this are counted but not expanded: thread_switch adds slices up, so that without a
/// bound each thread has 255.
/// </param>
public sealed record Model(
    string Name, Limits Limits, IReadOnlyList<BootThread> Threads, Arguments Arguments, uint SliceBound)
{
    /// <summary>Ticks of the longest finite timeout among the arguments; 0 where there is none.</summary>
    public uint MostTicks { get; } = Arguments.Values[Arguments.Index(nameof(State<Concrete>.Ecx))].Max(timeouts => Math.Max(
        Timeouts.SendIsInfinite((Concrete)timeouts).Known || Timeouts.SendIsZero((Concrete)timeouts).Known ? 0 : Timeouts.SendTicks((Concrete)timeouts).Value,
        Timeouts.ReceiveIsInfinite((Concrete)timeouts).Known || Timeouts.ReceiveIsZero((Concrete)timeouts).Known ? 0 : Timeouts.ReceiveTicks((Concrete)timeouts).Value));

    /// <summary>Names in <see cref="Sometimes.All"/> of what cannot happen with so few threads or priorities, and then must not.</summary>
    public IReadOnlyList<string> Never
    {
        get => [.. Optional.Except(Also).Union(Without).Select(entry => $"entry {entry}"), .. Handles ? [] : Sometimes.OfInterrupts.Select(sometimes => sometimes.Name), .. _never];
        init => _never = value;
    }

    /// <summary>The entries that users are tried with beyond those that every model has.</summary>
    public IReadOnlyList<Entry> Also { get; init; } = [];

    /// <summary>The entries that every model has but this one.</summary>
    public IReadOnlyList<Entry> Without { get; init; } = [];

    /// <summary>Ids of the interrupts that may come: by default one that nobody handles, as a spurious interrupt.</summary>
    public IReadOnlyList<uint> Interrupts { get; init; } = [8];

    /// <summary>Whether its threads may handle them.</summary>
    public bool Handles => Interrupts.Any(Arguments.Values[Arguments.Index(nameof(State<Concrete>.Esi))].Contains);

    /// <summary>How many of the first frames are σ0's, but for frame 0; where there are none, nobody maps.</summary>
    public uint Sigma0Frames { get; init; }

    /// <summary>What is mapped at boot.</summary>
    public IReadOnlyList<BootMapping> Mapped { get; init; } = [];

    /// <summary>Whether its threads map pages. Its page tables need not be of the processor's size.</summary>
    public bool Maps => Sigma0Frames != 0;

    /// <summary>The boot state.</summary>
    public State<Concrete> Initial() => Boot.Initial(Limits, Threads, frame => frame <= Sigma0Frames, Mapped);

    /// <summary>
    /// Own steps of the kernel to a user or idle: 9 per thread and for nobody (<see cref="Rank{W}"/>); and an operation of each thread that maps, which has
    /// per page a page table to add, at most every mapping to take away or make read-only, both with a beginning and an end, and the page itself.
    /// </summary>
    public uint MostOwnSteps => (uint)(Threads.Count + 1) * (9 + (Maps ? Limits.Paging.Pages * (2 * Limits.Paging.Nodes + 4) + 2 : 0));

    private static readonly Entry[] Optional = [Entry.Protection, Entry.Outgrow, Entry.ThreadSchedule, Entry.LthreadExRegs, Entry.TaskNew];

    private readonly IReadOnlyList<string> _never = [];

    // It takes three for a thread to be accepted from and then find another sender waiting.
    private static readonly string[] WithTwo = [Sometimes.PutOff];
    private static readonly string[] WithoutPagers = [Sometimes.Reported, Sometimes.ReportedLater, Sometimes.Answered];
    // The models' threads have no mappings, and ask for none.
    private static readonly string[] WithoutMappings =
        ["entry FpageUnmap", "entry Map", "stage map", "thread mapping", "thread giving", .. Sometimes.OfMappings.Select(sometimes => sometimes.Name)];
    private const string Preemption = "preemption by a woken thread";
    private static readonly string[] WithoutDeadlines = ["a deadline ends a send", "a deadline ends a receive", "a deadline of another round"];

    // 1 and 2 ms: deadlines two and three ticks ahead.
    private static readonly uint[] Finite =
    [
        Timeouts.Infinite,
        Timeouts.Word(Timeouts.Encode(1000), Timeouts.Encode(2000)),
        Timeouts.Word(Timeouts.Encode(2000), Timeouts.Encode(0)),
    ];

    /// <summary>Two threads of one priority.</summary>
    public static readonly Model Pair = Make("pair", new(4, 1, 2), 3, (1, 0, 1, 2), (2, 0, 1, 1)) with { Never = [Preemption, .. WithoutPagers, .. WithTwo, .. WithoutDeadlines, .. WithoutMappings] };

    /// <summary>Two threads, the second of which preempts the first and is its pager.</summary>
    public static readonly Model Ranked = WithPager(Make("ranked", new(4, 1, 2), 3, (1, 0, 0, 2), (2, 0, 1, 1)))
        with
    { Never = [.. WithTwo, .. WithoutDeadlines, .. WithoutMappings] };

    /// <summary>Three threads in two tasks, two of one priority below the third; slices of one tick, not added up.</summary>
    public static readonly Model Trio = Make("trio", new(4, 2, 2), 1, (1, 0, 0, 1), (1, 1, 0, 1), (2, 0, 1, 1))
        with
    { Never = [.. WithoutPagers, .. WithoutDeadlines, .. WithoutMappings] };

    /// <summary>Two threads, the second of which preempts the first, that wait with deadlines.</summary>
    public static readonly Model Sleepers = Make("sleepers", new(4, 1, 2), 2, Finite, 1, (1, 0, 0, 2), (2, 0, 1, 1))
        with
    { Never = [.. WithoutPagers, .. WithTwo, "a deadline of another round", .. WithoutMappings] };

    /// <summary>Two threads of a task that change each other, the second of which preempts the first.</summary>
    public static readonly Model Siblings = Make("siblings", new(2, 2, 2), 2, [Timeouts.Infinite], 2, (1, 0, 0, 1), (1, 1, 1, 2))
        with
    { Also = [Entry.LthreadExRegs], Never = ["code 20h, receive timeout", "code 30h, send timeout", .. WithTwo, .. WithoutDeadlines, .. WithoutMappings] };

    /// <summary>
    /// Three tasks, the second of them σ0 with two frames, whose threads map, grant and unmap pages of spaces of two small page tables. No
    /// time passes, and no sender waits: the other models have ticks and waiting senders. Few mappings and no page tables are left at boot.
    /// </summary>
    public static readonly Model Mappers = new(
        "mappers", new Limits(4, 1, 2) { Paging = new(4, 8, 4) { Entries = 4, Slots = 2 } },
        [.. new uint[] { 1, 2, 3 }.Select(task => new BootThread(ThreadId.Make<Concrete>(4, task, 0, 1).Value, task / 3, 1, 0x10000, 0x20000))],
        new(
        [
            [Descriptor.None, 2],
            [0x10],
            [0x1000],
            [Page(1) | Fpage.Writable, Page(1) | Fpage.Grant, Page(2) | Fpage.Writable],
            [Page(1) | AnyWindow, Page(4) | AnyWindow],
            [.. new uint[] { 1, 2, 3 }.Select(task => ThreadId.Make<Concrete>(4, task, 0, 1).Value)],
            [3],
        ])
        {
            Unmap = [[Page(1)], [0, Fpage.Unmap | Fpage.Own], [3], [3], [0], [0], [3]],
        }, 1)
    {
        Sigma0Frames = 2,
        Mapped = [new(1, 0, 1, true), new(3, 0, 1, true), new(1, 2, 2, true)],
        Also = [Entry.FpageUnmap],
        Without = [Entry.Tick, Entry.ThreadSwitch, Entry.IdNearest, Entry.Interrupt, Entry.PageFault, Entry.Exception],
        Never =
        [
            "entry Accept", "entry Wake", "stage wake", "stage accept", "thread sending", "thread receiving-from", "thread sleeping", "thread stopped",
            "code 20h, receive timeout", "code E0h, receive cut", "code F0h, send cut", "time slice used up", "time slice donated", "tick while idle",
            .. WithoutPagers, .. WithTwo, .. WithoutDeadlines,
        ],
    };

    /// <summary>Two threads, the second of which preempts the first, that both want the same two interrupts.</summary>
    public static readonly Model Drivers = Make("drivers", new(4, 1, 2), 2, [Timeouts.Infinite, Timeouts.ZeroReceiveOnly], 1, (1, 0, 0, 1), (2, 0, 1, 1))
        .WithInterrupts(5, 16) with
    { Never = ["code 30h, send timeout", .. WithoutPagers, .. WithoutDeadlines, .. WithoutMappings] };

    private Model WithInterrupts(params uint[] ids) => this with
    {
        Interrupts = ids,
        Arguments = new([.. Arguments.Values.Select((values, i) => i == Arguments.Index(nameof(State<Concrete>.Esi)) ? [.. values, .. ids] : values)]),
    };

    // A window for map items from anyone.
    private const uint AnyWindow = 3;

    private static uint Page(uint number) => number << 12 | 12 << 2;

    public static readonly IReadOnlyList<Model> All = [Pair, Ranked, Trio, Sleepers, Siblings, Drivers, Mappers];

    /// <summary>A model of threads given as (task, lthread, priority, quantum).</summary>
    public static Model Make(
        string name, Limits limits, uint sliceBound, params (uint Task, uint Lthread, uint Priority, uint Quantum)[] threads) =>
        Make(name, limits, sliceBound, Arguments.NoFiniteTimeouts, 1, threads);

    private static Model WithPager(Model model) => model with
    {
        Threads = [model.Threads[0] with { Pager = model.Threads[1].Id }, .. model.Threads.Skip(1)],
    };

    private static Model Make(
        string name, Limits limits, uint sliceBound, uint[] timeouts, uint lthreads, params (uint Task, uint Lthread, uint Priority, uint Quantum)[] threads)
    {
        BootThread[] boot = [.. threads.Select((thread, i) => new BootThread(
            ThreadId.Make<Concrete>(4, thread.Task, thread.Lthread, 1).Value,
            thread.Priority, thread.Quantum, 0x10000 + 0x1000 * (uint)i, 0x20000 + 0x1000 * (uint)i))];
        return new(name, limits.Checked(), boot, Arguments.For(boot, timeouts, lthreads), sliceBound);
    }
}
