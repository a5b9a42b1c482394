using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// A state that an invariant must exclude. Proofs and searches show that the invariants hold, but weaker invariants
/// would hold, too. These states show that each part of each invariant still excludes what it should.
/// </summary>
/// <param name="Invariant">The invariant's name.</param>
/// <param name="Damage">
/// Makes the state from a state in which three threads are ready and the scheduler is about to pick.
/// </param>
public sealed record Excluded(string Invariant, Action<State<Concrete>> Damage)
{
    private static readonly Limits Small = new(4, 2, 2) { Paging = new(4, 16, 8) { Ports = 1 } };

    // Rows of existing threads; Absent is different from all of them, and Beyond is not a row.
    private const uint First = 2,
        Second = 3,
        Third = 4,
        Absent = 5,
        Beyond = 8;

    public static readonly IReadOnlyList<Excluded> All =
    [
        new("id-names-row", s => s.Id[First] = s.Id[Second]),
        new("id-names-row", s => s.Id[First] += Small.Tasks << 16),
        new("id-names-row", s => s.Id[First] += Small.Lthreads << 10),
        new("id-names-row", s => s.Id[First] -= 1),
        new("inactive-is-blank", s => s.Id[Absent] = ThreadId.Make<Concrete>(4, 2, 1, 1)),
        new("task-0-is-nobody", s => s.Status[1] = ThreadStatus.Ready),
        new("status-known", s => s.Status[First] = ThreadStatus.Giving + 1),
        new("partner-active", s => Pair(s, First, ThreadStatus.Sending, Absent)),
        new("partner-active", s => Pair(s, First, ThreadStatus.ReceivingFrom, Absent)),
        new("partner-blank", s => Pair(s, First, ThreadStatus.Ready, Second)),
        new("partner-blank", s => Pair(s, First, ThreadStatus.ReceivingAny, Second)),
        new("partner-blank", s => s.Partner[Absent] = Second),
        new("sender-names-partner", s =>
        {
            Pair(s, First, ThreadStatus.Sending, Second);
            s.Esi[First] = s.Id[Third];
        }),
        new("sender-names-partner", s => Pair(s, First, ThreadStatus.Sending, First)),
        new("sender-names-partner", s =>
        {
            Pair(s, First, ThreadStatus.Sending, First);
            s.Faulting[First] = 1;
        }),
        new("partner-blank", s =>
        {
            Pair(s, First, ThreadStatus.Resuming, Second);
            (s.Stage, s.Current) = (Stages.Accept, Third);
        }),
        new("heir-is-ready", s => Inherit(s, Stages.Pick, Second)),
        new("heir-is-ready", s => Inherit(s, Stages.Wake, Second)),
        new("heir-is-ready", s => Inherit(s, Stages.Receive, Absent)),
        new("heir-is-ready", s => Inherit(s, Stages.Leave, First)),
        new("heir-is-ready", s =>
        {
            Inherit(s, Stages.Accept, Second);
            s.Status[Second] = ThreadStatus.Resuming;
        }),
        new("accepted-is-sending", s => Accept(s, Second)),
        new("accepted-is-sending", s =>
        {
            Accept(s, Second);
            Pair(s, Second, ThreadStatus.Sending, Third);
        }),
        new("rows-in-range", s => s.Partner[First] = Beyond),
        new("rows-in-range", s => s.Served[First] = Beyond),
        new("priority-in-range", s => s.Priority[First] = Small.Priorities),
        new("mcp-in-range", s => s.Mcp[First] = Small.Priorities),
        new("slices-fit", s => s.Slice[First] = ScheduleParam.Infinite),
        new("slices-fit", s => s.Quantum[First] = ScheduleParam.Infinite),
        new("slices-fit", s => s.Slice[First] = s.Quantum[First] = ScheduleParam.Infinite + 1),
        new("slices-fit", s => s.Slice[First] = ScheduleParam.Infinite + 1),
        new("slices-fit", s => s.Quantum[First] = ScheduleParam.Infinite + 1),
        new("has-time-or-length-0", s => s.Slice[First] = 0),
        new("has-time-or-length-0", s =>
        {
            s.Stage = Stages.Wake;
            s.Slice[First] = 0;
        }),
        new("giver-and-taker", s => Pair(s, First, ThreadStatus.Giving, Third)),
        new("giver-and-taker", s => Give(s, First, Second)),
        new("giver-and-taker", s =>
        {
            Give(s, First, Third);
            s.Partner[Third] = Second;
        }),
        new("giver-and-taker", s =>
        {
            Give(s, First, Third);
            s.Faulting[First] = 1;
        }),
        new("giver-and-taker", s => Pair(s, First, ThreadStatus.Mapping, Third)),
        new("giver-and-taker", s =>
        {
            Give(s, First, Third);
            s.Ebp[Third] = 2;
        }),
        new("timed-waits", s => Due(s, First, ThreadStatus.Ready, 1)),
        new("timed-waits", s => s.Timed[Absent] = s.Deadline[Absent] = 1),
        new("faulting-waits", s => s.Faulting[First] = 1),
        new("faulting-waits", s =>
        {
            s.Status[First] = ThreadStatus.ReceivingAny;
            s.Faulting[First] = 1;
        }),
        new("faulting-waits", s =>
        {
            Pair(s, First, ThreadStatus.ReceivingFrom, Second);
            Due(s, First, ThreadStatus.ReceivingFrom, 1);
            s.Faulting[First] = 1;
        }),
        new("deadline-ahead", s => Due(s, First, ThreadStatus.ReceivingAny, 0)),
        new("deadline-ahead", s => Due(s, First, ThreadStatus.ReceivingAny, uint.MaxValue)),
        new("deadline-ahead", s =>
        {
            Due(s, First, ThreadStatus.ReceivingAny, 0);
            s.Stage = Stages.Wake;
            s.Examined = First;
        }),
        new("flags-are-user", s => s.Eflags[First] = 0x00000002),
        new("flags-are-user", s => s.Eflags[First] = 0x00003202),
        new("eip-in-space", s => s.Eip[First] = UserSpace.Last + 1),
        new("no-missed-rendezvous", s =>
        {
            Pair(s, First, ThreadStatus.Sending, Second);
            s.Status[Second] = ThreadStatus.ReceivingAny;
        }),
        new("no-missed-rendezvous", s =>
        {
            Pair(s, First, ThreadStatus.Sending, Second);
            Pair(s, Second, ThreadStatus.ReceivingFrom, First);
        }),
        new("idle-only-without-work", s => s.Stage = Stages.Idle),
        new("idle-only-without-work", s =>
        {
            s.Stage = Stages.Idle;
            foreach (var row in (uint[])[First, Second, Third])
                s.Status[row] = ThreadStatus.Resuming;
        }),
        new("current-fits-stage", s => s.Stage = Stages.User),
        new("current-fits-stage", s => Run(s, Stages.User, ThreadStatus.Resuming)),
        new("current-fits-stage", s => Run(s, Stages.User, ThreadStatus.ReceivingAny)),
        new("current-fits-stage", s => s.Stage = Stages.Receive),
        new("current-fits-stage", s => Run(s, Stages.Receive, ThreadStatus.Ready)),
        new("current-fits-stage", s => Run(s, Stages.Accept, ThreadStatus.Ready)),
        new("current-fits-stage", s => Run(s, Stages.Leave, ThreadStatus.Resuming)),
        new("current-fits-stage", s => Run(s, Stages.Idle, ThreadStatus.ReceivingAny)),
        new("current-fits-stage", s => Run(s, Stages.Pick, ThreadStatus.Resuming)),
        new("current-fits-stage", s => Run(s, Stages.Wake, ThreadStatus.ReceivingAny)),
        new("current-in-range", s => s.Current = Beyond),
        new("current-in-range", s => s.Examined = Beyond),
        new("current-in-range", s => s.Heir = Beyond),
        new("handler-handles", s => s.Handler[5] = First),
        new("handler-handles", s => Handle(s, Interrupts.Timer + 1, First)),
        new("handler-handles", s => Handle(s, Interrupts.Cascade + 1, First)),
        new("handler-handles", s => Handle(s, 5, Absent)),
        new("handled-has-handler", s => s.Handles[First] = 5),
        new("handled-has-handler", s => (s.Handler[5], s.Handles[First], s.Handles[Second]) = (First, 5, 5)),
        new("handler-handles", s => Handle(s, Interrupts.Lines + 1, First)),
        new("handled-has-handler", s => s.Handles[State<Concrete>.Nobody] = 5),
        new("handlers-in-range", s => s.Handler[5] = Beyond),
        new("pending-is-handled", s => s.Pending[5] = 1),
        new("pending-is-handled", s =>
        {
            Handle(s, 5, First);
            (s.Pending[5], s.Masked) = (1, s.Masked & ~(1u << 4));
        }),
        new("only-handled-fire", s => s.Masked &= ~(1u << 4)),
        new("only-handled-fire", s => s.Masked |= 1u << (int)Interrupts.Timer),
        new("only-handled-fire", s => s.Masked |= 1u << (int)Interrupts.Cascade),
        new("no-missed-interrupt", s =>
        {
            Handle(s, 5, First);
            s.Status[First] = ThreadStatus.ReceivingAny;
        }),
        new("no-missed-interrupt", s =>
        {
            Handle(s, 5, First);
            (s.Status[First], s.Esi[First]) = (ThreadStatus.Sleeping, 5);
        }),
        new("masks-in-range", s => s.Masked |= 1u << (int)Interrupts.Lines),
        new("picked-in-range", s => s.Picked[1] = Beyond),
        .. ExcludedMappings.All,
        .. ExcludedTasks.All,
    ];

    /// <summary>
    /// The reason why the check fails; null if it passes. An invariant fails if it is missing, excludes a good state,
    /// or accepts this state.
    /// </summary>
    public string? Failure()
    {
        if (Invariants<Concrete>.All.SingleOrDefault(invariant => invariant.Name == Invariant) is not { } found)
            return "there is no such invariant";
        var state = Ready();
        if (!Holds(found, state))
            return "excludes a state in which all threads are ready";
        Damage(state);
        return Holds(found, state) ? "lets pass a state that it must exclude" : null;
    }

    /// <summary>Invariants that fail, each with the reason, and invariants for which there is no state here.</summary>
    public static IReadOnlyList<(string Invariant, string Why)> Failures() =>
        [
            .. All.Select(
                    (excluded, i) =>
                        (excluded.Invariant, Why: excluded.Failure() is { } why ? $"{why}: case {i}" : null)
                )
                .Where(failure => failure.Why is not null)
                .Select(failure => (failure.Invariant, failure.Why!)),
            .. Invariants<Concrete>
                .All.Select(invariant => invariant.Name)
                .Except(All.Select(excluded => excluded.Invariant))
                .Select(name => (name, "no state tries it")),
        ];

    /// <summary>Three threads, all ready, the scheduler about to pick.</summary>
    private static State<Concrete> Ready() =>
        Boot.Initial(
            Small,
            [Thread(1, 0), Thread(1, 1), Thread(2, 0)],
            ExcludedMappings.IsSigma0s,
            ExcludedMappings.Maps
        );

    private static BootThread Thread(uint task, uint lthread) =>
        new(ThreadId.Make<Concrete>(4, task, lthread, 1).Value, Priority: 1, Quantum: 10, Eip: 0x10000, Esp: 0x20000);

    private static void Pair(State<Concrete> s, uint row, uint status, uint partner)
    {
        s.Status[row] = status;
        s.Partner[row] = partner;
        s.Esi[row] = s.Id[partner];
    }

    private static void Handle(State<Concrete> s, uint id, uint thread) =>
        (s.Handler[id], s.Handles[thread]) = (thread, id);

    private static void Give(State<Concrete> s, uint from, uint to)
    {
        Pair(s, from, ThreadStatus.Giving, to);
        Pair(s, to, ThreadStatus.Mapping, from);
        s.Ebp[to] = Fpage.Whole | 2;
    }

    private static void Due(State<Concrete> s, uint row, uint status, uint ticks)
    {
        s.Status[row] = status;
        s.Timed[row] = 1;
        s.Deadline[row] = s.Clock + ticks;
    }

    private static void Accept(State<Concrete> s, uint partner)
    {
        Run(s, Stages.Accept, ThreadStatus.Resuming);
        s.Partner[First] = partner;
    }

    private static void Inherit(State<Concrete> s, uint stage, uint heir) =>
        (s.Stage, s.Current, s.Heir) = (stage, First, heir);

    private static void Run(State<Concrete> s, uint stage, uint status)
    {
        (s.Stage, s.Current) = (stage, First);
        s.Status[First] = status;
    }

    private static bool Holds(Invariant<State<Concrete>, Concrete> invariant, State<Concrete> s)
    {
        for (var i = 0u; i < State<Concrete>.Rows(invariant.Over, s.Limits); i++)
        for (var j = 0u; j < (invariant.Pairs ? s.Limits.Threads : 1); j++)
            if (!invariant.Holds(s, i, j))
                return false;
        return true;
    }
}
