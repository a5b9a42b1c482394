using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>A kernel small enough to visit every state, and the possible actions of its threads.</summary>
/// <param name="Name">Its name in reports and on the command line.</param>
/// <param name="Limits">Sizes of the tables.</param>
/// <param name="Threads">The threads that exist at boot.</param>
/// <param name="Arguments">The arguments that system calls are tried with.</param>
/// <param name="SliceBound">
/// States with a longer time slice than this are counted but not expanded. thread_switch adds up slices, so without a
/// bound each thread can have 255.
/// </param>
public sealed partial record Model(
    string Name,
    Limits Limits,
    IReadOnlyList<BootThread> Threads,
    Arguments Arguments,
    uint SliceBound
)
{
    private static readonly Entry[] Optional =
    [
        Entry.Protection,
        Entry.Outgrow,
        Entry.ThreadSchedule,
        Entry.LthreadExRegs,
        Entry.TaskNew,
        Entry.ExchangeTrap,
        Entry.Trap,
    ];

    private readonly IReadOnlyList<string> _never = [];

    /// <summary>Ticks of the longest finite timeout among the arguments; 0 if there is none.</summary>
    public uint MostTicks { get; } =
        Arguments
            .Values[Arguments.Index(nameof(State<Concrete>.Ecx))]
            .Max(timeouts =>
                Math.Max(
                    Timeouts.SendIsInfinite((Concrete)timeouts).Known || Timeouts.SendIsZero((Concrete)timeouts).Known
                        ? 0
                        : Timeouts.SendTicks((Concrete)timeouts).Value,
                    Timeouts.ReceiveIsInfinite((Concrete)timeouts).Known
                    || Timeouts.ReceiveIsZero((Concrete)timeouts).Known
                        ? 0
                        : Timeouts.ReceiveTicks((Concrete)timeouts).Value
                )
            );

    /// <summary>
    /// Names in <see cref="Sometimes.All"/> of events that cannot happen with so few threads or priorities, and must
    /// not happen.
    /// </summary>
    public IReadOnlyList<string> Never
    {
        get =>
            [
                .. Optional.Except(Also).Union(Without).Select(entry => $"entry {entry}"),
                .. Names(Sometimes.OfInterrupts, Handles),
                .. Names(Sometimes.OfScheduling, Also.Contains(Entry.ThreadSchedule)),
                .. Names(Sometimes.OfDonatedTime, Lengths.Contains(0u)),
                .. Names(Sometimes.OfPreempters, HasPreempters),
                .. Names(Sometimes.OfTasks, Creates),
                .. Names(Sometimes.OfPorts, Limits.Paging.Ports != 0),
                .. Names(Sometimes.BetweenSteps, IsInterrupted),
                .. _never,
            ];
        init => _never = value;
    }

    /// <summary>The entries that users are tried with, beyond those of every model.</summary>
    public IReadOnlyList<Entry> Also { get; init; } = [];

    /// <summary>The entries that every other model has, but not this one.</summary>
    public IReadOnlyList<Entry> Without { get; init; } = [];

    /// <summary>The lengths of time slices that its threads may set.</summary>
    public IReadOnlyList<uint> Lengths =>
        !Also.Contains(Entry.ThreadSchedule)
            ? []
            :
            [
                .. Arguments
                    .In(Entry.ThreadSchedule, nameof(State<Concrete>.Eax))
                    .Where(param => param != ThreadId.Invalid)
                    .Select(param => ScheduleParam.Ticks((Concrete)param).Value),
            ];

    /// <summary>
    /// Ids of the interrupts that may come. The default is an interrupt without a handler, as a spurious interrupt.
    /// </summary>
    public IReadOnlyList<uint> Interrupts { get; init; } = [8];

    /// <summary>Whether its threads may handle them.</summary>
    public bool Handles =>
        Arranged(s => Interrupts.Any(id => s.Handler[id].Value != State<Concrete>.Nobody))
        || Interrupts.Any(Arguments.Values[Arguments.Index(nameof(State<Concrete>.Esi))].Contains);

    /// <summary>The number of first frames that belong to σ0, without frame 0. If it is 0, no thread maps.</summary>
    public uint Sigma0Frames { get; init; }

    /// <summary>The mappings at boot.</summary>
    public IReadOnlyList<BootMapping> Mapped { get; init; } = [];

    /// <summary>Other differences from the state that the kernel's boot makes.</summary>
    public Action<State<Concrete>> Arrange { get; init; } = _ => { };

    /// <summary>Whether its threads map pages. Its page tables need not have the processor's size.</summary>
    public bool Maps => Sigma0Frames != 0;

    /// <summary>Whether its threads create and delete tasks.</summary>
    public bool Creates => Also.Contains(Entry.TaskNew);

    /// <summary>Tasks that do not exist at boot, and whose first thread may.</summary>
    public IReadOnlyList<uint> Later { get; init; } = [];

    /// <summary>
    /// The versions that tasks may reach, beside those of boot. States with any other version are counted but not
    /// expanded, because a task goes through 1,023 versions.
    /// </summary>
    public IReadOnlyList<uint> Versions { get; init; } = [];

    /// <summary>Whether the kernel's steps on mappings are interrupted.</summary>
    public bool IsInterrupted => Maps && !Without.Contains(Entry.Tick);

    /// <summary>Thread numbers of all threads, existing at boot or later.</summary>
    public IReadOnlyList<uint> Rows =>
        [
            .. Threads.Select(thread => ThreadId.Row<Concrete>(thread.Id, Limits).Value),
            .. Later.Select(task => task * Limits.Lthreads),
        ];

    /// <summary>
    /// The same model with the page-table sizes of an image; null if there is no such model:
    /// <list>
    /// <item>Ports would be at other pages, because fpages name them by number.</item>
    /// <item>Deletions would take too long, because a deletion looks at every page of a page table.</item>
    /// <item>More mappings would take too long, because every state has all of them to look at.</item>
    /// </list>
    /// </summary>
    public Model? OnImage =>
        !Maps ? this
        : !IsInterrupted || Creates ? null
        : this with
        {
            Limits = Limits with
            {
                Paging = Limits.Paging with { Entries = Paging.Small.Entries, Slots = Paging.Small.Slots },
            },
        };

    private bool HasPreempters => Arranged(s => Rows.Any(row => s.Preempter[row].Value != ThreadId.Nil));

    /// <summary>The boot state.</summary>
    public State<Concrete> Initial()
    {
        var state = Boot.Initial(Limits, Threads, frame => frame <= Sigma0Frames, Mapped);
        Arrange(state);
        return state;
    }

    /// <summary>
    /// True if a value without bits in the model is beyond one of the model's bounds, and not a defect.
    /// </summary>
    public bool IsBeyond(string column, uint value) =>
        (column == nameof(State<Concrete>.Slice) && value is > 0 and <= ScheduleParam.MostTicks)
        || (column == nameof(Mappings<Concrete>.Version) && Creates && value is > 0 and <= ThreadId.LastVersion);

    /// <summary>
    /// The most own steps of the kernel up to a user or idle state. There are 9 for each thread and for row 0
    /// (<see cref="Rank{W}"/>), and the steps of operations. An operation of a thread that maps has, per page:
    /// <list>
    /// <item>A page table to add.</item>
    /// <item>At most every mapping to take away or make read-only, each with a beginning and an end.</item>
    /// <item>The page itself.</item>
    /// </list>
    /// A deletion looks at all tasks once for each task that it finds, at threads twice, and at the pages of every page
    /// table.
    /// </summary>
    public uint MostOwnSteps =>
        (uint)(Rows.Count + 1)
        * (
            9
            + (Maps ? Limits.Paging.Pages * (2 * Limits.Paging.Nodes + 4) + 2 : 0)
            + (
                Creates
                    ? (Limits.Tasks + 2) * Limits.Tasks
                        + 2 * Limits.Threads
                        + Limits.Paging.Tables * (Limits.Paging.Entries * (Limits.Paging.Nodes + 3) + 2)
                        + 1
                    : 0
            )
        );

    private bool Arranged(Func<State<Concrete>, bool> holds) => holds(Initial());

    private static IEnumerable<string> Names(IReadOnlyList<Sometimes> sometimes, bool happen) =>
        happen ? [] : sometimes.Select(each => each.Name);
}
