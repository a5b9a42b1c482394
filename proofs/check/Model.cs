using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>A kernel small enough to visit every state of, and what its threads may do.</summary>
/// <param name="Name">How reports and the command call it.</param>
/// <param name="Limits">Sizes of the tables.</param>
/// <param name="Threads">The threads that exist at boot.</param>
/// <param name="Arguments">What system calls are tried with.</param>
/// <param name="SliceBound">
/// States with a longer time slice than this are counted but not expanded: thread_switch adds slices up, so that
/// without a bound each thread has 255.
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
    ];

    private readonly IReadOnlyList<string> _never = [];

    /// <summary>Ticks of the longest finite timeout among the arguments; 0 where there is none.</summary>
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
    /// Names in <see cref="Sometimes.All"/> of what cannot happen with so few threads or priorities, and then must not.
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

    /// <summary>The entries that users are tried with beyond those that every model has.</summary>
    public IReadOnlyList<Entry> Also { get; init; } = [];

    /// <summary>The entries that every model has but this one.</summary>
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
    /// Ids of the interrupts that may come: by default one that nobody handles, as a spurious interrupt.
    /// </summary>
    public IReadOnlyList<uint> Interrupts { get; init; } = [8];

    /// <summary>Whether its threads may handle them.</summary>
    public bool Handles =>
        Arranged(s => Interrupts.Any(id => s.Handler[id].Value != State<Concrete>.Nobody))
        || Interrupts.Any(Arguments.Values[Arguments.Index(nameof(State<Concrete>.Esi))].Contains);

    /// <summary>How many of the first frames are σ0's, but for frame 0; where there are none, nobody maps.</summary>
    public uint Sigma0Frames { get; init; }

    /// <summary>What is mapped at boot.</summary>
    public IReadOnlyList<BootMapping> Mapped { get; init; } = [];

    /// <summary>What else is not as the kernel's boot makes it.</summary>
    public Action<State<Concrete>> Arrange { get; init; } = _ => { };

    /// <summary>Whether its threads map pages. Its page tables need not be of the processor's size.</summary>
    public bool Maps => Sigma0Frames != 0;

    /// <summary>Whether its threads create and delete tasks.</summary>
    public bool Creates => Also.Contains(Entry.TaskNew);

    /// <summary>Tasks that do not exist at boot, and whose first thread may.</summary>
    public IReadOnlyList<uint> Later { get; init; } = [];

    /// <summary>
    /// The versions that tasks may come to have beside those of boot. States with any other are counted but not
    /// expanded: a task has one after the other of 1,023.
    /// </summary>
    public IReadOnlyList<uint> Versions { get; init; } = [];

    /// <summary>Whether the kernel's steps on mappings are interrupted.</summary>
    public bool IsInterrupted => Maps && !Without.Contains(Entry.Tick);

    /// <summary>Thread numbers of those that exist, at boot or later.</summary>
    public IReadOnlyList<uint> Rows =>
        [
            .. Threads.Select(thread => ThreadId.Row<Concrete>(thread.Id, Limits).Value),
            .. Later.Select(task => task * Limits.Lthreads),
        ];

    /// <summary>
    /// The same at the sizes of page tables that an image has; null where it would be another, as there are ports at
    /// their pages of the numbers in fpages, or take long: a deletion looks at every page of a page table, and each
    /// state with more mappings has all of them to look at.
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
    /// Whether a value that the model has no bits for is beyond a bound that it has, and not a defect.
    /// </summary>
    public bool IsBeyond(string column, uint value) =>
        (column == nameof(State<Concrete>.Slice) && value is > 0 and <= ScheduleParam.MostTicks)
        || (column == nameof(Mappings<Concrete>.Version) && Creates && value is > 0 and <= ThreadId.LastVersion);

    /// <summary>
    /// Own steps of the kernel to a user or idle: 9 per thread and for nobody (<see cref="Rank{W}"/>); and an operation
    /// of each thread that maps, which has per page a page table to add, at most every mapping to take away or make
    /// read-only, both with a beginning and an end, and the page itself; or that deletes, which looks at tasks as often
    /// as one more is found, at threads twice, and at the pages of every page table.
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
