using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// The tasks; which pages of theirs are mapped, from whom, with which rights; and the operation on them that is going
/// on.
/// </summary>
/// <remarks>
/// The mappings of a frame are a list in pre-order: behind each are those derived from it, as far as they are deeper.
/// The head is σ0's, which never goes away. A page table says for each page of a part of a space which mapping is
/// there. Row 0 is no mapping and no page table; only <see cref="Previous"/> and <see cref="PreviousTable"/> of it are
/// ever written, and mean nothing.
/// </remarks>
public sealed class Mappings<W>
    where W : struct, IWord<W>
{
    /// <summary>σ0's task, whose space is every frame that is not reserved, and all ports.</summary>
    public const uint Sigma0 = 2;

    public static readonly ColumnInfo[] Schema =
    [
        new(nameof(Operation), Table.Processor, 2),
        new(nameof(Phase), Table.Processor, 2),
        new(nameof(Owner), Table.Processor, 10),
        new(nameof(Item), Table.Processor, 32),
        new(nameof(Source), Table.Processor, 6),
        new(nameof(SourcePage), Table.Processor, 20),
        new(nameof(Target), Table.Processor, 6),
        new(nameof(TargetPage), Table.Processor, 20),
        new(nameof(Left), Table.Processor, 21),
        new(nameof(Failed), Table.Processor, 1),
        new(nameof(Root), Table.Processor, 16),
        new(nameof(At), Table.Processor, 16),
        new(nameof(FreeNode), Table.Processor, 16),
        new(nameof(FreeTable), Table.Processor, 8),
        new(nameof(Pass), Table.Processor, 3),
        new(nameof(Cursor), Table.Processor, 10),
        new(nameof(Chief), Table.Task, 6),
        new(nameof(Version), Table.Task, 10),
        new(nameof(Doomed), Table.Task, 1),
        new(nameof(Small), Table.Task, 7),
        new(nameof(Space), Table.Node, 6),
        new(nameof(Page), Table.Node, 20),
        new(nameof(Frame), Table.Node, 15),
        new(nameof(Depth), Table.Node, 8),
        new(nameof(Level), Table.Node, 9),
        new(nameof(Next), Table.Node, 16),
        new(nameof(Previous), Table.Node, 16),
        new(nameof(TableAt), Table.Slot, 8),
        new(nameof(TableTask), Table.PageTable, 6),
        new(nameof(TableSlot), Table.PageTable, 10),
        new(nameof(NextTable), Table.PageTable, 8),
        new(nameof(PreviousTable), Table.PageTable, 8),
        new(nameof(NodeAt), Table.Page, 16),
    ];

    private readonly Column<W>[] _processor;

    internal Mappings(Func<Column<W>> next)
    {
        _processor = [.. Schema.Where(info => info.Table == Table.Processor).Select(_ => next())];
        (Chief, Version, Doomed, Small) = (next(), next(), next(), next());
        (Space, Page, Frame, Depth, Level, Next, Previous) = (next(), next(), next(), next(), next(), next(), next());
        (TableAt, TableTask, TableSlot, NextTable, PreviousTable, NodeAt) = (
            next(),
            next(),
            next(),
            next(),
            next(),
            next()
        );
    }

    /// <summary>What is going on (<see cref="Operations"/>).</summary>
    public W Operation
    {
        get => _processor[0][0];
        set => _processor[0][0] = value;
    }

    /// <summary>What is being done for the present page (<see cref="Phases"/>).</summary>
    public W Phase
    {
        get => _processor[1][0];
        set => _processor[1][0] = value;
    }

    /// <summary>The thread that the operation is for.</summary>
    public W Owner
    {
        get => _processor[2][0];
        set => _processor[2][0] = value;
    }

    /// <summary>The send fpage, or the mask of fpage_unmap.</summary>
    public W Item
    {
        get => _processor[3][0];
        set => _processor[3][0] = value;
    }

    /// <summary>The task whose pages are mapped from, or unmapped.</summary>
    public W Source
    {
        get => _processor[4][0];
        set => _processor[4][0] = value;
    }

    /// <summary>The next page there; of no meaning when none is left.</summary>
    public W SourcePage
    {
        get => _processor[5][0];
        set => _processor[5][0] = value;
    }

    /// <summary>The task that pages are mapped to.</summary>
    public W Target
    {
        get => _processor[6][0];
        set => _processor[6][0] = value;
    }

    /// <summary>The next page there; likewise.</summary>
    public W TargetPage
    {
        get => _processor[7][0];
        set => _processor[7][0] = value;
    }

    /// <summary>Pages that the operation has still to do.</summary>
    public W Left
    {
        get => _processor[8][0];
        set => _processor[8][0] = value;
    }

    /// <summary>1 where mappings or page tables ran out.</summary>
    public W Failed
    {
        get => _processor[9][0];
        set => _processor[9][0] = value;
    }

    /// <summary>The mapping whose derived ones are taken away or made read-only; 0 in between.</summary>
    public W Root
    {
        get => _processor[10][0];
        set => _processor[10][0] = value;
    }

    /// <summary>The mapping that was made read-only last; 0 when nothing is.</summary>
    public W At
    {
        get => _processor[11][0];
        set => _processor[11][0] = value;
    }

    /// <summary>Head of the list of free mappings, linked both ways; 0 when there are none.</summary>
    public W FreeNode
    {
        get => _processor[12][0];
        set => _processor[12][0] = value;
    }

    /// <summary>Head of the list of free page tables, linked both ways; 0 when there are none.</summary>
    public W FreeTable
    {
        get => _processor[13][0];
        set => _processor[13][0] = value;
    }

    /// <summary>What a deletion does (<see cref="Passes"/>); else of no meaning.</summary>
    public W Pass
    {
        get => _processor[14][0];
        set => _processor[14][0] = value;
    }

    /// <summary>The task, thread or page table that a deletion's pass comes to next; else of no meaning.</summary>
    public W Cursor
    {
        get => _processor[15][0];
        set => _processor[15][0] = value;
    }

    /// <summary>Whether a mapping gives the right to write.</summary>
    public Truth IsWritable(W node) => Level[node] > Depth[node];

    /// <summary>
    /// What is made read-only keeps a level of no more than this: the root's depth, or its level where it stays
    /// writable.
    /// </summary>
    public W Bound => W.Select(IsWritable(Root), Level[Root], Depth[Root]);

    /// <summary>The task that may create and delete the task; 0 for none.</summary>
    public Column<W> Chief { get; }

    /// <summary>The version of the task's present or last incarnation; 0 before the first.</summary>
    public Column<W> Version { get; }

    /// <summary>1 while the task is being deleted.</summary>
    public Column<W> Doomed { get; }

    /// <summary>The number of its small address space; 0 where its space is large.</summary>
    public Column<W> Small { get; }

    /// <summary>The task in whose space the mapping is; 0 where it is free, or the frame reserved.</summary>
    public Column<W> Space { get; }

    /// <summary>The page there.</summary>
    public Column<W> Page { get; }

    /// <summary>What is mapped: a frame of memory, or, behind them, 16 ports.</summary>
    public Column<W> Frame { get; }

    /// <summary>How many mappings it is derived from, one from the other: 0 for σ0's.</summary>
    public Column<W> Depth { get; }

    /// <summary>
    /// How many mappings from σ0's down, this one included, are writable without a gap: this one is if that is more
    /// than its depth. So rights that only shrink along a derivation are a property of neighbours in the list.
    /// </summary>
    public Column<W> Level { get; }

    /// <summary>The next in the frame's list, or among the free ones; 0 at the end.</summary>
    public Column<W> Next { get; }

    /// <summary>The one before; 0 at the head.</summary>
    public Column<W> Previous { get; }

    /// <summary>Per task and slot, the page table that is there, or 0.</summary>
    public Column<W> TableAt { get; }

    /// <summary>The task that has the page table; 0 for none.</summary>
    public Column<W> TableTask { get; }

    /// <summary>The slot of that task that it is in.</summary>
    public Column<W> TableSlot { get; }

    /// <summary>Of a free page table the next free one; 0 at the end.</summary>
    public Column<W> NextTable { get; }

    /// <summary>The one before; 0 at the head.</summary>
    public Column<W> PreviousTable { get; }

    /// <summary>Per page table and entry, the mapping that is there, or 0.</summary>
    public Column<W> NodeAt { get; }
}

/// <summary>Operations on mappings.</summary>
public static class Operations
{
    public const uint None = 0;

    /// <summary>Pages are mapped or granted.</summary>
    public const uint Map = 1;

    /// <summary>Pages are unmapped or made read-only.</summary>
    public const uint Unmap = 2;

    /// <summary>A task is deleted, and created anew.</summary>
    public const uint Delete = 3;

    public static readonly string[] Names = ["none", "map", "unmap", "delete"];
}

/// <summary>Passes of a deletion, each over the rows of a table.</summary>
public static class Passes
{
    /// <summary>Over tasks: those whose chief is doomed are so too.</summary>
    public const uint Clan = 0;

    /// <summary>Over threads: those of doomed tasks are blanked.</summary>
    public const uint Threads = 1;

    /// <summary>Over threads: those that wait for one that is gone do so no longer.</summary>
    public const uint Waiters = 2;

    /// <summary>Over page tables, for those of doomed tasks.</summary>
    public const uint Tables = 3;

    /// <summary>At one of them: its pages are unmapped, then it is free.</summary>
    public const uint Table = 4;

    /// <summary>Over tasks: the clan is the deleting task's, without threads and space.</summary>
    public const uint Return = 5;

    /// <summary>Everything is deleted; the task is created.</summary>
    public const uint Create = 6;

    public static readonly string[] Names = ["clan", "threads", "waiters", "tables", "table", "return", "create"];
}

/// <summary>Phases of an operation on mappings.</summary>
public static class Phases
{
    /// <summary>The next page is to be looked at.</summary>
    public const uint Page = 0;

    /// <summary>What is derived from the root is taken away.</summary>
    public const uint Flush = 1;

    /// <summary>What is derived from the root is made read-only.</summary>
    public const uint Reduce = 2;

    public static readonly string[] Names = ["page", "flush", "reduce"];
}
