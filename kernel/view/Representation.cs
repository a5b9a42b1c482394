using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>
/// The properties of the kernel's memory and the processor at every cut point, beyond those that <see cref="View{W}"/>
/// shows. The sets are two-level bitmaps that agree with the thread table, and the processor's own registers have fixed
/// values.
/// </summary>
/// <param name="view">The machine.</param>
/// <param name="state">The state that the machine means.</param>
/// <param name="members">The sets that must contain each thread; by default those that the state requires.</param>
public sealed partial class Representation<W>(View<W> view, State<W> state, Membership<W>? members = null)
    where W : struct, IWord<W>
{
    /// <summary>The invariant that a user can break by loading other selectors. Every entry restores it.</summary>
    public const string SegmentsName = "segments";

    /// <summary>The invariant that relates every thread to the top priority.</summary>
    public const string TopName = "top-priority";

    /// <summary>The name of the invariant about the directory and the segment in a thread's row.</summary>
    public const string DirectoriesName = "directories";

    /// <summary>The name of the invariant about CR3.</summary>
    public const string AddressSpaceName = "address-space";

    // Register numbers in the encoding (SDM 2, B.1.4.2).
    private const int Es = 0,
        CodeSegment = 1,
        StackSegment = 2,
        Ds = 3,
        Fs = 4,
        Gs = 5;

    private static readonly int[] DataSegments = [Es, Ds, Fs, Gs];

    private readonly Layout _layout = view.Layout;

    private readonly Membership<W> _members = members ?? Membership<W>.Of(state);

    /// <summary>The bitmaps mean the membership of threads in sets. Only the set operations need the details.</summary>
    public static readonly IReadOnlyList<RepresentationInvariant<W>> Sets =
    [
        new(
            "ready-sets",
            "a thread is in the set of its priority if it competes for the processor, and in no other",
            Table.ReadyWord,
            Table.Thread,
            (m, w, t) => !m.InWord(w, t) | (Bit(m.ReadyWord(w), t & 31) == (m._members.Ready(t) == m.OwnerOf(w)))
        ),
        new(
            "ready-summaries",
            "a priority's summary tells which words of its set are not empty",
            Table.ReadyWord,
            Table.Processor,
            (m, w, _) => Bit(m.ReadySummary(m.OwnerOf(w)), m.PlaceOf(w)) == (m.ReadyWord(w) != 0)
        ),
        new(
            "priority-map",
            "the map tells which priorities have a competing thread",
            Table.Priority,
            Table.Processor,
            (m, p, _) => Bit(m.PriorityMap(p), p & 31) == (m.ReadySummary(p) != 0)
        ),
        new(
            "priority-summary",
            "the summary tells which words of the map are not empty",
            Table.Priority,
            Table.Processor,
            (m, p, _) => Bit(m.PrioritySummary, p >> 5) == (m.PriorityMap(p) != 0)
        ),
        new(
            "sender-sets",
            "a thread is in the sender set of the thread it waits to send to, and in no other",
            Table.SenderWord,
            Table.Thread,
            (m, w, t) => !m.InWord(w, t) | (Bit(m.SendersWord(w), t & 31) == (m._members.Sender(t) == m.OwnerOf(w)))
        ),
        new(
            "sender-summaries",
            "a receiver's summary tells which words of its sender set are not empty",
            Table.SenderWord,
            Table.Processor,
            (m, w, _) => Bit(m.Senders(m.OwnerOf(w)), m.PlaceOf(w)) == (m.SendersWord(w) != 0)
        ),
        new(
            "timer-sets",
            "a thread is in the set of its deadline's slot if it waits with one, and in no other",
            Table.TimerWord,
            Table.Thread,
            (m, w, t) => !m.InWord(w, t) | (Bit(m.TimerWord(w), t & 31) == (m._members.Timer(t) == m.OwnerOf(w)))
        ),
        new(
            "timer-summaries",
            "a slot's summary tells which words of its set are not empty",
            Table.TimerWord,
            Table.Processor,
            (m, w, _) => Bit(m.TimerSummary(m.OwnerOf(w)), m.PlaceOf(w)) == (m.TimerWord(w) != 0)
        ),
    ];

    /// <summary>All representation invariants except those of the sets.</summary>
    public static readonly IReadOnlyList<RepresentationInvariant<W>> ExceptSets =
    [
        new(TopName, "no competing thread has a priority above the top", Table.Thread, Table.Processor, (m, t, _) =>
            !m.State.Competes(t) | (m.State.Priority[t] <= m.Top)
        ),
        new(
            DirectoriesName,
            "a thread's row has its task's page directory, the segment of its task's small space, and whether it runs "
                + "there",
            Table.Thread,
            Table.Processor,
            (m, t, _) =>
                ((m.Directory(t) & ~Layout.RunsSmall) == m.DirectoryOf(t))
                & (
                    ((m.Directory(t) & Layout.RunsSmall) == 0)
                    | (
                        (m.State.Status[t] != ThreadStatus.Inactive)
                        & (PageEntries.OfSmallSpace(m.State, m.TaskOf(t)) != 0)
                    )
                )
                & (m.View.Thread(t, Layout.Segment) == UserSegments.HighOf(m.TaskOf(t)))
        ),
        new("saved-selectors", "a saved frame returns to ring 3", Table.Thread, Table.Processor, (m, t, _) =>
            (m.State.Status[t] == ThreadStatus.Inactive)
            | m.InProcessor(t)
            | (
                (m.View.Thread(t, Layout.Cs) == Layout.UserCode)
                & ((m.View.Thread(t, Layout.Ss) == Layout.UserData) | (m.View.Thread(t, Layout.Ss) == Layout.FlatData))
            )
        ),
        new(
            "user-segments",
            "the descriptors of users' segments are those of a large space, or of a small one; then none is of more, "
                + "and the TSS has no I/O bitmap",
            Table.Processor,
            Table.Processor,
            (m, _, _) => m.UserDescriptors
        ),
        new(
            AddressSpaceName,
            "CR3 is a page directory; where the current thread runs, it is its task's, or the segments are those of "
                + "its small space",
            Table.Processor,
            Table.Processor,
            (m, _, _) => m.AddressSpace
        ),
        new(
            "directories-map",
            "the processor's page directories have the page tables that are in the slots, the kernel's, and those of "
                + "the small spaces",
            Table.Slot,
            Table.Processor,
            (m, slot, _) => m.DirectoryMaps(slot)
        ),
        new(
            "page-tables-map",
            "the processor's page tables have the frame of the mapping at each page, with its rights, and nothing else",
            Table.Page,
            Table.Processor,
            (m, page, _) => m.PageTableMaps(page)
        ),
        new(
            "small-tables-map",
            "the table of each small space has the entries of its task's first 4 MB",
            Table.SmallPage,
            Table.Processor,
            (m, page, _) => m.SmallTableMaps(page)
        ),
        new(
            "interrupt-masks",
            "the interrupt controllers mask what the kernel's memory says",
            Table.Processor,
            Table.Processor,
            (m, _, _) => m.View.Machine.Masks == m.State.Masked
        ),
        new(
            "port-maps",
            "the processor's maps let each task use the ports that are mapped to it, and no others",
            Table.PortWord,
            Table.Processor,
            (m, word, _) => m.MapsPorts(word)
        ),
        new(
            SegmentsName,
            "where the current thread runs its segment registers are those of its space, FS and GS null in a small "
                + "one; the kernel has its own DS",
            Table.Processor,
            Table.Processor,
            (m, _, _) => m.Segments
        ),
    ];

    public static readonly IReadOnlyList<RepresentationInvariant<W>> All = [.. Sets, .. ExceptSets];

    public View<W> View => view;

    public State<W> State => state;

    /// <summary>The number of values of a table.</summary>
    public static uint Count(Table table, Layout layout) =>
        table == Table.ReadyWord ? layout.Ready.Rows
        : table == Table.SenderWord ? layout.SenderSets.Rows
        : table == Table.TimerWord ? layout.Timers.Rows
        : table == Table.PortWord ? layout.Mappings.PortMaps.Rows
        : table == Table.SmallPage ? layout.Mappings.SmallTables.Rows
        : State<W>.Rows(table, layout.Limits);

    /// <summary>The word of <paramref name="owner"/>'s set that contains a thread's bit.</summary>
    public static W WordOf(Layout layout, W owner, W thread) => (owner * layout.Words) | (thread >> 5);

    private Truth InWord(W word, W thread) => PlaceOf(word) == thread >> 5;

    /// <summary>The priority, receiver or slot to whose set the word belongs.</summary>
    private W OwnerOf(W word) => word >> (uint)System.Numerics.BitOperations.Log2(_layout.Words);

    /// <summary>The word's position in its set, which is its bit number in the summary.</summary>
    private W PlaceOf(W word) => word & (_layout.Words - 1);

    private W ReadyWord(W word) => view.Get(_layout.Ready, word, _layout.ReadyWord);

    private W ReadySummary(W priority) => view.Get(_layout.ReadySummary, priority, _layout.ReadySummaryWord);

    private W PriorityMap(W priority) => view.Get(_layout.PriorityMap, priority >> 5, _layout.PriorityWord);

    private W PrioritySummary => view.Get(_layout.PrioritySummary, 0, _layout.PrioritySummaryWord);

    private W Top => view.Get(_layout.Top, 0, Layout.TopPriority);

    private W SendersWord(W word) => view.Get(_layout.SenderSets, word, _layout.SendersWord);

    private W Senders(W receiver) => view.Thread(receiver, _layout.Senders);

    private W TimerWord(W word) => view.Get(_layout.Timers, word, _layout.ReadyWord);

    private W TimerSummary(W slot) => view.Get(_layout.TimerSummary, slot, _layout.TimerSummaryWord);

    private W Directory(W thread) => view.Thread(thread, Layout.Directory);

    /// <summary>Physical address of the page directory of a thread's task.</summary>
    private W DirectoryOf(W thread) => (uint)Layout.Physical(_layout.Directories) + TaskOf(thread) * Layout.PageSize;

    private W TaskOf(W thread) => thread >> _layout.Limits.LthreadBits;

    private Truth InProcessor(W thread) => view.Machine.InUserMode & (thread == view.Current);

    private static Truth Bit(W word, W number) => (word & ((W)1 << number)) != 0;
}
