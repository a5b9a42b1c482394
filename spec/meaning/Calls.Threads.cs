using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>The meaning of thread_schedule and lthread_ex_regs.</summary>
public static partial class Calls<W>
    where W : struct, IWord<W>
{
    private static Truth Schedules(Step<W> x)
    {
        var (before, after, me) = (x.Before, x.After, x.Me);
        var (param, t) = (before.Eax[me], before.Row(before.Esi[me]));
        var sets = param != Reading<W>.None;
        var may =
            Reading<W>.Names(before, before.Esi[me], t)
            & (before.Priority[t] <= before.Mcp[me])
            & (!sets | ((param & 0xFF) <= before.Mcp[me]));
        var given = before.Ebx[me];
        var small = (param >> 8) & 0xFF;
        var oldSmall = before.Mappings.Small[Reading<W>.TaskOf(before, t)];
        var gives = (after.Eax[me] & 0xFFFFF) == ((StateOf(before, t) << 16) | (oldSmall << 8) | before.Priority[t]);
        var length = after.Eax[me] >> 20 == W.Select(before.Quantum[t] == 256, 0, (before.Quantum[t] << 4) | 10);
        var partner = after.Esi[me] == before.Id[before.Partner[t]];
        var set = Reading<W>.Either(
            sets,
            () =>
                (after.Priority[t] == (param & 0xFF))
                & (after.Quantum[t] == ScheduleParam.Ticks(param))
                & (
                    after.Mappings.Small[Reading<W>.TaskOf(before, t)]
                    == W.Select((small != 0) & (small <= 127), small, oldSmall)
                ),
            () => Same(x, t, s => s.Priority) & Same(x, t, s => s.Quantum)
        );
        var exchanged =
            (after.Ebx[me] == before.ExternalPreempter[t])
            & (after.ExternalPreempter[t] == W.Select(given == Reading<W>.None, before.ExternalPreempter[t], given));
        var time =
            (after.Ecx[me] == before.Consumed[t] * 1000) & (after.Edx[me] == W.MultiplyHigh(before.Consumed[t], 1000));
        var refused =
            (after.Eax[me] == Reading<W>.None)
            & Same(x, me, s => s.Ebx)
            & Same(x, me, s => s.Ecx)
            & Same(x, me, s => s.Edx)
            & Same(x, me, s => s.Esi)
            & Same(x, t, s => s.Priority)
            & Same(x, t, s => s.Quantum)
            & Same(x, t, s => s.ExternalPreempter)
            & (after.Stage == Stages.User);
        return Reading<W>.Either(
            may,
            () => gives & length & partner & set & exchanged & time & (after.Stage == Stages.Leave),
            () => refused
        );
    }

    // The table of old states in section 7.
    private static W StateOf(State<W> s, W t) =>
        W.Select(
            Reading<W>.IsFaulting(s, t),
            1,
            W.Select(
                Reading<W>.Is(s, t, ThreadStatus.Giving),
                4,
                W.Select(
                    Reading<W>.Is(s, t, ThreadStatus.Mapping),
                    8,
                    W.Select(
                        Reading<W>.Listens(s, t),
                        0xC,
                        W.Select(
                            Reading<W>.IsSending(s, t),
                            0xD,
                            W.Select(Reading<W>.Is(s, t, ThreadStatus.Stopped), 0xF, 0)
                        )
                    )
                )
            )
        );

    private static Truth Exchanges(Step<W> x, W t)
    {
        var (before, after, me) = (x.Before, x.After, x.Me);
        var inactive = Reading<W>.Is(before, t, ThreadStatus.Inactive);
        var invalid =
            (after.Eax[me] == Reading<W>.None)
            & (after.Ecx[me] == Reading<W>.None)
            & (after.Edx[me] == Reading<W>.None)
            & (after.Ebx[me] == Reading<W>.None)
            & (after.Esi[me] == Reading<W>.None)
            & Same(x, t, s => s.Status);
        var gives =
            Reading<W>.Implies(!inactive, () => after.Eax[me] == before.Eflags[t])
            & (after.Ecx[me] == before.Esp[t])
            & (after.Edx[me] == before.Eip[t])
            & (after.Ebx[me] == before.Preempter[t])
            & (after.Esi[me] == before.Pager[t]);
        var sets =
            Sets(after.Esp[t], before.Esp[t], before.Ecx[me])
            & (
                after.Eip[t]
                == W.Select(before.Edx[me] == Reading<W>.None, before.Eip[t], Reading<W>.InSpace(before.Edx[me]))
            )
            & Sets(after.Preempter[t], before.Preempter[t], before.Ebx[me])
            & Sets(after.Pager[t], before.Pager[t], before.Esi[me]);
        var flags =
            after.Eflags[t] == W.Select(inactive | (before.Edx[me] != Reading<W>.None), 0x202, before.Eflags[t]);
        var started =
            flags
            & Reading<W>.Implies(inactive, () =>
                (after.Eflags[t] == 0x202)
                & (after.Id[t] == ((before.Id[me] & 0xFFFF03FF) | (before.Eax[me] << 10)))
                & (after.Quantum[t] == before.Quantum[me])
            );
        return Reading<W>.Either(
            IsPutOff(x, t),
            () => Same(x, t, s => s.Status) & (after.Eip[me] == Reading<W>.InSpace(before.Eip[me] - 2)),
            () =>
                Reading<W>.Either(
                    IsRefused(x, t),
                    () => invalid,
                    () => gives & sets & started & (after.Stage == Stages.Leave)
                )
        );
    }

    // Whether the caller repeats lthread_ex_regs after an operation on mappings.
    private static Truth IsPutOff(Step<W> x, W t) =>
        (x.Before.Eax[x.Me] < x.Before.Limits.Lthreads)
        & (
            Reading<W>.IsDoomed(x.Before, x.Me)
            | Reading<W>.Is(x.Before, t, ThreadStatus.Mapping)
            | Reading<W>.Is(x.Before, t, ThreadStatus.Giving)
        );

    // Whether there is no such lthread and none is to be started.
    private static Truth IsRefused(Step<W> x, W t) =>
        (x.Before.Eax[x.Me] >= x.Before.Limits.Lthreads)
        | (
            Reading<W>.Is(x.Before, t, ThreadStatus.Inactive)
            & ((x.Before.Ecx[x.Me] == Reading<W>.None) | (x.Before.Edx[x.Me] == Reading<W>.None))
        );

    private static Truth Sets(W now, W old, W given) => now == W.Select(given == Reading<W>.None, old, given);
}
