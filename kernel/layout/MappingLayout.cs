using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>
/// The tables for mappings: tasks, mappings, page tables with their contents, and the operation that is under way.
/// </summary>
public sealed class MappingLayout
{
    public const uint NodeSize = 0x20;

    private static readonly FieldEncoding PageAddress = FieldEncoding.Multiple(Layout.PageSize),
        NodeOffset = FieldEncoding.Multiple(NodeSize);

    // Bits of the processor's own page tables (SDM 3A, 4.3).
    public const uint Present = 1,
        Writable = 2,
        User = 4,
        Accessed = 0x20,
        AccessedAndDirty = 0x60;

    // A row of the table of mappings.
    public readonly Field Space;
    public static readonly Field Page = new("page", 0x04, 20, PageAddress);
    public readonly Field Frame,
        Next,
        Previous;
    public static readonly Field Depth = new("depth", 0x0C, 8),
        Level = new("level", 0x10, 9);

    // A row of the table of tasks.
    public readonly Field Chief;
    public static readonly Field Version = new("version", 0x04, 10),
        Doomed = new("doomed", 0x08, 1),
        Small = new("small", 0x0C, 7);
    public const uint TaskSize = 0x10;

    // The only row of the operation's table.
    public static readonly Field Operation = new("kind", 0x00, 2),
        Phase = new("phase", 0x04, 2),
        Item = new("item", 0x0C);
    public readonly Field Owner,
        Root,
        At,
        FreeNode,
        FreeTable;
    public readonly Field Source,
        Target;
    public static readonly Field SourcePage = new("source_page", 0x14, 20),
        TargetPage = new("target_page", 0x1C, 20);
    public static readonly Field Left = new("left", 0x20, 21),
        Failed = new("failed", 0x24, 1),
        Pass = new("pass", 0x38, 3);
    public readonly Field Cursor;

    // A row of the table of page tables.
    public readonly Field TableTask,
        NextTable,
        PreviousTable;
    public static readonly Field TableSlot = new("slot", 4, 10);
    public const uint TableSize = 0x10;

    /// <summary>A dword of the processor's page directories and tables.</summary>
    public static readonly Field Entry = new("entry", 0);

    /// <summary>32 ports of an I/O bitmap: a 0 lets the task use the port (SDM 1, 19.5.2).</summary>
    public static readonly Field PortBits = new("ports", 0);

    /// <summary>The number of pages of a small space.</summary>
    public const uint SmallPages = UserSegments.SmallSize / Layout.PageSize;

    /// <summary>The number of dwords of an I/O bitmap.</summary>
    public const uint PortWords = Layout.TssPortMapSize / 4;

    /// <summary>The dword of an area whose rows are single dwords.</summary>
    public readonly Field TableAt,
        NodeAt;

    internal MappingLayout(Limits limits, FieldEncoding threadPointer, Func<string, uint, uint, Field[], Area> make)
    {
        var paging = limits.Paging;
        uint nodes = Limits.Bits(paging.Nodes),
            threads = Limits.Bits(limits.Threads),
            tables = Limits.Bits(paging.Tables);
        var tasks = Limits.Bits(limits.Tasks);
        Space = new("space", 0x00, tasks);
        Source = new("source", 0x10, tasks);
        Target = new("target", 0x18, tasks);
        TableTask = new("task", 0, tasks);
        NextTable = new("next", 8, tables, PageAddress);
        PreviousTable = new("previous", 12, tables, PageAddress);
        Chief = new("chief", 0x00, tasks);
        Cursor = new("cursor", 0x3C, Math.Max(threads, tables));
        Frame = new("frame", 0x08, Limits.Bits(paging.Roots - 1) + 1, PageAddress);
        Next = new("next", 0x14, nodes, NodeOffset);
        Previous = new("previous", 0x18, nodes, NodeOffset);
        Owner = new("owner", 0x08, threads, threadPointer);
        Root = new("root", 0x28, nodes, NodeOffset);
        At = new("at", 0x2C, nodes, NodeOffset);
        FreeNode = new("free_node", 0x30, nodes, NodeOffset);
        FreeTable = new("free_table", 0x34, tables, PageAddress);
        TableAt = new("table", 0, tables, PageAddress);
        NodeAt = new("node", 0, nodes, NodeOffset);

        Current = make(
            "operation",
            1,
            0x40,
            [
                Operation,
                Phase,
                Owner,
                Item,
                Source,
                SourcePage,
                Target,
                TargetPage,
                Left,
                Failed,
                Root,
                At,
                FreeNode,
                FreeTable,
                Pass,
                Cursor,
            ]
        );
        Tasks = make("tasks", limits.Tasks, TaskSize, [Chief, Version, Doomed, Small]);
        Nodes = make("nodes", paging.Nodes, NodeSize, [Space, Page, Frame, Depth, Level, Next, Previous]);
        Tables = make("tables", paging.Tables, TableSize, [TableTask, TableSlot, NextTable, PreviousTable]);
        Slots = make("slots", limits.Tasks * paging.Slots, 4, [TableAt]);
        Pages = make("pages", paging.Tables * paging.Entries, 4, [NodeAt]);
        Directories = make("directories", limits.Tasks * paging.Slots, 4, [Entry]);
        PortMaps = make("port_maps", limits.Tasks * PortWords, 4, [PortBits]);
        PageTables = make("page_tables", paging.Tables * paging.Entries, 4, [Entry]);
        SmallTables = make("small_tables", limits.Tasks * SmallPages, 4, [Entry]);
    }

    /// <summary>The operation that is under way, and the heads of the free lists.</summary>
    public Area Current { get; }

    /// <summary>The chief, version and deletion state of each task, and its small space.</summary>
    public Area Tasks { get; }

    public Area Nodes { get; }

    /// <summary>For each page table, its task and slot, and its links.</summary>
    public Area Tables { get; }

    /// <summary>For each task and slot, the page table in it; row task * slots + slot.</summary>
    public Area Slots { get; }

    /// <summary>
    /// For each page table and entry, the mapping at that page: the way back from a page to its mapping.
    /// </summary>
    public Area Pages { get; }

    /// <summary>
    /// The processor's page directories, one page for each task. They agree with <see cref="Slots"/>. Each of them has
    /// the same entries for the kernel's part and for the region of small spaces (<see cref="UserSegments"/>).
    /// </summary>
    public Area Directories { get; }

    /// <summary>The processor's page tables, one page each. They agree with <see cref="Pages"/>.</summary>
    public Area PageTables { get; }

    /// <summary>
    /// For each task, the page table of its small space: a copy of the entries of its first 4 MB. The entries of the
    /// region of small spaces lead to these tables and never change.
    /// </summary>
    public Area SmallTables { get; }

    /// <summary>The processor's I/O bitmaps, two pages for each task. They agree with <see cref="Pages"/>.</summary>
    public Area PortMaps { get; }

    public IReadOnlyList<Area> Areas =>
        [Current, Tasks, Nodes, Tables, Slots, Pages, Directories, PageTables, PortMaps, SmallTables];

    /// <summary>The area and field of a column of the spec's <see cref="Mappings{W}"/>.</summary>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public (Area Area, Field Field) Place(string column) =>
        column switch
        {
            nameof(Mappings<Concrete>.Operation) => (Current, Operation),
            nameof(Mappings<Concrete>.Phase) => (Current, Phase),
            nameof(Mappings<Concrete>.Owner) => (Current, Owner),
            nameof(Mappings<Concrete>.Item) => (Current, Item),
            nameof(Mappings<Concrete>.Source) => (Current, Source),
            nameof(Mappings<Concrete>.SourcePage) => (Current, SourcePage),
            nameof(Mappings<Concrete>.Target) => (Current, Target),
            nameof(Mappings<Concrete>.TargetPage) => (Current, TargetPage),
            nameof(Mappings<Concrete>.Left) => (Current, Left),
            nameof(Mappings<Concrete>.Failed) => (Current, Failed),
            nameof(Mappings<Concrete>.Root) => (Current, Root),
            nameof(Mappings<Concrete>.At) => (Current, At),
            nameof(Mappings<Concrete>.FreeNode) => (Current, FreeNode),
            nameof(Mappings<Concrete>.FreeTable) => (Current, FreeTable),
            nameof(Mappings<Concrete>.Pass) => (Current, Pass),
            nameof(Mappings<Concrete>.Cursor) => (Current, Cursor),
            nameof(Mappings<Concrete>.Chief) => (Tasks, Chief),
            nameof(Mappings<Concrete>.Version) => (Tasks, Version),
            nameof(Mappings<Concrete>.Doomed) => (Tasks, Doomed),
            nameof(Mappings<Concrete>.Small) => (Tasks, Small),
            nameof(Mappings<Concrete>.Space) => (Nodes, Space),
            nameof(Mappings<Concrete>.Page) => (Nodes, Page),
            nameof(Mappings<Concrete>.Frame) => (Nodes, Frame),
            nameof(Mappings<Concrete>.Depth) => (Nodes, Depth),
            nameof(Mappings<Concrete>.Level) => (Nodes, Level),
            nameof(Mappings<Concrete>.Next) => (Nodes, Next),
            nameof(Mappings<Concrete>.Previous) => (Nodes, Previous),
            nameof(Mappings<Concrete>.TableTask) => (Tables, TableTask),
            nameof(Mappings<Concrete>.TableSlot) => (Tables, TableSlot),
            nameof(Mappings<Concrete>.NextTable) => (Tables, NextTable),
            nameof(Mappings<Concrete>.PreviousTable) => (Tables, PreviousTable),
            nameof(Mappings<Concrete>.TableAt) => (Slots, TableAt),
            nameof(Mappings<Concrete>.NodeAt) => (Pages, NodeAt),
            _ => throw new ArgumentException($"no place for column {column}", nameof(column)),
        };
}
