using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>The meaning of task_new: it deletes a task and creates another one in its place.</summary>
public static partial class Calls<W>
    where W : struct, IWord<W>
{
    private static Truth BeginsDeletion(Step<W> x)
    {
        var (before, after, me) = (x.Before, x.After, x.Me);
        var task = (before.Esi[me] >> 16) & 0xFF;
        var row = task & (before.Limits.Tasks - 1);
        var isMine = (task < before.Limits.Tasks) & (before.Mappings.Chief[row] == Reading<W>.TaskOf(before, me));
        var isBusy = before.Mappings.Operation != Operations.None;
        return Reading<W>.Either(
            !isMine,
            () => (after.Esi[me] == 0) & Reading<W>.GoesOn(x, me) & (after.Stage == Stages.User),
            () =>
                Reading<W>.Either(
                    isBusy,
                    () =>
                        (after.Eip[me] == Reading<W>.InSpace(before.Eip[me] - 2))
                        & (after.Current == before.Mappings.Owner),
                    () =>
                        (after.Mappings.Doomed[row] == 1)
                        & (after.Mappings.Operation == Operations.Delete)
                        & (after.Mappings.Owner == me)
                        & (after.Mappings.Target == row)
                        & Reading<W>.Is(after, me, ThreadStatus.Mapping)
                        & (after.Stage == Stages.Map)
                        & Same(x, me, s => s.Esi)
                        & Same(x, me, s => s.Eip)
                )
        );
    }

    private static Truth Creates(Step<W> x, W t)
    {
        var (before, after, owner, task) = (x.Before, x.After, x.Before.Mappings.Owner, x.Before.Mappings.Target);
        var (mine, named) = (Reading<W>.TaskOf(before, owner), before.Row(before.Eax[owner]));
        var isActive = before.Ebx[owner] != 0;
        var old = before.Mappings.Version[task];
        var version = W.Select(isActive, W.Select(old == 0x3FF, 1, old + 1), old);
        var chief = W.Select(
            !isActive & Reading<W>.Names(before, before.Eax[owner], named),
            Reading<W>.TaskOf(before, named),
            mine
        );
        var id = (chief << 24) | (task << 16) | version;
        var active =
            (after.Id[t] == id)
            & Reading<W>.IsFree(after, t)
            & (after.Eip[t] == Reading<W>.InSpace(before.Edx[owner]))
            & (after.Esp[t] == before.Ecx[owner])
            & (after.Pager[t] == before.Ebx[owner])
            & (after.Eflags[t] == 0x202)
            & (after.Quantum[t] == before.Quantum[owner])
            & (after.Mcp[t] == W.Select(before.Eax[owner] < before.Mcp[owner], before.Eax[owner], before.Mcp[owner]))
            & AllCleared(column => Same(x, t, column));
        return (after.Esi[owner] == id)
            & (after.Mappings.Chief[task] == chief)
            & (after.Mappings.Version[task] == version)
            & (after.Mappings.Small[task] == 0)
            & (after.Mappings.Doomed[task] == 0)
            & Reading<W>.Either(isActive, () => active, () => Reading<W>.Is(after, t, ThreadStatus.Inactive));
    }

    private static Truth KeepsTask(Step<W> x, W task)
    {
        var (before, after) = (x.Before.Mappings, x.After.Mappings);
        var chief = before.Chief[task] == after.Chief[task];
        var version = before.Version[task] == after.Version[task];
        var small = before.Small[task] == after.Small[task];
        var doomed = before.Doomed[task] == after.Doomed[task];
        return x.Entry switch
        {
            Entry.Map => Reading<W>.Either(
                before.Doomed[task] == 1,
                () =>
                    Reading<W>.Implies(after.Doomed[task] == 0, () =>
                        (task == before.Target)
                        | (
                            (after.Chief[task] == Reading<W>.TaskOf(x.Before, before.Owner))
                            & (after.Small[task] == 0)
                            & version
                        )
                    ),
                () =>
                    chief
                    & version
                    & small
                    & (doomed | ((before.Pass == Passes.Clan) & (before.Doomed[before.Chief[task]] == 1)))
            ),
            Entry.TaskNew => chief & version & small,
            Entry.ThreadSchedule => chief
                & version
                & doomed
                & (small | (task == Reading<W>.TaskOf(x.Before, x.Before.Row(x.Before.Esi[x.Me])))),
            Entry.Outgrow => chief & version & doomed & (small | (task == Reading<W>.TaskOf(x.Before, x.Me))),
            _ => chief & version & small & doomed,
        };
    }

    /// <summary>
    /// Whether <paramref name="holds"/> is true for each column that a deletion clears and a creation keeps. A new
    /// thread has 0 there.
    /// </summary>
    private static Truth AllCleared(Func<Func<State<W>, Column<W>>, Truth> holds)
    {
        Truth all = true;
        foreach (
            var column in (Func<State<W>, Column<W>>[])
                [
                    s => s.Preempter,
                    s => s.Faulting,
                    s => s.Consumed,
                    s => s.TrapAddress,
                    s => s.Eax,
                    s => s.Ecx,
                    s => s.Edx,
                    s => s.Ebx,
                    s => s.Ebp,
                    s => s.Esi,
                    s => s.Edi,
                ]
        )
            all &= holds(column);
        return all;
    }
}
