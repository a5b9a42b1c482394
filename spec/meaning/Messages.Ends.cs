using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>How a send, an accepted message and a report end for the threads that take part.</summary>
public static partial class Messages<W>
{
    /// <summary>Whether a receiver now maps the item of a sender, which waits until the item is mapped.</summary>
    private static Truth Gives(Step<W> x, W from, W to) =>
        Reading<W>.Is(x.After, to, ThreadStatus.Mapping)
        & (x.After.Partner[to] == from)
        & (x.After.Timed[to] == 0)
        & Reading<W>.Is(x.After, from, ThreadStatus.Giving)
        & (x.After.Partner[from] == to)
        & (x.After.Timed[from] == 0);

    // Whether the current thread's message or report is for a thread that waits for it.
    private static Truth Reaches(Step<W> x, W t) => (t != x.Me) & IsNamed(x, t) & Reading<W>.Admits(x.Before, t, x.Me);

    private static Truth Sent(Step<W> x)
    {
        var (before, after, me) = (x.Before, x.After, x.Me);
        var (send, timeouts, id) = (before.Eax[me], before.Ecx[me], before.Esi[me]);
        var to = before.Row(id);
        var begins =
            Reading<W>.Is(after, me, ThreadStatus.Resuming)
            & (after.Stage == Stages.Receive)
            & (after.Current == me)
            & (after.Partner[me] == Reading<W>.Nobody)
            & (after.Timed[me] == 0)
            & (after.Eax[me] == send);
        return Reading<W>.Either(
            send == Reading<W>.None,
            () => begins & (after.Heir == Reading<W>.Nobody),
            () =>
                Reading<W>.Either(
                    send >= 4,
                    () => Failed(x, Reading<W>.SendCut),
                    () =>
                        Reading<W>.Either(
                            !Reading<W>.Names(before, id, to) | (to == me),
                            () => Failed(x, Reading<W>.NoPartner),
                            () =>
                                Reading<W>.Either(
                                    Reading<W>.Admits(before, to, me),
                                    () =>
                                        Reading<W>.Either(
                                            Reading<W>.HasItem(before, me, to),
                                            () => Gives(x, me, to) & (after.Stage == Stages.Leave),
                                            () => begins & Reading<W>.IsFree(after, to)
                                        ) & (after.Heir == to),
                                    () =>
                                        Reading<W>.Either(
                                            Reading<W>.IsSendZero(timeouts),
                                            () => Failed(x, Reading<W>.SendTimeout),
                                            () =>
                                                Reading<W>.Sends(after, me, to)
                                                & (after.Stage == Stages.Pick)
                                                & (after.Eax[me] == send)
                                                & Reading<W>.IsTimedToSend(after, me, timeouts)
                                        )
                                )
                        )
                )
        );
    }

    // The caller continues at once; it skips its receive part.
    private static Truth Failed(Step<W> x, uint code) =>
        Reading<W>.Ended(x.After, x.Me, code) & (x.After.Stage == Stages.User) & (x.After.Current == x.Me);

    private static Truth Accepted(Step<W> x, W t)
    {
        var (me, from) = (x.Me, Sender(x));
        var takes = Reading<W>.HasItem(x.Before, from, me);
        return Reading<W>.Either(
            t == me,
            () =>
                Reading<W>.Implies(!takes, () => Reading<W>.Ended(x.After, me, Reading<W>.Done))
                & (x.After.Stage == Stages.Leave),
            () =>
                Reading<W>.Either(
                    takes,
                    () => Gives(x, from, me),
                    () =>
                        Reading<W>.Implies(Reading<W>.IsFaulting(x.Before, from), () => Awaits(x, from, me))
                        & !Reading<W>.IsSending(x.After, from)
                )
        );
    }

    // After a report, the thread waits for the answer of its partner alone, without a timeout.
    private static Truth Awaits(Step<W> x, W t, W from) =>
        Reading<W>.Is(x.After, t, ThreadStatus.ReceivingFrom)
        & (x.After.Partner[t] == from)
        & (x.After.Timed[t] == 0)
        & Reading<W>.IsFaulting(x.After, t);

    /// <summary>
    /// The effect of a report to the thread that an id names. If there is no such thread, or if it is the reporting
    /// thread itself, that thread gets the status <paramref name="otherwise"/>.
    /// </summary>
    public static Truth Reported(Step<W> x, W id, uint otherwise)
    {
        var (me, to) = (x.Me, x.Before.Row(id));
        return Reading<W>.Either(
            !Reading<W>.Names(x.Before, id, to) | (to == me),
            () =>
                Reading<W>.Is(x.After, me, otherwise)
                & !Reading<W>.IsFaulting(x.After, me)
                & (x.After.Stage == Stages.Pick),
            () =>
                Reading<W>.Either(
                    Reading<W>.Admits(x.Before, to, me),
                    () => Awaits(x, me, to) & (x.After.Heir == to) & (x.After.Stage == Stages.Leave),
                    () =>
                        Reading<W>.Sends(x.After, me, to)
                        & (x.After.Timed[me] == 0)
                        & Reading<W>.IsFaulting(x.After, me)
                        & (x.After.Stage == Stages.Pick)
                )
        );
    }

    private static W FaultWord(Step<W> x) =>
        x.Entry == Entry.PageFault ? (x.Argument & 0xFFFFFFFC) | (x.Code & 2) : (x.Code << 16) | (x.Argument << 8) | 1;
}
