using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>
/// Time: ticks advance the clock. The processor goes to the highest priority and, within one priority, in turn. No
/// thread gets a higher priority than its giver may give. (Interface, sections 6, 7 and 10.)
/// </summary>
public static partial class Time<W>
    where W : struct, IWord<W>
{
    private const uint TickMicroseconds = 1000;

    // The value of a slice that ticks do not use up.
    private const uint Infinite = 256;

    public static readonly IReadOnlyList<Property<W>> All =
    [
        Property<W>.OfProcessor(
            "the-clock-counts-ticks",
            "10.1 18.5 18.6",
            "a tick advances the clock by one and the time by 1,000, and no other step does",
            Reading<W>.Every,
            (x, _, _) =>
                x.Entry == Entry.Tick
                    ? (x.After.Clock == x.Before.Clock + 1)
                        & (x.After.Time == x.Before.Time + TickMicroseconds)
                        & (x.After.TimeHigh == x.Before.TimeHigh + W.Select(x.After.Time < x.Before.Time, 1, 0))
                        & (x.After.Stage == Stages.Wake)
                    : (x.After.Clock == x.Before.Clock)
                        & (x.After.Time == x.Before.Time)
                        & (x.After.TimeHigh == x.Before.TimeHigh)
        ),
        Property<W>.OfThreads(
            "the-highest-priority-runs",
            "3.32 3.33 7.24 10.3 10.8",
            "after a choice of the kernel no ready thread has a higher priority than the current one",
            [Entry.Pick, Entry.Leave, Entry.Wake],
            (x, t, _) =>
                Reading<W>.Implies(HasProcessor(x.After) & Competes(x.After, t) & (t != x.After.Current), () =>
                    x.After.Priority[t] <= x.After.Priority[x.After.Current]
                )
        ),
        Property<W>.OfThreads(
            "nobody-ready-is-left-idle",
            "10.3 10.13",
            "the processor idles only if no thread competes",
            [Entry.Pick, Entry.Leave, Entry.Wake],
            (x, t, _) =>
                Reading<W>.Implies(x.After.Stage == Stages.Idle, () =>
                    !Competes(x.After, t) & (x.After.Current == Reading<W>.Nobody)
                )
        ),
        Property<W>.OfThreads(
            "threads-take-turns",
            "10.4",
            "among threads of one priority the scheduler picks the next one after the last it picked",
            [Entry.Pick],
            (x, t, _) =>
                Reading<W>.Implies((x.After.Stage != Stages.Idle) & Competes(x.Before, t) & (t != x.Me), () =>
                    TakesTurn(x, t)
                )
        ),
        Property<W>.OfThreads(
            "the-picked-thread-is-ready",
            "10.3",
            "the scheduler gives the processor to a thread that is ready",
            [Entry.Pick],
            (x, t, _) =>
                Reading<W>.Implies((x.After.Stage != Stages.Idle) & (t == x.After.Current), () =>
                    Competes(x.Before, t)
                    & IsAt(x.After, t)
                    & Reading<W>.Implies(t != x.Me, () => x.After.Picked[x.Before.Priority[t]] == t)
                )
        ),
        new(
            "turns-are-kept",
            "10.4",
            "only the scheduler advances a priority's turn",
            Table.Priority,
            Reading<W>.Every,
            (x, p, _) =>
                (x.After.Picked[p] == x.Before.Picked[p])
                | (
                    x.Entry == Entry.Pick
                        ? (x.After.Picked[p] == x.After.Current) & (x.Before.Priority[x.After.Current] == p)
                        : false
                )
        )
        {
            Keeps = true,
        },
        Property<W>.OfThreads(
            "senders-take-turns",
            "3.30 3.31",
            "an open receive takes the next sender after the one it took last",
            [Entry.Receive],
            (x, t, _) =>
                Reading<W>.Implies(
                    (x.After.Stage == Stages.Accept)
                        & ReceivePart<W>.IsOpen(x, x.Me)
                        & Reading<W>.Sends(x.Before, t, x.Me),
                    () =>
                        (x.After.Served[x.Me] == x.After.Partner[x.Me])
                        & IsNext(x, x.Before.Served[x.Me], x.After.Partner[x.Me], t)
                )
        ),
        Property<W>.KeptByThreads(
            "served-is-kept",
            "3.30",
            "only an open receive advances its thread's turn of senders",
            Reading<W>.Every,
            (x, t, _) =>
                (x.After.Served[t] == x.Before.Served[t])
                | Reading<W>.Is(x.After, t, ThreadStatus.Inactive)
                | (
                    x.Entry == Entry.Receive
                        ? (t == x.Me) & (x.After.Stage == Stages.Accept) & (x.After.Served[t] == x.After.Partner[t])
                        : false
                )
        ),
        Property<W>.KeptByThreads(
            "the-processor-is-handed-over",
            "3.32 3.33 6.2",
            "the current thread changes only by a choice, a switch, or help for a thread that maps",
            Reading<W>.Every,
            (x, t, _) => Reading<W>.Implies(t == x.Me, () => HandsOver(x))
        ),
        Property<W>.KeptByThreads(
            "a-donated-processor-runs",
            "6.1 6.2 6.7",
            "thread_switch gives the processor to the ready thread that it names, else to the scheduler",
            [Entry.ThreadSwitch],
            (x, t, _) => Reading<W>.Implies(t == x.Me, () => Switches(x))
        ),
        Property<W>.KeptByThreads(
            "slices-count-ticks",
            "6.3 6.6 10.5 10.6",
            "a slice changes only by its ticks, its end, a donation, or a start",
            Reading<W>.Every,
            (x, t, _) => IsSlice(x, t)
        ),
        Property<W>.KeptByThreads(
            "consumed-time-counts-ticks",
            "7.4",
            "a thread's time counts the ticks that find it running",
            Reading<W>.Every,
            (x, t, _) =>
                Reading<W>.Is(x.After, t, ThreadStatus.Inactive)
                | Reading<W>.Is(x.Before, t, ThreadStatus.Inactive)
                | (
                    x.After.Consumed[t]
                    == x.Before.Consumed[t]
                        + (x.Entry == Entry.Tick ? W.Select((t == x.Me) & (t != Reading<W>.Nobody), 1, 0) : 0)
                )
        ),
        Property<W>.KeptByThreads(
            "a-used-up-slice-gives-way",
            "10.6 15.1 15.3",
            "at the end of its slice a thread reports to its preempter, and the scheduler picks the next",
            [Entry.Wake],
            (x, t, _) =>
                Reading<W>.Implies(
                    (t == x.Me) & (t != Reading<W>.Nobody) & (x.After.Stage != Stages.Wake) & IsUsedUp(x, t),
                    () =>
                        Reading<W>.Either(
                            Reading<W>.Is(x.Before, t, ThreadStatus.Ready),
                            () => Messages<W>.Reported(x, x.Before.Preempter[t], ThreadStatus.Ready),
                            () => x.After.Stage == Stages.Pick
                        )
                )
        ),
        Property<W>.KeptByThreads(
            "a-tick-leaves-the-current-thread",
            "10.5",
            "a tick that uses up no slice changes nothing of the current thread",
            [Entry.Wake],
            (x, t, _) =>
                Reading<W>.Implies((t == x.Me) & ((x.After.Stage == Stages.Wake) | !IsUsedUp(x, t)), () =>
                    Reading<W>.GoesOn(x, t)
                )
        ),
        Property<W>.KeptByThreads(
            "priority-is-within-mcp",
            "7.9 7.10 8.7 9.6 9.7",
            "no step gives a thread a higher priority or mcp than its giver has",
            Reading<W>.Every,
            (x, t, _) => IsWithinMcp(x, t)
        ),
        Property<W>.OfProcessor(
            "a-wanted-thread-is-not-preempted",
            "3.33 7.24",
            "the current thread leaves the processor only for one of a higher priority",
            [Entry.Leave],
            (x, _, _) =>
                Reading<W>.Implies(Reading<W>.Runs(x.Before, x.Me) & (x.After.Stage == Stages.Pick), () =>
                    IsOutranked(x, x.Me)
                )
        ) with
        {
            Searches = true,
        },
        Property<W>.OfProcessor(
            "a-partner-gets-the-processor",
            "3.32",
            "a thread that a message woke gets the processor of a waiting sender, unless outranked",
            [Entry.Leave],
            (x, _, _) =>
                Reading<W>.Implies(!Reading<W>.Runs(x.Before, x.Me) & (x.Before.Heir != Reading<W>.Nobody), () =>
                    Reading<W>.Either(
                        x.After.Stage == Stages.Pick,
                        () => IsOutranked(x, x.Before.Heir),
                        () => x.After.Current == x.Before.Heir
                    )
                )
        ) with
        {
            Searches = true,
        },
    ];

    private static Truth IsUsedUp(Step<W> x, W t) => x.Before.Slice[t] == 0;

    private static Truth IsSlice(Step<W> x, W t)
    {
        var (old, now, me) = (x.Before.Slice[t], x.After.Slice[t], x.Me);
        var starts =
            Reading<W>.Is(x.Before, t, ThreadStatus.Inactive) | Reading<W>.Is(x.After, t, ThreadStatus.Inactive);
        var expected = x.Entry switch
        {
            Entry.Tick => W.Select((t == me) & (t != Reading<W>.Nobody) & (old != 0) & (old != Infinite), old - 1, old),
            Entry.ThreadSchedule => W.Select(x.After.Quantum[t] == x.Before.Quantum[t], old, x.After.Quantum[t]),
            Entry.Wake => W.Select(
                (t == me) & (t != Reading<W>.Nobody) & (x.After.Stage != Stages.Wake) & (old == 0),
                x.Before.Quantum[t],
                old
            ),
            Entry.ThreadSwitch => W.Select(
                t == me,
                x.Before.Quantum[t],
                W.Select(t == x.After.Current, W.Select(old == Infinite, old, Capped(old + x.Before.Slice[me])), old)
            ),
            _ => old,
        };
        return starts | (now == expected);
    }

    private static W Capped(W slice) => W.Select(slice <= 255, slice, 255);
}
