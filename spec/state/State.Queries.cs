using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>Questions about the state: the row of a thread or page, and the event that a thread waits for.</summary>
public sealed partial class State<W>
{
    /// <summary>The row that an id names, whether or not the thread exists.</summary>
    public W Row(W id) => ThreadId.Row(id, Limits);

    /// <summary>The task of a thread.</summary>
    public W Task(W thread) => thread >> Limits.LthreadBits;

    /// <summary>The page table of a task for a page; 0 if it has none.</summary>
    public W TableOf(W task, W page) => Mappings.TableAt[SlotOf(task, page)];

    /// <summary>The row of the slot of a page.</summary>
    public W SlotOf(W task, W page) => (task * Limits.Paging.Slots) | (page >> Limits.Paging.EntryBits);

    /// <summary>The row of a page in a page table.</summary>
    public W EntryOf(W table, W page) => (table * Limits.Paging.Entries) | (page & Limits.Paging.EntryMask);

    /// <summary>The mapping at a page of a task; 0 if there is none.</summary>
    public W NodeOf(W task, W page) => Mappings.NodeAt[EntryOf(TableOf(task, page), page)];

    /// <summary>
    /// Whether <paramref name="id"/> names a thread in use. An id with a stale version, nil, and the id of an inactive
    /// thread do not.
    /// </summary>
    public Truth Exists(W id) => (Id[Row(id)] == id) & (Status[Row(id)] != ThreadStatus.Inactive);

    /// <summary>Whether the thread would run if it had the processor.</summary>
    public Truth IsReady(W thread)
    {
        var status = Status[thread];
        return (status == ThreadStatus.Ready) | (status == ThreadStatus.Resuming) | (status == ThreadStatus.Mapping);
    }

    /// <summary>
    /// Whether the thread's time slice has ticks left or is infinite. A thread without time runs on donated time only.
    /// </summary>
    public Truth HasTime(W thread) => Slice[thread] != 0;

    /// <summary>
    /// Whether the thread competes for the processor: it is ready and has time. The current thread does not compete,
    /// because it has the processor. The heir does not compete either.
    /// </summary>
    public Truth Competes(W thread) =>
        IsReady(thread) & HasTime(thread) & (thread != Current) & !((Stage >= Stages.Receive) & (thread == Heir));

    /// <summary>Whether a tick must examine the thread: its deadline is in the clock's slot.</summary>
    public Truth SharesSlot(W thread, W clock) =>
        (Timed[thread] == 1)
        & ((Deadline[thread] & (Spec.Limits.ClockSlots - 1)) == (clock & (Spec.Limits.ClockSlots - 1)));

    /// <summary>
    /// Whether a general-protection exception of the current thread with this error code is an INT 80h that continues
    /// at the thread's trap address.
    /// </summary>
    public Truth Traps(W code) => Traps(code, TrapAddress[Current]);

    /// <summary>The same for a thread whose trap address is known.</summary>
    public static Truth Traps(W code, W address) => (code == FaultMessage.TrapCode) & (address != 0);

    /// <summary>Whether <paramref name="sender"/> waits until <paramref name="receiver"/> receives.</summary>
    public Truth SendsTo(W sender, W receiver) =>
        (Status[sender] == ThreadStatus.Sending) & (Partner[sender] == receiver);

    /// <summary>Whether the handler of an interrupt waits for it.</summary>
    public Truth WaitsForInterrupt(W handler, W id) =>
        (Status[handler] == ThreadStatus.ReceivingAny)
        | ((Status[handler] == ThreadStatus.Sleeping) & (Esi[handler] == id));

    /// <summary>Whether <paramref name="receiver"/> is waiting for a message from <paramref name="sender"/>.</summary>
    public Truth WaitsFor(W receiver, W sender) =>
        (Status[receiver] == ThreadStatus.ReceivingAny)
        | ((Status[receiver] == ThreadStatus.ReceivingFrom) & (Partner[receiver] == sender));
}
