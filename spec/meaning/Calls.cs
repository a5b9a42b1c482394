using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>
/// System calls: the results of each call, and the threads and tasks that it makes. Every register that is not a result
/// keeps its value. (Interface, sections 2, 4, 7, 8 and 9.)
/// </summary>
public static partial class Calls<W>
    where W : struct, IWord<W>
{
    public static readonly IReadOnlyList<Property<W>> All =
    [
        Property<W>.KeptByThreads(
            "results-only-where-named",
            "2.2 2.3 13.4",
            "a register of the caller changes only if it is a result",
            Reading<W>.Every,
            (x, t, _) =>
                Reading<W>.Implies((t == x.Me) & !Reading<W>.Is(x.After, t, ThreadStatus.Inactive), () =>
                    KeepsOwn(x, t)
                )
        ),
        Property<W>.KeptByThreads(
            "nobody-elses-registers-change",
            "2.2 14.15",
            "a register of another thread changes only by a message, a code, lthread_ex_regs or a deletion",
            Reading<W>.Every,
            (x, t, _) => Reading<W>.Implies(t != x.Me, () => KeepsOthers(x, t))
        ),
        Property<W>.KeptByThreads(
            "attributes-are-kept",
            "1.1 7.5 7.6 7.11 8.3 8.7",
            "a thread's id, pager, preempters, priority and slice change only by the calls that set them",
            Reading<W>.Every,
            (x, t, _) => KeepsAttributes(x, t)
        ),
        Property<W>.KeptByThreads(
            "id-nearest-gives-an-id",
            "4.1 4.2 4.3",
            "id_nearest gives the id in ESI, or the caller's for nil, and type 0",
            [Entry.IdNearest],
            (x, t, _) =>
                Reading<W>.Implies(t == x.Me, () =>
                    (x.After.Eax[t] == 0)
                    & (x.After.Stage == Stages.User)
                    & (x.After.Esi[t] == W.Select(x.Before.Esi[t] == 0, x.Before.Id[t], x.Before.Esi[t]))
                )
        ),
        Property<W>.KeptByThreads(
            "exchange-trap-exchanges",
            "14.19",
            "exchange_trap exchanges EAX and the trap address",
            [Entry.ExchangeTrap],
            (x, t, _) =>
                Reading<W>.Implies(t == x.Me, () =>
                    (x.After.Eax[t] == x.Before.TrapAddress[t])
                    & (x.After.TrapAddress[t] == x.Before.Eax[t])
                    & (x.After.Stage == Stages.User)
                )
        ),
        Property<W>.KeptByThreads(
            "int-80h-goes-to-the-trap-address",
            "14.20 14.21 14.22",
            "INT 80h continues at the trap address, which becomes the address behind the INT",
            [Entry.Trap],
            (x, t, _) =>
                Reading<W>.Implies(t == x.Me, () =>
                    (x.After.Eip[t] == Reading<W>.InSpace(x.Before.TrapAddress[t]))
                    & (x.After.TrapAddress[t] == x.Before.Eip[t] + 2)
                    & (x.After.Stage == Stages.User)
                )
        ),
        Property<W>.KeptByThreads(
            "a-trap-address-is-kept",
            "14.18 14.25",
            "a trap address changes only by exchange_trap or INT 80h of its thread, and is 0 in a new thread",
            Reading<W>.Every,
            (x, t, _) => KeepsTrapAddress(x, t)
        ),
        Property<W>.KeptByThreads(
            "schedule-reads-and-sets",
            "7.1 7.2 7.3 7.4 7.8 7.9 7.10 7.11 7.21 7.22 7.23 7.25",
            "thread_schedule gives the old values and sets the new ones, if it may",
            [Entry.ThreadSchedule],
            (x, t, _) => Reading<W>.Implies(t == x.Me, () => Schedules(x))
        ),
        Property<W>.OfThreads(
            "ex-regs-reads-and-sets",
            "8.1 8.2 8.3 8.4 8.5 8.6 8.11 8.16 9.19",
            "lthread_ex_regs gives the old values and sets the new ones, or FFFFFFFFh",
            [Entry.LthreadExRegs],
            (x, t, _) => Reading<W>.Implies(t == Reading<W>.Named(x), () => Exchanges(x, t))
        ),
        Property<W>.OfThreads(
            "ex-regs-ends-a-wait",
            "8.12 8.14 8.15",
            "another thread whose values are exchanged becomes ready, and its wait ends",
            [Entry.LthreadExRegs],
            (x, t, _) =>
                Reading<W>.Implies((t == Reading<W>.Named(x)) & (t != x.Me) & !IsPutOff(x, t) & !IsRefused(x, t), () =>
                    Reading<W>.IsFree(x.After, t) & !Reading<W>.IsFaulting(x.After, t)
                )
        ),
        Property<W>.KeptByThreads(
            "a-task-is-its-chiefs",
            "9.1 9.2 9.3",
            "task_new starts to delete a task whose chief is the caller's task, or returns nil",
            [Entry.TaskNew],
            (x, t, _) => Reading<W>.Implies(t == x.Me, () => BeginsDeletion(x))
        ),
        Property<W>.OfThreads(
            "a-new-thread-is-as-asked",
            "1.11 1.12 1.13 9.4 9.5 9.6 9.8 9.9 9.10 9.11 9.12 9.20 13.1 15.4",
            "a deletion ends with the new task for which the caller asked",
            [Entry.Map],
            (x, t, _) =>
                Reading<W>.Implies(
                    Reading<W>.Ends(x, Operations.Delete, x.Before.Mappings.Owner)
                        & (t == x.Before.Mappings.Target * x.Before.Limits.Lthreads),
                    () => Creates(x, t)
                )
        ),
        Property<W>.KeptByThreads(
            "a-deleted-thread-is-gone",
            "9.3 1.2",
            "a deleted thread keeps no value, in particular no id",
            [Entry.Map],
            (x, t, _) =>
                Reading<W>.Implies(
                    Reading<W>.Is(x.After, t, ThreadStatus.Inactive)
                        & !Reading<W>.Is(x.Before, t, ThreadStatus.Inactive),
                    () => IsBlank(x.After, t)
                )
        ),
        Property<W>.KeptByThreads(
            "a-large-task-is-large",
            "12.3 12.4 9.18",
            "a task that outgrows its small space gets a large one, and no thread is told",
            [Entry.Outgrow],
            (x, t, _) =>
                Reading<W>.Implies(t == x.Me, () =>
                    (x.After.Mappings.Small[Reading<W>.TaskOf(x.Before, t)] == 0) & (x.After.Stage == Stages.User)
                )
        ),
        new(
            "chiefs-are-kept",
            "9.2 9.8 9.13 7.21 12.3",
            "a task's chief, version and small space change only by the calls that set them",
            Table.Task,
            Reading<W>.Every,
            (x, task, _) => KeepsTask(x, task)
        )
        {
            Keeps = true,
        },
    ];

    /// <summary>Whether a thread's row is 0 in every column, whatever columns there are.</summary>
    private static Truth IsBlank(State<W> state, W thread)
    {
        Truth all = true;
        foreach (var (info, column) in state.Columns)
            if (info.Table == Table.Thread)
                all &= column[thread] == 0;
        return all;
    }

    private static Truth KeepsOwn(Step<W> x, W t)
    {
        var keeps = Same(x, t, s => s.Ebp) & Same(x, t, s => s.Edi);
        var words = Same(x, t, s => s.Edx) & Same(x, t, s => s.Ebx);
        var frame = Same(x, t, s => s.Esp) & Same(x, t, s => s.Eip);
        var flags = x.After.Eflags[t] == x.Before.Eflags[t];
        var resumed = x.After.Eflags[t] == (x.Before.Eflags[t] | 0x10000);
        var (eax, ecx, esi) = (Same(x, t, s => s.Eax), Same(x, t, s => s.Ecx), Same(x, t, s => s.Esi));
        return x.Entry switch
        {
            Entry.Ipc => keeps & words & frame & flags & ecx & esi,
            Entry.IdNearest => keeps & words & frame & flags & ecx,
            Entry.ExchangeTrap => keeps & words & frame & flags & ecx & esi,
            Entry.Trap => keeps & words & Same(x, t, s => s.Esp) & resumed & eax & ecx & esi,
            Entry.ThreadSchedule => keeps & frame & flags,
            Entry.LthreadExRegs => keeps,
            Entry.TaskNew => keeps & words & Same(x, t, s => s.Esp) & flags & eax & ecx,
            Entry.PageFault or Entry.Outgrow => keeps & words & frame & resumed & eax & ecx & esi,
            Entry.Exception => keeps
                & words
                & frame
                & eax
                & ecx
                & esi
                & Reading<W>.Either(
                    (x.Argument == 1) | (x.Argument == 3) | (x.Argument == 4),
                    () => flags,
                    () => resumed
                ),
            Entry.Protection => keeps & words & frame & resumed & eax & ecx & esi,
            Entry.Receive or Entry.Accept => Same(x, t, s => s.Ebp) & frame & flags & ecx,
            Entry.Map => MapKeeps(x, t),
            _ => keeps & words & frame & flags & eax & ecx & esi,
        };
    }

    private static Truth KeepsOthers(Step<W> x, W t)
    {
        var (before, after) = (x.Before, x.After);
        var frame = Same(x, t, s => s.Ecx) & Same(x, t, s => s.Ebp);
        var place = Same(x, t, s => s.Esp) & Same(x, t, s => s.Eip) & Same(x, t, s => s.Eflags);
        var words = Same(x, t, s => s.Edx) & Same(x, t, s => s.Ebx) & Same(x, t, s => s.Edi) & Same(x, t, s => s.Esi);
        var eax = Same(x, t, s => s.Eax);
        var waited = Reading<W>.Listens(before, t) | Reading<W>.IsSending(before, t);
        return x.Entry switch
        {
            Entry.Map => MapKeeps(x, t),
            Entry.LthreadExRegs => frame & words & Reading<W>.Implies(!Reading<W>.IsExchanged(x, t), () => place & eax),
            Entry.Accept => frame & place & words & (eax | (t == before.Partner[x.Me])),
            Entry.Ipc or Entry.PageFault or Entry.Protection or Entry.Exception or Entry.Wake or Entry.Interrupt =>
                frame
                    & place
                    & ((words & (eax | waited)) | (Reading<W>.Listens(before, t) & !Reading<W>.Listens(after, t))),
            _ => frame & place & words & eax,
        };
    }

    // An operation on mappings gives a code to the giver and the receiver of an item. A deletion gives an id to the
    // creator of the task, and initial registers to the new thread.
    private static Truth MapKeeps(Step<W> x, W t)
    {
        var gone = Reading<W>.Is(x.After, t, ThreadStatus.Inactive) | Reading<W>.Is(x.Before, t, ThreadStatus.Inactive);
        var creates = Reading<W>.Ends(x, Operations.Delete, t);
        return gone
            | (
                Same(x, t, s => s.Ecx)
                & Same(x, t, s => s.Ebp)
                & Same(x, t, s => s.Esp)
                & Same(x, t, s => s.Eip)
                & Same(x, t, s => s.Eflags)
                & Same(x, t, s => s.Edx)
                & Same(x, t, s => s.Ebx)
                & Same(x, t, s => s.Edi)
                & (creates | Same(x, t, s => s.Esi))
                & (Same(x, t, s => s.Eax) | (!Reading<W>.Is(x.Before, t, ThreadStatus.Ready) & !creates))
            );
    }

    private static Truth KeepsAttributes(Step<W> x, W t)
    {
        var gone =
            x.Entry == Entry.Map
                ? Reading<W>.Is(x.After, t, ThreadStatus.Inactive) | Reading<W>.Is(x.Before, t, ThreadStatus.Inactive)
                : false;
        var scheduled = x.Entry == Entry.ThreadSchedule ? Reading<W>.Names(x.Before, x.Before.Esi[x.Me], t) : false;
        var exchanged = Reading<W>.IsExchanged(x, t);
        var starts = exchanged & Reading<W>.Is(x.Before, t, ThreadStatus.Inactive);
        return gone
            | (
                (Same(x, t, s => s.Id) | starts)
                & (Same(x, t, s => s.Pager) | exchanged)
                & (Same(x, t, s => s.Preempter) | exchanged)
                & (Same(x, t, s => s.ExternalPreempter) | scheduled)
                & (Same(x, t, s => s.Priority) | scheduled | starts)
                & (Same(x, t, s => s.Quantum) | scheduled | starts)
            );
    }

    private static Truth KeepsTrapAddress(Step<W> x, W t)
    {
        var gone = x.Entry == Entry.Map ? Reading<W>.Is(x.After, t, ThreadStatus.Inactive) : false;
        var exchanges = x.Entry is Entry.ExchangeTrap or Entry.Trap ? t == x.Me : false;
        return Same(x, t, s => s.TrapAddress) | exchanges | (gone & (x.After.TrapAddress[t] == 0));
    }

    private static Truth Same(Step<W> x, W t, Func<State<W>, Column<W>> column) =>
        Reading<W>.Same(column(x.Before), column(x.After), t);
}
