using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>The thread that gets the processor: turns, choices, switches and priorities.</summary>
public static partial class Time<W>
{
    private static Truth HasProcessor(State<W> s) =>
        (s.Stage == Stages.User) | (s.Stage == Stages.Receive) | (s.Stage == Stages.Map);

    /// <summary>Whether the scheduler may give a thread the processor.</summary>
    private static Truth Competes(State<W> s, W thread) => Reading<W>.Runs(s, thread) & (s.Slice[thread] != 0);

    // The stage in which a thread that has just got the processor continues.
    private static Truth IsAt(State<W> s, W t) =>
        s.Stage
        == W.Select(
            Reading<W>.Is(s, t, ThreadStatus.Resuming),
            Stages.Receive,
            W.Select(Reading<W>.Is(s, t, ThreadStatus.Mapping), Stages.Map, Stages.User)
        );

    private static Truth TakesTurn(Step<W> x, W t)
    {
        var (next, priority) = (x.After.Current, x.Before.Priority[x.After.Current]);
        return (x.Before.Priority[t] < priority)
            | ((x.Before.Priority[t] == priority) & (next != x.Me) & IsNext(x, x.Before.Picked[priority], next, t));
    }

    // Whether, counted cyclically from the thread after a given one, the first thread comes no later than the other.
    private static Truth IsNext(Step<W> x, W after, W first, W other) =>
        ((first - after - 1) & (x.Before.Limits.Threads - 1)) <= ((other - after - 1) & (x.Before.Limits.Threads - 1));

    private static Truth HandsOver(Step<W> x)
    {
        var (before, after) = (x.Before, x.After);
        var stays = after.Current == x.Me;
        return x.Entry switch
        {
            Entry.Pick => true,
            Entry.Leave => stays
                | ((after.Current == before.Heir) & !Reading<W>.Runs(before, x.Me) & IsAt(after, before.Heir)),
            Entry.ThreadSwitch => stays | Reading<W>.Names(before, before.Esi[x.Me], after.Current),
            Entry.LthreadExRegs or Entry.TaskNew => stays
                | (
                    Reading<W>.Is(before, after.Current, ThreadStatus.Mapping)
                    & (after.Eip[x.Me] == Reading<W>.InSpace(before.Eip[x.Me] - 2))
                    & (after.Stage == Stages.Map)
                ),
            _ => stays,
        };
    }

    private static Truth Switches(Step<W> x)
    {
        var (before, to) = (x.Before, x.Before.Row(x.Before.Esi[x.Me]));
        var isReady = Reading<W>.Names(before, before.Esi[x.Me], to) & Reading<W>.Runs(before, to) & (to != x.Me);
        return Reading<W>.Either(
            isReady,
            () => (x.After.Current == to) & IsAt(x.After, to),
            () => (x.After.Stage == Stages.Pick) & (x.After.Current == x.Me)
        );
    }

    private static Truth IsOutranked(Step<W> x, W t)
    {
        for (var other = 1u; other < x.Before.Limits.Threads; other++)
            if (other != t && Competes(x.Before, other) && x.Before.Priority[other] > x.Before.Priority[t])
                return true;
        return false;
    }

    private static Truth IsWithinMcp(Step<W> x, W t)
    {
        var giver = x.Entry == Entry.Map ? x.Before.Mappings.Owner : x.Me;
        var priority = x.After.Priority[t] == x.Before.Priority[t];
        var mcp = x.After.Mcp[t] == x.Before.Mcp[t];
        var starts =
            Reading<W>.Is(x.Before, t, ThreadStatus.Inactive) & !Reading<W>.Is(x.After, t, ThreadStatus.Inactive);
        var kept = (priority & mcp & !starts) | Reading<W>.Is(x.After, t, ThreadStatus.Inactive);
        return x.Entry switch
        {
            Entry.ThreadSchedule => mcp
                & (
                    priority
                    | ((x.Before.Priority[t] <= x.Before.Mcp[giver]) & (x.After.Priority[t] <= x.Before.Mcp[giver]))
                ),
            Entry.LthreadExRegs => kept
                | (
                    starts & (x.After.Priority[t] == x.Before.Priority[giver]) & (x.After.Mcp[t] == x.Before.Mcp[giver])
                ),
            Entry.Map => kept
                | (
                    starts
                    & (x.After.Priority[t] == x.Before.Priority[giver])
                    & (x.After.Mcp[t] <= x.Before.Mcp[giver])
                    & (x.After.Mcp[t] <= x.Before.Eax[giver])
                ),
            _ => kept,
        };
    }
}
