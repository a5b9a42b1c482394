using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>
/// The processor's page directories, page tables and I/O bitmaps that a state requires, without the bits that the
/// processor sets itself (SDM 3A, 4.3 and 4.8).
/// </summary>
public static class PageEntries
{
    /// <summary>
    /// The directory entry of a slot: the task's page table in it, or the kernel's, or the table of a small space.
    /// </summary>
    public static W OfDirectory<W>(Layout layout, State<W> state, W slot)
        where W : struct, IWord<W>
    {
        const uint kernels = MappingLayout.Present | MappingLayout.Writable,
            users = kernels | MappingLayout.User;
        var (task, number) = (slot >> layout.Limits.Paging.SlotBits, slot & layout.Limits.Paging.SlotMask);
        var table = state.Mappings.TableAt[slot];
        var user = W.Select(
            table == 0,
            0,
            table * Layout.PageSize + (Layout.Physical(layout.Mappings.PageTables.Base) | users)
        );
        var kernel =
            (number - Layout.KernelSlot) * Layout.PageSize + (Layout.Physical(layout.KernelPageTables) | kernels);
        var tss = task * Layout.PageSize + (Layout.Physical(layout.TssTables) | kernels);
        var small = number - Layout.RegionSlot;
        return W.Select(
            number < Layout.KernelSlot,
            user,
            W.Select(
                number < Layout.RegionSlot,
                W.Select(number == layout.Tss >> 22, tss, kernel),
                W.Select(
                    small < layout.Limits.Tasks,
                    small * Layout.PageSize + (Layout.Physical(layout.Mappings.SmallTables.Base) | users),
                    0
                )
            )
        );
    }

    /// <summary>
    /// The entry of a page in the table of its task's small space: that of the same page in the task's own tables.
    /// </summary>
    public static W OfSmallTable<W>(State<W> state, W row)
        where W : struct, IWord<W>
    {
        var (task, page) = TaskAndPage(row);
        return OfTable(state, state.EntryOf(state.TableOf(task, page), page));
    }

    /// <summary>The task and the page of a row of the tables of small spaces.</summary>
    public static (W Task, W Page) TaskAndPage<W>(W row)
        where W : struct, IWord<W> =>
        (
            row >> (uint)System.Numerics.BitOperations.Log2(MappingLayout.SmallPages),
            row & (MappingLayout.SmallPages - 1)
        );

    /// <summary>
    /// The high dword of the descriptor of the small space in which a thread of the task may run; 0 if there is none.
    /// </summary>
    public static W OfSmallSpace<W>(State<W> state, W task)
        where W : struct, IWord<W> => W.Select(state.Mappings.Small[task] == 0, 0, UserSegments.HighOf(task));

    /// <summary>32 bits of a task's I/O bitmap. A bit is 0 if its port is mapped.</summary>
    public static W OfPorts<W>(State<W> state, W row)
        where W : struct, IWord<W>
    {
        var (task, page) = (
            row >> (uint)System.Numerics.BitOperations.Log2(MappingLayout.PortWords),
            PageOfPorts(state.Limits, row)
        );
        return W.Select(state.NodeOf(task, page) == 0, 0xFFFF, 0)
            | W.Select(state.NodeOf(task, page + 1) == 0, 0xFFFF0000, 0);
    }

    /// <summary>The first of the two pages of ports in a row of the I/O bitmaps.</summary>
    public static W PageOfPorts<W>(Limits limits, W row)
        where W : struct, IWord<W> => (row & (MappingLayout.PortWords - 1)) * 2 + limits.Paging.UserPages;

    /// <summary>The words of the I/O bitmaps that belong to a slot; none unless it is a slot of ports.</summary>
    public static IEnumerable<uint> PortWordsOf(Limits limits, uint slot)
    {
        var (slots, each) = (limits.Paging.Slots, limits.Paging.Entries / 2);
        var first = slot % slots - Layout.KernelSlot;
        return first >= MappingLayout.PortWords / each
            ? []
            : Enumerable
                .Range((int)(slot / slots * MappingLayout.PortWords + first * each), (int)each)
                .Select(word => (uint)word);
    }

    /// <summary>The word of the I/O bitmaps that contains a page of a page table; null for a page of memory.</summary>
    /// <param name="limits">Sizes of the tables.</param>
    /// <param name="task">The task that has the page table; 0 for none.</param>
    /// <param name="slot">The page table's slot in its task's directory.</param>
    /// <param name="page">The row of the page.</param>
    public static uint? PortWordOf(Limits limits, uint task, uint slot, uint page)
    {
        var (entries, ofPorts) = (limits.Paging.Entries, slot - Layout.KernelSlot);
        return task == 0 || ofPorts >= limits.Paging.Slots - Layout.KernelSlot
            ? null
            : task * MappingLayout.PortWords + (ofPorts * entries + page % entries) / 2;
    }

    /// <summary>
    /// The row of a page of a page table in the tables of small spaces; null for a page beyond the small space.
    /// </summary>
    /// <inheritdoc cref="PortWordOf"/>
    public static uint? SmallPageOf(Limits limits, uint task, uint slot, uint page)
    {
        var number = slot * limits.Paging.Entries + page % limits.Paging.Entries;
        return task == 0 || number >= MappingLayout.SmallPages ? null : task * MappingLayout.SmallPages + number;
    }

    /// <summary>The page-table entry of a page: the frame of the mapping at that page, with its rights.</summary>
    public static W OfTable<W>(State<W> state, W page)
        where W : struct, IWord<W>
    {
        const uint readable = MappingLayout.Present | MappingLayout.User,
            writable = readable | MappingLayout.Writable;
        var m = state.Mappings;
        var node = m.NodeAt[page];
        return W.Select(
            node == 0,
            0,
            m.Frame[node] * Layout.PageSize | W.Select(m.IsWritable(node), writable, readable)
        );
    }
}
