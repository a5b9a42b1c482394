using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>
/// How the models read a state, and the numbers of the interface. These are written again on purpose: if one of the
/// spec's own predicates or numbers is wrong, it differs from the one here.
/// </summary>
internal static class Reading<W>
    where W : struct, IWord<W>
{
    public const uint Nobody = 0;

    /// <summary>Condition codes (interface, section 1).</summary>
    public const uint Done = 0x00,
        Mapped = 0x02,
        NoPartner = 0x10,
        ReceiveTimeout = 0x20,
        SendTimeout = 0x30,
        ReceiveCancelled = 0x40,
        SendCancelled = 0x50,
        ReceiveMapFailed = 0x62,
        SendMapFailed = 0x70,
        ReceiveAborted = 0xC2,
        SendAborted = 0xD0,
        ReceiveCut = 0xE0,
        SendCut = 0xF0;

    public const uint None = 0xFFFFFFFF;

    /// <summary>Entries at which the current thread raises an exception.</summary>
    public static readonly Entry[] Faults = [Entry.PageFault, Entry.Protection, Entry.Exception];

    /// <summary>Entries whose steps may transfer a message.</summary>
    public static readonly Entry[] Transfers = [Entry.Ipc, Entry.Accept, .. Faults, Entry.Wake];

    public static readonly Entry[] Every = Enum.GetValues<Entry>();

    /// <summary>The EIP of a thread that is given one, which may be beyond its space.</summary>
    public static W InSpace(W eip) => W.Select(eip >= 0xF0400000, 0xF03FFFFF, eip);

    /// <summary>Implication. If the condition is known to be false, the conclusion is not evaluated.</summary>
    public static Truth Implies(Truth condition, Func<Truth> conclusion) =>
        condition.Undecided is not null ? !condition | conclusion()
        : condition.Known ? conclusion()
        : true;

    /// <summary>
    /// One of two truths, chosen by a condition. If the condition is known, only the chosen truth is evaluated.
    /// </summary>
    public static Truth Either(Truth condition, Func<Truth> then, Func<Truth> otherwise) =>
        condition.Undecided is null
            ? (condition.Known ? then() : otherwise())
            : (condition & then()) | (!condition & otherwise());

    public static Truth Is(State<W> s, W thread, uint status) => s.Status[thread] == status;

    public static Truth IsSending(State<W> s, W thread) => Is(s, thread, ThreadStatus.Sending);

    /// <summary>Whether a thread waits for a message from a thread, an interrupt or nil.</summary>
    public static Truth Listens(State<W> s, W thread) =>
        Is(s, thread, ThreadStatus.ReceivingFrom)
        | Is(s, thread, ThreadStatus.ReceivingAny)
        | Is(s, thread, ThreadStatus.Sleeping);

    /// <summary>Whether a thread would run if it had the processor.</summary>
    public static Truth Runs(State<W> s, W thread) =>
        Is(s, thread, ThreadStatus.Ready) | Is(s, thread, ThreadStatus.Resuming) | Is(s, thread, ThreadStatus.Mapping);

    /// <summary>Whether an id names a thread: all bits must agree, and the thread must be in use.</summary>
    public static Truth Names(State<W> s, W id, W thread) =>
        (id != Nobody) & (s.Id[thread] == id) & !Is(s, thread, ThreadStatus.Inactive);

    /// <summary>Whether a receiver admits a sender: it waits for anyone, or for that thread.</summary>
    public static Truth Admits(State<W> s, W receiver, W sender) =>
        Is(s, receiver, ThreadStatus.ReceivingAny)
        | (Is(s, receiver, ThreadStatus.ReceivingFrom) & (s.Partner[receiver] == sender));

    /// <summary>Whether a thread is waiting to send to another thread.</summary>
    public static Truth Sends(State<W> s, W sender, W receiver) =>
        IsSending(s, sender) & (s.Partner[sender] == receiver);

    public static Truth IsFaulting(State<W> s, W thread) => s.Faulting[thread] == 1;

    /// <summary>
    /// Whether the receiver takes a map item of the message: into a window, or as the answer to a fault. A message
    /// within one task, or to σ0 (task 2), maps nothing. A thread with mcp 0 gives no item, and takes only its chief's
    /// answers to its faults.
    /// </summary>
    public static Truth HasItem(State<W> s, W from, W to) =>
        !IsFaulting(s, from)
        & (s.Mcp[from] > 0)
        & ((s.Eax[from] & 2) != 0)
        & (IsFaulting(s, to) | (((s.Ebp[to] & 2) != 0) & Fpage.IsValid(s.Ebp[to])))
        & ((s.Mcp[to] > 0) | (IsFaulting(s, to) & (s.Mappings.Chief[TaskOf(s, to)] == TaskOf(s, from))))
        & (TaskOf(s, from) != TaskOf(s, to))
        & (TaskOf(s, to) != 2);

    public static W TaskOf(State<W> s, W thread) => thread >> s.Limits.LthreadBits;

    /// <summary>Whether a thread's task is being deleted.</summary>
    public static Truth IsDoomed(State<W> s, W thread) => s.Mappings.Doomed[TaskOf(s, thread)] == 1;

    public static Truth IsSendZero(W timeouts) => ((timeouts & 0xF0) != 0) & ((timeouts & 0xFF0000) == 0);

    public static Truth IsReceiveZero(W timeouts) => ((timeouts & 0x0F) != 0) & (timeouts >> 24 == 0);

    /// <summary>
    /// Whether a wait that has just begun has the deadline that its timeout requires (law
    /// <c>timeouts-last-as-asked</c>).
    /// </summary>
    public static Truth IsTimedToSend(State<W> after, W thread, W timeouts) =>
        IsTimed(after, thread, (timeouts & 0xF0) == 0, Timeouts.SendTicks(timeouts));

    /// <inheritdoc cref="IsTimedToSend"/>
    public static Truth IsTimedToReceive(State<W> after, W thread, W timeouts) =>
        IsTimed(after, thread, (timeouts & 0x0F) == 0, Timeouts.ReceiveTicks(timeouts));

    private static Truth IsTimed(State<W> after, W thread, Truth infinite, W ticks) =>
        Either(
            infinite,
            () => after.Timed[thread] == 0,
            () => (after.Timed[thread] == 1) & (after.Deadline[thread] == after.Clock + ticks)
        );

    /// <summary>Whether a thread's ipc has ended with a code, and the thread is ready.</summary>
    public static Truth Ended(State<W> after, W thread, uint code) =>
        IsFree(after, thread) & (after.Eax[thread] == code);

    /// <summary>Whether a thread is ready, waits for no thread, and has no deadline.</summary>
    public static Truth IsFree(State<W> s, W thread) =>
        Is(s, thread, ThreadStatus.Ready) & (s.Partner[thread] == Nobody) & (s.Timed[thread] == 0);

    /// <summary>Whether a thread keeps its status, with the same partner and the same deadline.</summary>
    public static Truth GoesOn(Step<W> x, W thread) =>
        (x.Before.Status[thread] == x.After.Status[thread])
        & (x.Before.Partner[thread] == x.After.Partner[thread])
        & (x.Before.Timed[thread] == x.After.Timed[thread])
        & (x.Before.Faulting[thread] == x.After.Faulting[thread])
        & Implies(x.Before.Timed[thread] == 1, () => x.Before.Deadline[thread] == x.After.Deadline[thread]);

    public static Truth Same(Column<W> before, Column<W> after, W row) => before[row] == after[row];

    /// <summary>The row of the lthread of the caller's task that lthread_ex_regs names in EAX.</summary>
    public static W Named(Step<W> x) =>
        (x.Me & ~(x.Before.Limits.Lthreads - 1)) | (x.Before.Eax[x.Me] & (x.Before.Limits.Lthreads - 1));

    /// <summary>Whether lthread_ex_regs names a thread.</summary>
    public static Truth IsExchanged(Step<W> x, W thread) =>
        x.Entry == Entry.LthreadExRegs ? (x.Before.Eax[x.Me] < x.Before.Limits.Lthreads) & (Named(x) == thread) : false;

    /// <summary>Whether the operation of an owner ends in a step.</summary>
    public static Truth Ends(Step<W> x, uint operation, W owner) =>
        x.Entry == Entry.Map
            ? (x.Before.Mappings.Operation == operation)
                & (x.Before.Mappings.Owner == owner)
                & (x.After.Mappings.Operation == Operations.None)
            : false;
}
