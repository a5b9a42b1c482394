using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>How the receive part of an ipc ends (interface, sections 3 and 16).</summary>
internal static class ReceivePart<W>
    where W : struct, IWord<W>
{
    public static Truth IsOpen(Step<W> x, W t) => !IsNone(x, t) & !IsCut(x, t) & ((x.Before.Ebp[t] & 1) != 0);

    private static Truth IsNone(Step<W> x, W t) => x.Before.Ebp[t] == Reading<W>.None;

    private static Truth IsCut(Step<W> x, W t) => (x.Before.Ebp[t] >= 4) & ((x.Before.Ebp[t] & 2) == 0);

    /// <summary>Whether a thread's receive part ends as its descriptor, partner and timeout require.</summary>
    public static Truth Ends(Step<W> x, W t) =>
        Reading<W>.Either(
            IsNone(x, t),
            () => Reading<W>.Ended(x.After, t, Reading<W>.Done),
            () =>
                Reading<W>.Either(
                    IsCut(x, t),
                    () => Reading<W>.Ended(x.After, t, Reading<W>.ReceiveCut),
                    () => Reading<W>.Either(IsOpen(x, t), () => EndsOpen(x, t), () => EndsClosed(x, t, x.Before.Esi[t]))
                )
        );

    // A thread that is not current looks for senders, and for its interrupt, when it next gets the processor.
    private static Truth EndsOpen(Step<W> x, W t)
    {
        var (before, after) = (x.Before, x.After);
        var (own, sender) = (before.Handles[t], after.Partner[t]);
        var pending = (own != 0) & (before.Pending[own] == 1);
        var takes = Finds(x, t, sender) & Reading<W>.Sends(before, sender, t);
        var putOff =
            Reading<W>.Is(after, t, ThreadStatus.Resuming)
            & (after.Partner[t] == Reading<W>.Nobody)
            & (after.Timed[t] == 0);
        return Reading<W>.Either(
            t != before.Current,
            () => putOff | ((own == 0) & WaitsOrMisses(x, t, ThreadStatus.ReceivingAny, Reading<W>.Nobody)),
            () =>
                Reading<W>.Either(
                    pending,
                    () => Takes(x, t, own),
                    () => takes | WaitsOrMisses(x, t, ThreadStatus.ReceivingAny, Reading<W>.Nobody)
                )
        );
    }

    private static Truth EndsClosed(Step<W> x, W t, W id)
    {
        var (before, from) = (x.Before, x.Before.Row(id));
        return Reading<W>.Either(
            id == Reading<W>.Nobody,
            () => WaitsOrMisses(x, t, ThreadStatus.Sleeping, Reading<W>.Nobody),
            () =>
                Reading<W>.Either(
                    id <= 16,
                    () => EndsWithInterrupt(x, t, id),
                    () =>
                        Reading<W>.Either(
                            !Reading<W>.Names(before, id, from),
                            () => Reading<W>.Ended(x.After, t, Reading<W>.NoPartner),
                            () =>
                                Reading<W>.Either(
                                    Reading<W>.Sends(before, from, t),
                                    () => Finds(x, t, from),
                                    () => WaitsOrMisses(x, t, ThreadStatus.ReceivingFrom, from)
                                )
                        )
                )
        );
    }

    // The interrupts with the ids 1 (timer) and 3 (second controller) are the kernel's.
    private static Truth EndsWithInterrupt(Step<W> x, W t, W id)
    {
        var before = x.Before;
        var isFree =
            (before.Handler[id & 31] == Reading<W>.Nobody)
            & (before.Handles[t] == 0)
            & (id != 1)
            & (id != 3)
            & Reading<W>.IsReceiveZero(before.Ecx[t]);
        return Reading<W>.Either(
            isFree,
            () => Reading<W>.Ended(x.After, t, Reading<W>.ReceiveTimeout) & (x.After.Handler[id & 31] == t),
            () =>
                Reading<W>.Either(
                    before.Handles[t] != id,
                    () => Reading<W>.Ended(x.After, t, Reading<W>.NoPartner),
                    () =>
                        Reading<W>.Either(
                            before.Pending[id & 31] == 1,
                            () => Takes(x, t, id),
                            () => WaitsOrMisses(x, t, ThreadStatus.Sleeping, Reading<W>.Nobody)
                        )
                )
        );
    }

    private static Truth Finds(Step<W> x, W t, W sender) =>
        Reading<W>.Is(x.After, t, ThreadStatus.Resuming)
        & (x.After.Stage == Stages.Accept)
        & (x.After.Current == t)
        & (x.After.Partner[t] == sender)
        & (x.After.Timed[t] == 0);

    private static Truth WaitsOrMisses(Step<W> x, W t, uint status, W partner)
    {
        var timeouts = x.Before.Ecx[t];
        return Reading<W>.Either(
            Reading<W>.IsReceiveZero(timeouts),
            () => Reading<W>.Ended(x.After, t, Reading<W>.ReceiveTimeout),
            () =>
                Reading<W>.Is(x.After, t, status)
                & (x.After.Partner[t] == partner)
                & Reading<W>.IsTimedToReceive(x.After, t, timeouts)
        );
    }

    private static Truth Takes(Step<W> x, W t, W id) => HasInterrupt(x.After, t, id) & (x.After.Pending[id & 31] == 0);

    /// <summary>Whether a thread has received the message of an interrupt: words 0, and the interrupt's id.</summary>
    public static Truth HasInterrupt(State<W> after, W t, W id) =>
        Reading<W>.Ended(after, t, Reading<W>.Done)
        & (after.Esi[t] == id)
        & (after.Edx[t] == 0)
        & (after.Ebx[t] == 0)
        & (after.Edi[t] == 0);
}
