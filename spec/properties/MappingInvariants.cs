using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>Invariants of mappings: properties of one row and of the rows that it points to.</summary>
internal static partial class MappingInvariants<W>
    where W : struct, IWord<W>
{
    public static readonly IReadOnlyList<Invariant<State<W>, W>> All =
    [
        Node(
            "mapping-at-its-page",
            "the page tables have each mapping at its page, so a page has at most one mapping",
            (s, m, n) => IsFree(m, n) | ((s.NodeOf(m.Space[n], m.Page[n]) == n) & (m.Space[n] < s.Limits.Tasks))
        ),
        Node(
            "ports-at-their-page",
            "memory is mapped in the user part of a space, and ports at the pages of their numbers",
            (s, m, n) =>
                IsFree(m, n)
                | W.Select(
                    m.Frame[n] < s.Limits.Paging.Frames,
                    Word(m.Page[n] < s.Limits.Paging.UserPages),
                    Word(m.Page[n] == s.Limits.Paging.Home(m.Frame[n]))
                ) == 1
        ),
        new(
            "page-has-its-mapping",
            "a mapping that the page tables have at a page is a mapping of that page",
            Table.Page,
            false,
            (s, e, _) => Has(s, s.Mappings, e)
        ),
        new(
            "table-at-its-slot",
            "a page table in use is in the slot that it records",
            Table.PageTable,
            false,
            (s, t, _) =>
                (s.Mappings.TableTask[t] == 0)
                | (
                    (SlotHas(s, s.Mappings.TableTask[t], s.Mappings.TableSlot[t]) == t)
                    & (s.Mappings.TableTask[t] < s.Limits.Tasks)
                    & (s.Mappings.TableSlot[t] < s.Limits.Paging.UserSlots)
                )
        ),
        new("slot-has-its-table", "a page table in a slot records that slot", Table.Slot, false, (s, slot, _) =>
            SlotIsRight(s, s.Mappings, slot)
        ),
        PageTable("free-table-forward", "a free page table is followed by a free one that links back to it", (m, t) =>
            !IsFreeTable(m, t)
            | (m.NextTable[t] == 0)
            | (IsFreeTable(m, m.NextTable[t]) & (m.PreviousTable[m.NextTable[t]] == t))
        ),
        PageTable(
            "free-table-backward",
            "a free page table is the first, or follows a free one that links to it",
            (m, t) =>
                !IsFreeTable(m, t)
                | W.Select(
                    m.PreviousTable[t] == 0,
                    Word(m.FreeTable == t),
                    Word(IsFreeTable(m, m.PreviousTable[t]) & (m.NextTable[m.PreviousTable[t]] == t))
                ) == 1
        ),
        One("free-table-head", "the head of the list of free page tables is free and has no predecessor", (s, m) =>
            (m.FreeTable == 0) | (IsFreeTable(m, m.FreeTable) & (m.PreviousTable[m.FreeTable] == 0))
        ),
        new(
            "tables-in-range",
            "links are rows of the table of page tables; row 0 belongs to no task",
            Table.PageTable,
            false,
            (s, t, _) =>
                (s.Mappings.NextTable[t] < s.Limits.Paging.Tables)
                & (s.Mappings.PreviousTable[t] < s.Limits.Paging.Tables)
                & ((t != 0) | (s.Mappings.TableTask[t] == 0))
        ),
        Node(
            "one-root-per-frame",
            "the first mapping of a frame is \u03c30's, at the frame's page; all others are derived and not \u03c30's",
            (s, m, n) =>
                W.Select(
                    n < s.Limits.Paging.Roots,
                    Word(
                        (m.Depth[n] == 0)
                            & (m.Frame[n] == n)
                            & (m.Level[n] <= 1)
                            & ((n == 0) | (m.Previous[n] == 0))
                            & (
                                IsFree(m, n)
                                | (
                                    (n != 0)
                                    & (m.Space[n] == Mappings<W>.Sigma0)
                                    & (m.Page[n] == s.Limits.Paging.Home(n))
                                )
                            )
                    ),
                    Word(IsFree(m, n) | ((m.Depth[n] != 0) & (m.Previous[n] != 0) & (m.Space[n] != Mappings<W>.Sigma0)))
                ) == 1
        ),
        Node(
            "list-forward",
            "the next mapping in a list has the same frame, links back, and is at most one deeper",
            (s, m, n) =>
                IsFree(m, n)
                | (m.Next[n] == 0)
                | (
                    !IsFree(m, m.Next[n])
                    & (m.Previous[m.Next[n]] == n)
                    & (m.Frame[m.Next[n]] == m.Frame[n])
                    & (m.Depth[m.Next[n]] != 0)
                    & ((m.Depth[m.Next[n]] <= m.Depth[n] + 1) | ((m.Phase == Phases.Flush) & (m.Root == n)))
                )
        ),
        Node("list-backward", "the previous mapping in a list links to this one", (s, m, n) =>
            IsFree(m, n) | (m.Previous[n] == 0) | (n == 0) | (!IsFree(m, m.Previous[n]) & (m.Next[m.Previous[n]] == n))
        ),
        Node("frame-0-is-none", "row 0 is no mapping, and no mapping follows it", (s, m, n) =>
            (n != 0) | (IsFree(m, n) & (m.Next[n] == 0))
        ),
        Node("reserved-is-unmapped", "a frame that \u03c30 does not have is not mapped at all", (s, m, n) =>
            !IsFree(m, n) | (n >= s.Limits.Paging.Roots) | (m.Next[n] == 0)
        ),
        Node(
            "rights-shrink",
            "a mapping is writable only if all mappings that it is derived from are; during a reduction this holds "
                + "for the rights that remain after it",
            (s, m, n) => IsFree(m, n) | RightsShrink(s, m, n)
        ),
        Node(
            "rights-in-range",
            "a level is at most the depth plus one: the mapping itself and those that it is derived from",
            (s, m, n) => IsFree(m, n) | (m.Level[n] <= m.Depth[n] + 1)
        ),
        Node("free-forward", "a free mapping is followed by a free one that links back to it", (s, m, n) =>
            !IsSpare(s, m, n) | (m.Next[n] == 0) | (IsSpare(s, m, m.Next[n]) & (m.Previous[m.Next[n]] == n))
        ),
        Node("free-backward", "a free mapping is the first, or follows a free one that links to it", (s, m, n) =>
            !IsSpare(s, m, n)
            | W.Select(
                m.Previous[n] == 0,
                Word(m.FreeNode == n),
                Word(IsSpare(s, m, m.Previous[n]) & (m.Next[m.Previous[n]] == n))
            ) == 1
        ),
        One("free-head", "the head of the list of free mappings is free and has no predecessor", (s, m) =>
            (m.FreeNode == 0) | (IsSpare(s, m, m.FreeNode) & (m.Previous[m.FreeNode] == 0))
        ),
        Node("nodes-in-range", "links are rows of the table of mappings", (s, m, n) =>
            (m.Next[n] < s.Limits.Paging.Nodes)
            & (m.Previous[n] < s.Limits.Paging.Nodes)
            & (m.Frame[n] < s.Limits.Paging.Roots)
        ),
        new(
            "node-at-in-range",
            "the mapping of a page is a row of the table of mappings",
            Table.Page,
            false,
            (s, e, _) => s.Mappings.NodeAt[e] < s.Limits.Paging.Nodes
        ),
        new(
            "table-at-in-range",
            "the page table of a slot is a row of the table of page tables",
            Table.Slot,
            false,
            (s, slot, _) => s.Mappings.TableAt[slot] < s.Limits.Paging.Tables
        ),
        .. Operation,
    ];

    private static Truth Has(State<W> s, Mappings<W> m, W entry)
    {
        var bits = s.Limits.Paging.EntryBits;
        var (node, table) = (m.NodeAt[entry], entry >> bits);
        return (node == 0)
            | (
                !IsFree(m, node)
                & (m.Space[node] == m.TableTask[table])
                & (m.Page[node] == ((m.TableSlot[table] << bits) | (entry & s.Limits.Paging.EntryMask)))
            );
    }

    private static W SlotHas(State<W> s, W task, W slot) => s.Mappings.TableAt[(task * s.Limits.Paging.Slots) | slot];

    private static Truth SlotIsRight(State<W> s, Mappings<W> m, W slot)
    {
        var table = m.TableAt[slot];
        return (table == 0)
            | (
                (m.TableTask[table] != 0)
                & (m.TableTask[table] == slot >> s.Limits.Paging.SlotBits)
                & (m.TableSlot[table] == (slot & s.Limits.Paging.SlotMask))
            );
    }

    // Compares a mapping with the next one in its list. The next mapping's level, limited to the mappings that it is
    // derived from, is at most this mapping's level. During an operation, the level that will remain counts.
    private static Truth RightsShrink(State<W> s, Mappings<W> m, W node)
    {
        var next = m.Next[node];
        var shared = Least(m.Level[next], m.Depth[next]);
        var flushed = (m.Phase == Phases.Flush) & (m.Root == node);
        var reduced = (m.Phase == Phases.Reduce) & (m.At == node);
        var bound = W.Select(
            flushed,
            Least(shared, m.Depth[node] + 1),
            W.Select(reduced, Least(shared, m.Bound), shared)
        );
        return (next == 0) | (bound <= m.Level[node]);
    }

    private static Truth IsFree(Mappings<W> m, W node) => m.Space[node] == 0;

    private static Truth IsFreeTable(Mappings<W> m, W table) => (table != 0) & (m.TableTask[table] == 0);

    /// <summary>
    /// A free mapping that can be used for any page, because it is not the fixed first mapping of a frame.
    /// </summary>
    private static Truth IsSpare(State<W> s, Mappings<W> m, W node) =>
        IsFree(m, node) & (node >= s.Limits.Paging.Roots);

    private static Invariant<State<W>, W> Node(string name, string why, Func<State<W>, Mappings<W>, W, Truth> holds) =>
        new(name, why, Table.Node, false, (s, n, _) => holds(s, s.Mappings, n));

    private static Invariant<State<W>, W> PageTable(string name, string why, Func<Mappings<W>, W, Truth> holds) =>
        new(name, why, Table.PageTable, false, (s, t, _) => holds(s.Mappings, t));

    private static Invariant<State<W>, W> One(string name, string why, Func<State<W>, Mappings<W>, Truth> holds) =>
        new(name, why, Table.Processor, false, (s, _, _) => holds(s, s.Mappings));

    private static W Least(W a, W b) => W.Select(a < b, a, b);

    private static W Word(Truth truth) => W.Select(truth, 1, 0);
}
