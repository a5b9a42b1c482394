using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Keeps tasks apart. Integrity says which columns a step may change. Confidentiality says whose registers may
/// influence a step. The prover shows that nothing else happens, and random programs look for violations.
/// </summary>
/// <remarks>Timing is out of scope: when a thread runs depends on the priorities and waits of all threads.</remarks>
public static class Isolation<W>
    where W : struct, IWord<W>
{
    /// <summary>The columns through which only the threads that take part in a step may influence it.</summary>
    public static bool IsPrivate(ColumnInfo column) =>
        State<W>.IsRegister(column)
        || column.Name
            is nameof(State<W>.Fault)
                or nameof(State<W>.Pager)
                or nameof(State<W>.Preempter)
                or nameof(State<W>.TrapAddress);

    /// <summary>
    /// Whether a thread takes part in the step that the kernel is about to make in state <paramref name="s"/>.
    /// </summary>
    public static Truth TakesPart(State<W> s, Entry entry, W thread) =>
        Acts(s, entry, thread) | Agrees(s, entry, thread) | (entry == Entry.Interrupt ? s.Handles[thread] != 0 : false);

    /// <summary>Whether the step may change a cell.</summary>
    public static Truth MayChange(State<W> s, Entry entry, ColumnInfo column, W row) =>
        column.Table switch
        {
            var table when table == Table.Thread => Acts(s, entry, row) | MayChangeOther(s, entry, column.Name, row),
            var table when table == Table.Page => entry == Entry.Map ? MayChangePage(s, s.Mappings, row) : false,
            var table when table == Table.Node => entry == Entry.Map
                ? MayChangeMapping(s, s.Mappings, column.Name, row)
                : false,
            var table when table == Table.Slot || table == Table.PageTable => entry == Entry.Map,
            var table when table == Table.Interrupt => entry switch
            {
                Entry.Interrupt => column.Name == nameof(State<W>.Pending),
                Entry.Receive => (s.Handler[row] == State<W>.Nobody) | (s.Handler[row] == s.Current),
                Entry.Map => IsDoomed(s, s.Handler[row]),
                _ => false,
            },
            var table when table == Table.Task => entry switch
            {
                Entry.TaskNew => s.Mappings.Chief[row] == s.Task(s.Current),
                Entry.ThreadSchedule => (column.Name == nameof(Mappings<W>.Small))
                    & (row == s.Task(s.Row(s.Esi[s.Current])))
                    & (s.Priority[s.Row(s.Esi[s.Current])] <= s.Mcp[s.Current]),
                Entry.Outgrow => (column.Name == nameof(Mappings<W>.Small)) & (row == s.Task(s.Current)),
                Entry.Map => (s.Mappings.Doomed[row] == 1) | (s.Mappings.Doomed[s.Mappings.Chief[row]] == 1),
                _ => false,
            },
            _ => true,
        };

    // The threads that act: the current thread; for lthread_ex_regs all threads of its task; in a deletion the threads
    // that are deleted, or created in their place.
    private static Truth Acts(State<W> s, Entry entry, W thread) =>
        ((s.Current != State<W>.Nobody) & (thread == s.Current))
        | (entry == Entry.LthreadExRegs ? s.Task(thread) == s.Task(s.Current) : false)
        | (entry == Entry.Map ? IsDoomed(s, thread) : false);

    private static Truth IsDoomed(State<W> s, W thread) => s.Mappings.Doomed[s.Task(thread)] == 1;

    // The threads that agreed to be changed by the step.
    // - The receiver that waits for a message, and its sender.
    // - The handler of an interrupt.
    // - A thread whose deadline has come.
    // - The giver and the receiver of a map item, whichever thread does the step.
    // - A thread whose partner is deleted.
    private static Truth Agrees(State<W> s, Entry entry, W thread)
    {
        var me = s.Current;
        var isDue = (s.Timed[thread] == 1) & (s.Deadline[thread] == s.Clock);
        return entry switch
        {
            Entry.Ipc => Waits(s, thread, s.Esi[me]),
            Entry.PageFault or Entry.Protection or Entry.Exception => Waits(s, thread, s.Pager[me]),
            Entry.Wake => isDue | Waits(s, thread, s.Preempter[me]),
            Entry.Interrupt => (s.Handles[thread] != 0) & s.WaitsForInterrupt(thread, s.Handles[thread]),
            Entry.Accept => s.SendsTo(thread, me) & (thread == s.Partner[me]),
            Entry.Map => (
                s.Mappings.Operation == Operations.None
                    ? (thread == s.Partner[me])
                    : (thread == s.Mappings.Owner) | (thread == s.Partner[s.Mappings.Owner])
            ) | IsDoomed(s, s.Partner[thread]),
            _ => false,
        };
    }

    private static Truth Waits(State<W> s, W thread, W named) =>
        (thread == s.Row(named)) & s.Exists(named) & s.WaitsFor(thread, s.Current);

    // A message brings words, the sender's id and a result. It changes no other register, and neither the identity of a
    // thread nor its pager or preempters.
    private static Truth MayChangeOther(State<W> s, Entry entry, string column, W thread) =>
        column switch
        {
            nameof(State<W>.Eax)
            or nameof(State<W>.Edx)
            or nameof(State<W>.Ebx)
            or nameof(State<W>.Esi)
            or nameof(State<W>.Edi)
            or nameof(State<W>.Status)
            or nameof(State<W>.Partner)
            or nameof(State<W>.Timed)
            or nameof(State<W>.Deadline)
            or nameof(State<W>.Faulting) => Agrees(s, entry, thread),
            nameof(State<W>.Slice) when entry == Entry.ThreadSwitch => thread == s.Row(s.Esi[s.Current]),
            nameof(State<W>.Priority)
            or nameof(State<W>.Slice)
            or nameof(State<W>.Quantum)
            or nameof(State<W>.ExternalPreempter) => entry == Entry.ThreadSchedule
                ? (thread == s.Row(s.Esi[s.Current])) & (s.Priority[thread] <= s.Mcp[s.Current])
                : false,
            _ => false,
        };

    // A page of the giver, of the task that receives it or unmaps it, or a page derived from one of these. By the
    // invariant phase-fits the root is at such a page.
    private static Truth MayChangePage(State<W> s, Mappings<W> m, W entry)
    {
        var node = m.NodeAt[entry];
        return (entry == s.EntryOf(s.TableOf(m.Source, m.SourcePage), m.SourcePage))
            | ((m.Operation == Operations.Map) & (entry == s.EntryOf(s.TableOf(m.Target, m.TargetPage), m.TargetPage)))
            | ((node != 0) & ((node == m.Root) | IsDerived(m, node)));
    }

    // Links to neighbours in the list give no right.
    private static Truth MayChangeMapping(State<W> s, Mappings<W> m, string column, W node) =>
        column is nameof(Mappings<W>.Next) or nameof(Mappings<W>.Previous)
            ? true
            : (m.Space[node] == 0) | (node == m.Root) | (node == s.NodeOf(m.Source, m.SourcePage)) | IsDerived(m, node);

    // The mapping after those that the operation has already processed.
    private static Truth IsDerived(Mappings<W> m, W node) =>
        (m.Root != 0)
        & (node == m.Next[W.Select(m.Phase == Phases.Reduce, m.At, m.Root)])
        & (m.Depth[node] > m.Depth[m.Root]);
}
