using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>
/// The waits of each thread. A thread continues to wait until an event ends the wait, and then has the code of that
/// event. So no message is lost or delivered twice, and a wait ends at its tick, neither earlier nor later.
/// </summary>
public static class Waits<W>
    where W : struct, IWord<W>
{
    public static readonly IReadOnlyList<Property<W>> All =
    [
        Property<W>.KeptByThreads(
            "a-waiting-receiver-waits-on",
            "3.7 3.8 3.15 8.13 9.14",
            "a receiver waits until a message, its tick, a cancellation or a deletion",
            Reading<W>.Every,
            (x, t, _) => Reading<W>.Implies(Reading<W>.Listens(x.Before, t), () => Listened(x, t))
        ),
        Property<W>.KeptByThreads(
            "a-waiting-sender-waits-on",
            "3.5 3.7 8.13 9.14",
            "a sender waits until it is accepted, its tick, a cancellation or a deletion",
            Reading<W>.Every,
            (x, t, _) => Reading<W>.Implies(Reading<W>.IsSending(x.Before, t), () => Waited(x, t))
        ),
        Property<W>.KeptByThreads(
            "a-map-item-ends-as-it-must",
            "1.35 3.36 8.16 9.15 9.16 11.13 14.17",
            "giver and receiver of an item continue when it is mapped, and both get the code of a failure",
            Reading<W>.Every,
            (x, t, _) => Transferred(x, t)
        ),
        Property<W>.KeptByThreads(
            "a-ready-thread-stays-ready",
            "10.3",
            "a thread stays ready, stopped or inactive until it acts, is set, or is deleted",
            Reading<W>.Every,
            (x, t, _) =>
                Reading<W>.Implies(
                    !Reading<W>.Listens(x.Before, t)
                        & !Reading<W>.IsSending(x.Before, t)
                        & (t != x.Me)
                        & !Reading<W>.Is(x.Before, t, ThreadStatus.Giving)
                        & !Reading<W>.Is(x.Before, t, ThreadStatus.Mapping),
                    () => Stayed(x, t)
                )
        ),
        Property<W>.KeptByThreads(
            "the-current-thread-acts",
            "2.2",
            "the current thread is ready after a step, unless it waits by ipc or report, or maps",
            [
                Entry.IdNearest,
                Entry.ExchangeTrap,
                Entry.ThreadSwitch,
                Entry.ThreadSchedule,
                Entry.Tick,
                Entry.Outgrow,
                Entry.Trap,
                Entry.Pick,
                Entry.Leave,
            ],
            (x, t, _) => Reading<W>.Implies(t == x.Me, () => Reading<W>.GoesOn(x, t))
        ),
        Property<W>.OfThreads(
            "a-receive-ends-as-it-must",
            "3.9 3.14 3.15 3.19 3.21 3.34 3.35 16.3 16.7 16.8 16.15",
            "a receive part finds its message, waits, or fails with the code that says why",
            [Entry.Receive, Entry.Accept, Entry.Map],
            (x, t, _) => Reading<W>.Implies(IsInReceivePart(x, t), () => ReceivePart<W>.Ends(x, InReceivePart(x)))
        ),
        Property<W>.OfThreads(
            "no-sender-is-overlooked",
            "3.9 3.30",
            "a receive that waits, or finds nothing, overlooks no sender that it could have taken",
            [Entry.Receive, Entry.Accept, Entry.Map],
            (x, t, j) =>
                Reading<W>.Implies(IsInReceivePart(x, t) & Misses(x, t), () =>
                    !(
                        Reading<W>.Sends(x.Before, j, t)
                        & (ReceivePart<W>.IsOpen(x, t) | (x.Before.Row(x.Before.Esi[t]) == j))
                    )
                )
        ) with
        {
            Pairs = true,
        },
        Property<W>.OfThreads(
            "a-tick-wakes-all-that-are-due",
            "3.7 3.8 10.2",
            "when a tick ends, no thread still waits whose wait ends at this tick",
            [Entry.Wake],
            (x, t, _) =>
                Reading<W>.Implies((x.After.Stage != Stages.Wake) & (x.Before.Timed[t] == 1), () =>
                    x.Before.Deadline[t] != x.Before.Clock
                )
        ),
    ];

    private static Truth IsTimedOut(Step<W> x, W t, uint code) =>
        x.Entry == Entry.Wake
            ? (x.Before.Timed[t] == 1) & (x.Before.Deadline[t] == x.Before.Clock) & Reading<W>.Ended(x.After, t, code)
            : false;

    // A wait that lthread_ex_regs cancels ends with a code, unless it was for the kernel's own message about a fault.
    private static Truth IsCancelled(Step<W> x, W t, uint code) =>
        x.Entry == Entry.LthreadExRegs
            ? Reading<W>.IsExchanged(x, t) & (t != x.Me) & EndedUnlessFaulting(x, t, code)
            : false;

    private static Truth IsAborted(Step<W> x, W t, W partner, uint code) =>
        x.Entry == Entry.Map
            ? (Reading<W>.IsDoomed(x.Before, partner) | Reading<W>.Is(x.Before, partner, ThreadStatus.Inactive))
                & EndedUnlessFaulting(x, t, code)
            : false;

    private static Truth EndedUnlessFaulting(Step<W> x, W t, uint code) =>
        Reading<W>.IsFree(x.After, t)
        & (x.After.Faulting[t] == 0)
        & (x.After.Eax[t] == W.Select(Reading<W>.IsFaulting(x.Before, t), x.Before.Eax[t], code));

    private static Truth IsDeleted(Step<W> x, W t) =>
        x.Entry == Entry.Map
            ? Reading<W>.IsDoomed(x.Before, t) & Reading<W>.Is(x.After, t, ThreadStatus.Inactive)
            : false;

    private static Truth Listened(Step<W> x, W t) =>
        Reading<W>.GoesOn(x, t)
        | IsTimedOut(x, t, Reading<W>.ReceiveTimeout)
        | IsCancelled(x, t, Reading<W>.ReceiveCancelled)
        | IsDeleted(x, t)
        | (
            Reading<W>.Is(x.Before, t, ThreadStatus.ReceivingFrom)
            & Reading<W>.Is(x.Before, x.Before.Partner[t], ThreadStatus.Inactive)
            & IsAborted(x, t, x.Before.Partner[t], Reading<W>.NoPartner)
        )
        | (
            Reading<W>.Transfers.Contains(x.Entry) && x.Entry != Entry.Accept
                ? (Messages<W>.Gets(x, t) | IsAnswered(x, t)) & Reading<W>.Admits(x.Before, t, x.Me)
                : false
        )
        | (x.Entry == Entry.Interrupt ? IsInterrupted(x, t) : false);

    // The answer to a fault has arrived: the thread continues, or maps the answer's item.
    private static Truth IsAnswered(Step<W> x, W t) =>
        Reading<W>.IsFaulting(x.Before, t)
        & Reading<W>.Either(
            x.Entry == Entry.Ipc ? Reading<W>.HasItem(x.Before, x.Me, t) : false,
            () =>
                Reading<W>.Is(x.After, t, ThreadStatus.Mapping)
                & Reading<W>.IsFaulting(x.After, t)
                & (x.After.Partner[t] == x.Me),
            () => Reading<W>.IsFree(x.After, t) & !Reading<W>.IsFaulting(x.After, t)
        );

    private static Truth IsInterrupted(Step<W> x, W t) =>
        (x.Before.Handler[x.Argument] == t) & ReceivePart<W>.HasInterrupt(x.After, t, x.Argument);

    private static Truth Waited(Step<W> x, W t) =>
        Reading<W>.GoesOn(x, t)
        | IsTimedOut(x, t, Reading<W>.SendTimeout)
        | IsCancelled(x, t, Reading<W>.SendCancelled)
        | IsDeleted(x, t)
        | (
            Reading<W>.Is(x.Before, x.Before.Partner[t], ThreadStatus.Inactive)
            & IsAborted(x, t, x.Before.Partner[t], Reading<W>.NoPartner)
        )
        | (x.Entry == Entry.Accept ? t == x.Before.Partner[x.Me] : false);

    private static Truth Transferred(Step<W> x, W t)
    {
        var (before, after, partner) = (x.Before, x.After, x.Before.Partner[t]);
        var failed = before.Mappings.Failed == 1;
        var giver =
            Reading<W>.GoesOn(x, t)
            | IsDeleted(x, t)
            | IsAborted(x, t, partner, Reading<W>.SendAborted)
            | (
                Reading<W>.Ends(x, Operations.Map, partner)
                & Reading<W>.Either(
                    failed,
                    () => Reading<W>.Ended(after, t, Reading<W>.SendMapFailed),
                    () => !Reading<W>.Is(after, t, ThreadStatus.Giving)
                )
            );
        var code = W.Select(failed & !Reading<W>.IsFaulting(before, t), Reading<W>.ReceiveMapFailed, before.Eax[t]);
        var taker =
            Reading<W>.GoesOn(x, t)
            | IsDeleted(x, t)
            | ((partner != Reading<W>.Nobody) & IsAborted(x, t, partner, Reading<W>.ReceiveAborted))
            | (
                Reading<W>.Ends(x, Operations.Map, t)
                & Reading<W>.IsFree(after, t)
                & (after.Faulting[t] == 0)
                & (after.Eax[t] == code)
            )
            | (
                (Reading<W>.Ends(x, Operations.Unmap, t) | Reading<W>.Ends(x, Operations.Delete, t))
                & Reading<W>.IsFree(after, t)
                & (after.Eax[t] == before.Eax[t])
            );
        return Reading<W>.Implies(Reading<W>.Is(before, t, ThreadStatus.Giving), () => giver)
            & Reading<W>.Implies(Reading<W>.Is(before, t, ThreadStatus.Mapping), () => taker);
    }

    private static Truth Stayed(Step<W> x, W t)
    {
        var begins = Reading<W>.IsFree(x.After, t) & (x.After.Faulting[t] == 0);
        var started = x.Entry switch
        {
            Entry.LthreadExRegs => Reading<W>.IsExchanged(x, t)
                & Reading<W>.Implies(Reading<W>.Is(x.Before, t, ThreadStatus.Inactive), () =>
                    (x.Before.Ecx[x.Me] != Reading<W>.None) & (x.Before.Edx[x.Me] != Reading<W>.None)
                )
                & (
                    x.After.Eax[t]
                    == W.Select(
                        Reading<W>.Is(x.Before, t, ThreadStatus.Resuming),
                        Reading<W>.ReceiveCancelled,
                        x.Before.Eax[t]
                    )
                ),
            Entry.Map => Reading<W>.Is(x.Before, t, ThreadStatus.Inactive)
                & Reading<W>.Ends(x, Operations.Delete, x.Before.Mappings.Owner)
                & (t == x.Before.Mappings.Target * x.Before.Limits.Lthreads)
                & (x.Before.Ebx[x.Before.Mappings.Owner] != 0),
            _ => false,
        };
        return Reading<W>.GoesOn(x, t) | IsDeleted(x, t) | (begins & started);
    }

    /// <summary>The thread whose receive part the step may be.</summary>
    private static W InReceivePart(Step<W> x) =>
        x.Entry switch
        {
            Entry.Receive => x.Me,
            Entry.Accept => x.Before.Partner[x.Me],
            _ => x.Before.Partner[x.Before.Mappings.Owner],
        };

    /// <summary>
    /// Whether the step is a thread's receive part: the thread's own, or that of a sender whose message has just been
    /// taken.
    /// </summary>
    private static Truth IsInReceivePart(Step<W> x, W t) =>
        x.Entry switch
        {
            Entry.Receive => t == x.Me,
            Entry.Accept => (t == x.Before.Partner[x.Me])
                & !Reading<W>.IsFaulting(x.Before, t)
                & !Reading<W>.HasItem(x.Before, t, x.Me),
            _ => Reading<W>.Ends(x, Operations.Map, x.Before.Mappings.Owner)
                & (t == x.Before.Partner[x.Before.Mappings.Owner])
                & (x.Before.Mappings.Failed == 0),
        };

    private static Truth Misses(Step<W> x, W t) =>
        Reading<W>.Listens(x.After, t) | Reading<W>.Ended(x.After, t, Reading<W>.ReceiveTimeout);
}
