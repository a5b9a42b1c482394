using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>
/// Interrupts: each edge reaches the associated thread once, a masked line loses no edge, and nothing arrives after the
/// association or the thread has ended. (Interface, section 16.)
/// </summary>
public static class Lines<W>
    where W : struct, IWord<W>
{
    public static readonly IReadOnlyList<Property<W>> All =
    [
        Of(
            "an-edge-reaches-its-thread",
            "16.1 16.7 16.9 16.11",
            "an interrupt reaches its thread if the thread waits for it; otherwise it is pending; its line is masked",
            [Entry.Interrupt],
            (x, i, _) => Reading<W>.Implies(i == x.Argument, () => Reaches(x, i))
        ),
        Kept(
            "a-pending-interrupt-is-kept",
            "16.3 16.11 16.13",
            "an interrupt is pending from its edge until its thread receives it or the association ends",
            Reading<W>.Every,
            (x, i, _) =>
                (x.After.Pending[i] == x.Before.Pending[i])
                | Reading<W>.Either(
                    x.After.Pending[i] == 1,
                    () => x.Entry == Entry.Interrupt ? i == x.Argument : false,
                    () =>
                        (x.After.Handler[i] == Reading<W>.Nobody)
                        | (
                            x.Entry == Entry.Receive
                                ? (x.After.Handler[i] == x.Me) & ReceivePart<W>.HasInterrupt(x.After, x.Me, i)
                                : false
                        )
                )
        ),
        Kept(
            "a-thread-asks-for-its-interrupt",
            "16.2 16.5 16.6 16.12 9.21",
            "an interrupt gets or loses its thread only when the thread asks, or is deleted",
            Reading<W>.Every,
            (x, i, _) =>
                (x.After.Handler[i] == x.Before.Handler[i])
                | Reading<W>.Either(
                    x.After.Handler[i] == Reading<W>.Nobody,
                    () =>
                        (
                            x.Entry switch
                            {
                                Entry.Receive => (x.Before.Handler[i] == x.Me) & GivesUp(x),
                                Entry.Map => Reading<W>.IsDoomed(x.Before, x.Before.Handler[i]),
                                _ => false,
                            }
                        )
                        & IsMasked(x.After, i)
                        & (x.After.Pending[i] == 0)
                        & (x.After.Handles[x.Before.Handler[i]] == 0),
                    () =>
                        x.Entry == Entry.Receive
                            ? (x.Before.Handler[i] == Reading<W>.Nobody)
                                & (x.After.Handler[i] == x.Me)
                                & (x.After.Handles[x.Me] == i)
                                & (x.Before.Handles[x.Me] == 0)
                                & (x.Before.Esi[x.Me] == i)
                                & IsLine(i)
                                & (i != 1)
                                & (i != 3)
                            : false
                )
        ),
        Of(
            "a-receive-from-nil-gives-it-up",
            "16.12 16.13",
            "a closed receive from nil with timeout zero leaves its thread without an interrupt",
            [Entry.Receive],
            (x, i, _) =>
                Reading<W>.Implies(GivesUp(x) & (x.Before.Handler[i] == x.Me), () =>
                    x.After.Handler[i] == Reading<W>.Nobody
                )
        ),
        Of(
            "a-receive-opens-its-line",
            "16.7 16.10",
            "a receive part that looks for an interrupt and finds it not pending unmasks its line",
            [Entry.Receive],
            (x, i, _) =>
                Reading<W>.Implies(IsLine(i) & LooksFor(x, i) & (x.Before.Pending[i] == 0), () => !IsMasked(x.After, i))
        ),
        Of(
            "a-line-stays-masked",
            "16.9 16.10 16.13",
            "a line is masked by its edge or if it has no thread; only its thread's receive unmasks it",
            MayMask,
            (x, i, _) =>
                !IsLine(i)
                | (IsMasked(x.Before, i) == IsMasked(x.After, i))
                | Reading<W>.Either(
                    IsMasked(x.After, i),
                    () =>
                        (x.After.Handler[i] == Reading<W>.Nobody)
                        | (x.Entry == Entry.Interrupt ? i == x.Argument : false),
                    () =>
                        x.Entry == Entry.Receive
                            ? (x.After.Handler[i] == x.Me) & (x.Before.Pending[i] == 0) & LooksFor(x, i)
                            : false
                )
        ),
        new(
            "masks-are-kept",
            "16.9 16.10",
            "the masks of the lines change only by an interrupt, a receive, or a deletion",
            Table.Processor,
            [.. Reading<W>.Every.Except(MayMask)],
            (x, _, _) => x.Before.Masked == x.After.Masked
        ),
        new(
            "a-thread-without-edge-gets-none",
            "16.1 16.11",
            "no thread gets an interrupt that neither fires nor is pending",
            Table.Thread,
            [Entry.Receive, Entry.Interrupt],
            (x, t, _) =>
                Reading<W>.Implies((x.Before.Esi[t] != x.After.Esi[t]) & (x.After.Esi[t] <= 16), () =>
                    x.Entry == Entry.Interrupt
                        ? (x.After.Esi[t] == x.Argument) & (x.Before.Handler[x.Argument] == t)
                        : (t == x.Me)
                            & (x.Before.Handles[t] == x.After.Esi[t])
                            & (x.Before.Pending[x.After.Esi[t] & 31] == 1)
                )
        )
        {
            Keeps = true,
        },
    ];

    private static Entry[] MayMask => [Entry.Receive, Entry.Interrupt, Entry.Map];

    private static Truth IsLine(W i) => i - 1 < 16;

    private static Truth IsMasked(State<W> s, W i) => (s.Masked & ((W)1 << (i - 1))) != 0;

    private static Truth Reaches(Step<W> x, W i)
    {
        var (before, after, thread) = (x.Before, x.After, x.Before.Handler[i]);
        var waits =
            Reading<W>.Is(before, thread, ThreadStatus.ReceivingAny)
            | (Reading<W>.Is(before, thread, ThreadStatus.Sleeping) & (before.Esi[thread] == i));
        return IsMasked(after, i)
            & Reading<W>.Either(
                thread == Reading<W>.Nobody,
                () => after.Pending[i] == 0,
                () =>
                    Reading<W>.Either(
                        waits,
                        () =>
                            ReceivePart<W>.HasInterrupt(after, thread, i)
                            & (after.Pending[i] == 0)
                            & (after.Stage == Stages.Leave),
                        () => (after.Pending[i] == 1) & (after.Stage == before.Stage)
                    )
            );
    }

    // A closed receive from nil, with timeout zero.
    private static Truth GivesUp(Step<W> x)
    {
        var receive = x.Before.Ebp[x.Me];
        return (receive != Reading<W>.None)
            & ((receive & 1) == 0)
            & ((receive < 4) | ((receive & 2) != 0))
            & (x.Before.Esi[x.Me] == Reading<W>.Nobody)
            & Reading<W>.IsReceiveZero(x.Before.Ecx[x.Me]);
    }

    // Whether the thread of an interrupt receives from anyone, or from that interrupt.
    private static Truth LooksFor(Step<W> x, W i)
    {
        var receive = x.Before.Ebp[x.Me];
        return (x.After.Handler[i] == x.Me)
            & (receive != Reading<W>.None)
            & ((receive < 4) | ((receive & 2) != 0))
            & (((receive & 1) != 0) | (x.Before.Esi[x.Me] == i));
    }

    private static Property<W> Kept(
        string name,
        string sentences,
        string says,
        IReadOnlyList<Entry> entries,
        Func<Step<W>, W, W, Truth> holds
    ) => Of(name, sentences, says, entries, holds) with { Keeps = true };

    private static Property<W> Of(
        string name,
        string sentences,
        string says,
        IReadOnlyList<Entry> entries,
        Func<Step<W>, W, W, Truth> holds
    ) => new(name, sentences, says, Table.Interrupt, entries, holds);
}
