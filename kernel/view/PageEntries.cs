using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>What the processor's page directories and tables hold of a state, but for the marks it makes itself (SDM 3A, 4.3 and 4.8).</summary>
internal static class PageEntries
{
    /// <summary>The directory entry of a slot: the page table that is there, or the kernel's.</summary>
    public static W OfDirectory<W>(Layout layout, State<W> state, W slot) where W : struct, IWord<W>
    {
        const uint kernels = MappingLayout.Present | MappingLayout.Writable, users = kernels | MappingLayout.User;
        var table = state.Mappings.TableAt[slot];
        var user = W.Select(table == 0, 0, table * Layout.PageSize + (Layout.Physical(layout.Mappings.PageTables.Base) | users));
        var kernel = (slot & (layout.Limits.Paging.Slots - 1)) - Layout.KernelSlot;
        return W.Select(kernel < Layout.KernelTables, kernel * Layout.PageSize + (Layout.Physical(layout.KernelPageTables) | kernels), user);
    }

    /// <summary>The page-table entry of a page: the frame of the mapping that is there, with its rights.</summary>
    public static W OfTable<W>(State<W> state, W page) where W : struct, IWord<W>
    {
        const uint readable = MappingLayout.Present | MappingLayout.User, writable = readable | MappingLayout.Writable;
        var m = state.Mappings;
        var node = m.NodeAt[page];
        return W.Select(node == 0, 0, m.Frame[node] * Layout.PageSize | W.Select(m.Level[node] > m.Depth[node], writable, readable));
    }
}
