using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>A property of the machine at every cut point, for all rows i of one table and j of another.</summary>
public sealed record RepresentationInvariant<W>(
    string Name, string Why, Table I, Table J, Func<Representation<W>, W, W, Truth> Holds) where W : struct, IWord<W>;

/// <summary>
/// What the kernel's memory and the processor satisfy at every cut point beyond what <see cref="View{W}"/> shows: sets as
/// two-level bitmaps that agree with the thread table, and the registers of the processor itself.
/// </summary>
public sealed class Representation<W>(View<W> view, State<W> state) where W : struct, IWord<W>
{
    /// <summary>The invariant that a user can break by loading other selectors: every entry restores it.</summary>
    public const string SegmentsName = "segments";

    private static readonly uint[] DataSegments = [0, 3, 4, 5];

    private readonly Layout _layout = view.Layout;

    public static readonly IReadOnlyList<RepresentationInvariant<W>> All =
    [
        new("ready-sets", "a thread is in the set of its priority if it competes for the processor, and in no other",
            Table.Priority, Table.Thread, (m, p, t) =>
            Bit(m.ReadyWord(p, t), t & 31) == (m.State.Competes(t) & (m.State.Priority[t] == p))),
        new("ready-summaries", "a priority's summary tells which words of its set are not empty",
            Table.Priority, Table.Thread, (m, p, t) =>
            Bit(m.ReadySummary(p), t >> 5) == (m.ReadyWord(p, t) != 0)),
        new("priority-map", "the map tells which priorities have a competing thread",
            Table.Priority, Table.Processor, (m, p, _) =>
            Bit(m.PriorityMap(p), p & 31) == (m.ReadySummary(p) != 0)),
        new("priority-summary", "the summary tells which words of the map are not empty",
            Table.Priority, Table.Processor, (m, p, _) =>
            Bit(m.PrioritySummary, p >> 5) == (m.PriorityMap(p) != 0)),
        new("top-priority", "no competing thread has a priority above the top", Table.Thread, Table.Processor, (m, t, _) =>
            !m.State.Competes(t) | (m.State.Priority[t] <= m.Top)),
        new("sender-sets", "a thread is in the sender set of the thread it waits to send to, and in no other",
            Table.Thread, Table.Thread, (m, r, t) =>
            Bit(m.SendersWord(r, t), t & 31) == m.State.SendsTo(t, r)),
        new("sender-summaries", "a receiver's summary tells which words of its sender set are not empty",
            Table.Thread, Table.Thread, (m, r, t) =>
            Bit(m.Senders(r), t >> 5) == (m.SendersWord(r, t) != 0)),
        new("directories", "a thread runs in its task's page directory", Table.Thread, Table.Processor, (m, t, _) =>
            m.Directory(t) == m.DirectoryOf(t)),
        new("saved-selectors", "a saved frame returns to ring 3", Table.Thread, Table.Processor, (m, t, _) =>
            (m.State.Status[t] == ThreadStatus.Inactive) | m.InProcessor(t)
            | ((m.View.Thread(t, Layout.Cs) == Layout.UserCode) & (m.View.Thread(t, Layout.Ss) == Layout.UserData))),
        new("address-space", "CR3 is the page directory of the current thread, of anyone when there is none",
            Table.Processor, Table.Processor, (m, _, _) => m.AddressSpace),
        new(SegmentsName, "the data segments are flat user segments after every entry",
            Table.Processor, Table.Processor, (m, _, _) => m.Segments),
    ];

    public View<W> View => view;

    public State<W> State => state;

    private W ReadyWord(W priority, W thread) =>
        view.Get(_layout.Ready, (priority * _layout.Words) | (thread >> 5), _layout.ReadyWord);

    private W ReadySummary(W priority) => view.Get(_layout.ReadySummary, priority, _layout.ReadySummaryWord);

    private W PriorityMap(W priority) => view.Get(_layout.PriorityMap, priority >> 5, _layout.PriorityWord);

    private W PrioritySummary => view.Get(_layout.PrioritySummary, 0, _layout.PrioritySummaryWord);

    private W Top => view.Get(_layout.Top, 0, Layout.TopPriority);

    private W SendersWord(W receiver, W thread) =>
        view.Get(_layout.SenderSets, (receiver * _layout.Words) | (thread >> 5), _layout.SendersWord);

    private W Senders(W receiver) => view.Thread(receiver, _layout.Senders);

    private W Directory(W thread) => view.Thread(thread, Layout.Directory);

    /// <summary>Physical address of the page directory of a thread's task.</summary>
    private W DirectoryOf(W thread) => (uint)Layout.Physical(_layout.Directories) + TaskOf(thread) * Layout.PageSize;

    private W TaskOf(W thread) => thread >> (uint)System.Numerics.BitOperations.Log2(_layout.Limits.Lthreads);

    private Truth InProcessor(W thread) => (view.Machine.Stage == Stages.User) & (thread == view.Current);

    private Truth AddressSpace
    {
        get
        {
            var offset = view.Machine.Cr3 - Layout.Physical(_layout.Directories);
            return ((view.Current == State<W>.Nobody) & ((offset & (Layout.PageSize - 1)) == 0) & (offset < _layout.Limits.Tasks * Layout.PageSize))
                | (view.Machine.Cr3 == DirectoryOf(view.Current));
        }
    }

    private Truth Segments
    {
        get
        {
            Truth flat = true;
            foreach (var segment in DataSegments) flat &= view.Machine.Selector((int)segment) == Layout.UserData;
            return flat;
        }
    }

    private static Truth Bit(W word, W number) => ((word >> number) & 1) == 1;
}
