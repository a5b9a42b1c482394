using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// All invariants. The prover proves that every step preserves them; every other check evaluates them after every step.
/// </summary>
public static class Invariants<W>
    where W : struct, IWord<W>
{
    private static readonly W Nobody = State<W>.Nobody;

    public static readonly IReadOnlyList<Invariant<State<W>, W>> All =
    [
        Each("id-names-row", "an active thread's id has the task and lthread of its row, and a version", (s, t) =>
            Is(s, t, ThreadStatus.Inactive)
            | (
                (s.Row(s.Id[t]) == t)
                & (ThreadId.Task(s.Id[t]) < s.Limits.Tasks)
                & (ThreadId.Lthread(s.Id[t]) < s.Limits.Lthreads)
                & (ThreadId.Version(s.Id[t]) != 0)
            )
        ),
        Each("inactive-is-blank", "an inactive thread has no id, so that nothing can name it", (s, t) =>
            !Is(s, t, ThreadStatus.Inactive) | (s.Id[t] == ThreadId.Nil)
        ),
        Each("task-0-is-nobody", "task 0 does not exist: its threads are never active", (s, t) =>
            (t >= s.Limits.Lthreads) | Is(s, t, ThreadStatus.Inactive)
        ),
        Each("status-known", "the status is one of the ten", (s, t) => s.Status[t] <= ThreadStatus.Giving),
        Each(
            "partner-active",
            "the partner of a sender or closed receiver is in use, unless a deletion has just removed it",
            (s, t) =>
                !(HasPartner(s, t) | Is(s, t, ThreadStatus.Giving))
                | !Is(s, s.Partner[t], ThreadStatus.Inactive)
                | (HasPartner(s, t) & TaskInvariants<W>.MayWaitInVain(s, t))
        ),
        Each(
            "partner-blank",
            "a thread that does not wait for a particular thread has no partner, except a sender that it is accepting",
            (s, t) =>
                HasPartner(s, t)
                | Is(s, t, ThreadStatus.Giving)
                | Is(s, t, ThreadStatus.Mapping)
                | (s.Partner[t] == Nobody)
                | ((t == s.Current) & (s.Stage == Stages.Accept))
        ),
        Each(
            "sender-names-partner",
            "a waiting sender's partner is another thread; ESI still names it, unless the message reports an exception",
            (s, t) =>
                !(Is(s, t, ThreadStatus.Sending) | Is(s, t, ThreadStatus.Giving))
                | (
                    (s.Partner[t] != t)
                    & (
                        (s.Faulting[t] == 1)
                        | (s.Esi[t] == s.Id[s.Partner[t]])
                        | Is(s, s.Partner[t], ThreadStatus.Inactive)
                    )
                )
        ),
        One(
            "heir-is-ready",
            "an heir exists only in the stages after a send phase; it is another thread, and it is ready",
            s =>
                (s.Heir == Nobody)
                | (
                    (s.Stage >= Stages.Receive)
                    & (s.Heir != s.Current)
                    & (Is(s, s.Heir, ThreadStatus.Ready) | Is(s, s.Heir, ThreadStatus.Mapping))
                )
        ),
        One("accepted-is-sending", "in stage accept, the current thread's partner is waiting to send to it", s =>
            (s.Stage != Stages.Accept) | s.SendsTo(s.Partner[s.Current], s.Current)
        ),
        Each("rows-in-range", "partner and cursor are rows of the thread table", (s, t) =>
            (s.Partner[t] < s.Limits.Threads) & (s.Served[t] < s.Limits.Threads)
        ),
        Each("priority-in-range", "priorities are rows of the priority table", (s, t) =>
            s.Priority[t] < s.Limits.Priorities
        ),
        Each("mcp-in-range", "the highest priorities that threads may give are rows of the priority table", (s, t) =>
            s.Mcp[t] < s.Limits.Priorities
        ),
        Each(
            "slices-fit",
            "a time slice has at most 255 ticks or is infinite; it is infinite exactly if its length is",
            (s, t) =>
                (s.Quantum[t] <= ScheduleParam.Infinite)
                & (s.Slice[t] <= ScheduleParam.Infinite)
                & ((s.Slice[t] == ScheduleParam.Infinite) == (s.Quantum[t] == ScheduleParam.Infinite))
        ),
        Each(
            "has-time-or-length-0",
            "a thread without time has slice length 0, or is the current thread while a tick ends",
            (s, t) =>
                Is(s, t, ThreadStatus.Inactive)
                | s.HasTime(t)
                | (s.Quantum[t] == 0)
                | ((t == s.Current) & (s.Stage == Stages.Wake))
        ),
        Each("timed-waits", "only a waiting thread has a deadline", (s, t) =>
            (s.Timed[t] == 0) | HasPartner(s, t) | Is(s, t, ThreadStatus.ReceivingAny) | Is(s, t, ThreadStatus.Sleeping)
        ),
        Each("faulting-waits", "an exception is reported and answered without timeouts", (s, t) =>
            (s.Faulting[t] == 0)
            | ((HasPartner(s, t) | (Is(s, t, ThreadStatus.Mapping) & (s.Partner[t] != Nobody))) & (s.Timed[t] == 0))
        ),
        Each(
            "giver-and-taker",
            "a giver and the thread that maps its item are partners of two tasks; the mapper has a window or a fault",
            (s, t) =>
                (!Is(s, t, ThreadStatus.Giving) | ((s.Faulting[t] == 0) & Takes(s, s.Partner[t], t)))
                & (
                    !Is(s, t, ThreadStatus.Mapping)
                    | (s.Partner[t] == Nobody)
                    | (Takes(s, t, s.Partner[t]) & Is(s, s.Partner[t], ThreadStatus.Giving))
                )
        ),
        Each(
            "deadline-ahead",
            "no deadline has passed; during a tick, a thread whose deadline is now has not been examined yet",
            (s, t) =>
                (s.Timed[t] == 0)
                | (s.Deadline[t] - s.Clock - 1 < Timeouts.MostTicks)
                | ((s.Deadline[t] == s.Clock) & (s.Stage == Stages.Wake) & (t > s.Examined))
        ),
        Each("flags-are-user", "a thread's EFLAGS give it no privilege and keep interrupts on", (s, t) =>
            Is(s, t, ThreadStatus.Inactive) | Flags.AreUser(s.Eflags[t])
        ),
        Each("eip-in-space", "a thread's EIP is in its large space, so that IRET can return there", (s, t) =>
            Is(s, t, ThreadStatus.Inactive) | (s.Eip[t] <= UserSpace.Last)
        ),
        Both(
            "no-missed-rendezvous",
            "no thread waits to send to a thread that waits for its message",
            (s, sender, receiver) => !(s.SendsTo(sender, receiver) & s.WaitsFor(receiver, sender))
        ),
        Each("idle-only-without-work", "the processor idles only while no ready thread has time", (s, t) =>
            (s.Stage != Stages.Idle) | !s.IsReady(t) | !s.HasTime(t)
        ),
        One(
            "current-fits-stage",
            "the current thread fits the stage: user: ready; receive, accept: resuming; map: mapping; idle: nobody; "
                + "wake: nobody, ready or mapping; other stages: not resuming",
            s =>
                W.Select(
                    s.Stage == Stages.User,
                    Word(Is(s, s.Current, ThreadStatus.Ready)),
                    W.Select(
                        (s.Stage == Stages.Receive) | (s.Stage == Stages.Accept),
                        Word(Is(s, s.Current, ThreadStatus.Resuming)),
                        W.Select(
                            s.Stage == Stages.Idle,
                            Word(s.Current == Nobody),
                            W.Select(
                                s.Stage == Stages.Map,
                                Word(Is(s, s.Current, ThreadStatus.Mapping)),
                                W.Select(
                                    s.Stage == Stages.Wake,
                                    Word(
                                        (s.Current == Nobody)
                                            | Is(s, s.Current, ThreadStatus.Ready)
                                            | Is(s, s.Current, ThreadStatus.Mapping)
                                    ),
                                    Word(!Is(s, s.Current, ThreadStatus.Resuming))
                                )
                            )
                        )
                    )
                ) == 1
        ),
        One(
            "current-in-range",
            "the current thread, its heir and the last examined thread are rows of the thread table",
            s => (s.Current < s.Limits.Threads) & (s.Heir < s.Limits.Threads) & (s.Examined < s.Limits.Threads)
        ),
        new(
            "picked-in-range",
            "the scheduler's cursors are rows of the thread table",
            Table.Priority,
            false,
            (s, p, _) => s.Picked[p] < s.Limits.Threads
        ),
        .. InterruptInvariants<W>.All,
        .. MappingInvariants<W>.All,
        .. TaskInvariants<W>.All.Select(invariant => invariant with { IsApart = true }),
    ];

    private static Invariant<State<W>, W> Each(string name, string why, Func<State<W>, W, Truth> holds) =>
        new(name, why, Table.Thread, false, (s, t, _) => holds(s, t));

    private static Invariant<State<W>, W> Both(string name, string why, Func<State<W>, W, W, Truth> holds) =>
        new(name, why, Table.Thread, true, holds);

    private static Invariant<State<W>, W> One(string name, string why, Func<State<W>, Truth> holds) =>
        new(name, why, Table.Processor, false, (s, _, _) => holds(s));

    private static Truth Is(State<W> s, W thread, uint status) => s.Status[thread] == status;

    private static Truth HasPartner(State<W> s, W thread) =>
        Is(s, thread, ThreadStatus.Sending) | Is(s, thread, ThreadStatus.ReceivingFrom);

    private static Truth Takes(State<W> s, W thread, W giver) =>
        Is(s, thread, ThreadStatus.Mapping)
        & (s.Partner[thread] == giver)
        & (s.Partner[giver] == thread)
        & (s.Task(thread) != s.Task(giver))
        & (s.Task(thread) != Mappings<W>.Sigma0)
        & ((s.Faulting[thread] == 1) | HasBegun(s, thread) | Descriptor.IsWindow(s.Ebp[thread]));

    private static Truth HasBegun(State<W> s, W mapper) =>
        (s.Mappings.Operation != Operations.None) & (s.Mappings.Owner == mapper);

    private static W Word(Truth truth) => W.Select(truth, 1, 0);
}
