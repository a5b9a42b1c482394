using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// The tasks; their mapped pages, with origin and rights; and the operation on mappings that is under way.
/// </summary>
/// <remarks>
/// The mappings of a frame are a list in pre-order: the deeper mappings that directly follow a mapping are derived from
/// it. The head of the list is σ0's mapping, which is never removed. A page table says for each page of one part of a
/// space which mapping is there. Row 0 is no mapping and no page table. Only its <see cref="Previous"/> and
/// <see cref="PreviousTable"/> are ever written, and they have no meaning.
/// </remarks>
public sealed class Mappings<W>
    where W : struct, IWord<W>
{
    /// <summary>σ0's task, whose space is every frame that is not reserved, and all ports.</summary>
    public const uint Sigma0 = 2;

    public static readonly ColumnInfo[] Schema =
    [
        new(nameof(Operation), Table.Processor, Widths.Operation),
        new(nameof(Phase), Table.Processor, Widths.Operation),
        new(nameof(Owner), Table.Processor, Widths.Thread),
        new(nameof(Item), Table.Processor, Widths.Word),
        new(nameof(Source), Table.Processor, Widths.Task),
        new(nameof(SourcePage), Table.Processor, Widths.Page),
        new(nameof(Target), Table.Processor, Widths.Task),
        new(nameof(TargetPage), Table.Processor, Widths.Page),
        new(nameof(Left), Table.Processor, Widths.Pages),
        new(nameof(Failed), Table.Processor, Widths.Flag),
        new(nameof(Root), Table.Processor, Widths.Node),
        new(nameof(At), Table.Processor, Widths.Node),
        new(nameof(FreeNode), Table.Processor, Widths.Node),
        new(nameof(FreeTable), Table.Processor, Widths.PageTable),
        new(nameof(Pass), Table.Processor, Widths.Pass),
        new(nameof(Cursor), Table.Processor, Widths.Thread),
        new(nameof(Chief), Table.Task, Widths.Task),
        new(nameof(Version), Table.Task, Widths.Version),
        new(nameof(Doomed), Table.Task, Widths.Flag),
        new(nameof(Small), Table.Task, Widths.Small),
        new(nameof(Space), Table.Node, Widths.Task),
        new(nameof(Page), Table.Node, Widths.Page),
        new(nameof(Frame), Table.Node, Widths.Frame),
        new(nameof(Depth), Table.Node, Widths.Depth),
        new(nameof(Level), Table.Node, Widths.Level),
        new(nameof(Next), Table.Node, Widths.Node),
        new(nameof(Previous), Table.Node, Widths.Node),
        new(nameof(TableAt), Table.Slot, Widths.PageTable),
        new(nameof(TableTask), Table.PageTable, Widths.Task),
        new(nameof(TableSlot), Table.PageTable, Widths.Slot),
        new(nameof(NextTable), Table.PageTable, Widths.PageTable),
        new(nameof(PreviousTable), Table.PageTable, Widths.PageTable),
        new(nameof(NodeAt), Table.Page, Widths.Node),
    ];

    private readonly Column<W> _operation,
        _phase,
        _owner,
        _item,
        _source,
        _sourcePage,
        _target,
        _targetPage,
        _left,
        _failed,
        _root,
        _at,
        _freeNode,
        _freeTable,
        _pass,
        _cursor;

    /// <param name="column">The column of a name.</param>
    internal Mappings(Func<string, Column<W>> column)
    {
        _operation = column(nameof(Operation));
        _phase = column(nameof(Phase));
        _owner = column(nameof(Owner));
        _item = column(nameof(Item));
        _source = column(nameof(Source));
        _sourcePage = column(nameof(SourcePage));
        _target = column(nameof(Target));
        _targetPage = column(nameof(TargetPage));
        _left = column(nameof(Left));
        _failed = column(nameof(Failed));
        _root = column(nameof(Root));
        _at = column(nameof(At));
        _freeNode = column(nameof(FreeNode));
        _freeTable = column(nameof(FreeTable));
        _pass = column(nameof(Pass));
        _cursor = column(nameof(Cursor));
        Chief = column(nameof(Chief));
        Version = column(nameof(Version));
        Doomed = column(nameof(Doomed));
        Small = column(nameof(Small));
        Space = column(nameof(Space));
        Page = column(nameof(Page));
        Frame = column(nameof(Frame));
        Depth = column(nameof(Depth));
        Level = column(nameof(Level));
        Next = column(nameof(Next));
        Previous = column(nameof(Previous));
        TableAt = column(nameof(TableAt));
        TableTask = column(nameof(TableTask));
        TableSlot = column(nameof(TableSlot));
        NextTable = column(nameof(NextTable));
        PreviousTable = column(nameof(PreviousTable));
        NodeAt = column(nameof(NodeAt));
    }

    /// <summary>The operation that is under way (<see cref="Operations"/>).</summary>
    public W Operation
    {
        get => _operation[0];
        set => _operation[0] = value;
    }

    /// <summary>The phase of the operation at the present page (<see cref="Phases"/>).</summary>
    public W Phase
    {
        get => _phase[0];
        set => _phase[0] = value;
    }

    /// <summary>The thread that waits for the end of the operation.</summary>
    public W Owner
    {
        get => _owner[0];
        set => _owner[0] = value;
    }

    /// <summary>The send fpage, or the mask of fpage_unmap.</summary>
    public W Item
    {
        get => _item[0];
        set => _item[0] = value;
    }

    /// <summary>The task from which pages are mapped, or whose pages are unmapped.</summary>
    public W Source
    {
        get => _source[0];
        set => _source[0] = value;
    }

    /// <summary>The next page of the source task; without meaning if no page is left.</summary>
    public W SourcePage
    {
        get => _sourcePage[0];
        set => _sourcePage[0] = value;
    }

    /// <summary>The task to which pages are mapped.</summary>
    public W Target
    {
        get => _target[0];
        set => _target[0] = value;
    }

    /// <summary>The next page of the target task; without meaning if no page is left.</summary>
    public W TargetPage
    {
        get => _targetPage[0];
        set => _targetPage[0] = value;
    }

    /// <summary>The number of pages that are left to do.</summary>
    public W Left
    {
        get => _left[0];
        set => _left[0] = value;
    }

    /// <summary>1 if mappings or page tables ran out.</summary>
    public W Failed
    {
        get => _failed[0];
        set => _failed[0] = value;
    }

    /// <summary>
    /// The mapping whose derived mappings are being removed or made read-only; 0 between these phases.
    /// </summary>
    public W Root
    {
        get => _root[0];
        set => _root[0] = value;
    }

    /// <summary>The mapping that was made read-only last; 0 in all other phases.</summary>
    public W At
    {
        get => _at[0];
        set => _at[0] = value;
    }

    /// <summary>Head of the list of free mappings, linked both ways; 0 when there are none.</summary>
    public W FreeNode
    {
        get => _freeNode[0];
        set => _freeNode[0] = value;
    }

    /// <summary>Head of the list of free page tables, linked both ways; 0 when there are none.</summary>
    public W FreeTable
    {
        get => _freeTable[0];
        set => _freeTable[0] = value;
    }

    /// <summary>The pass of a deletion (<see cref="Passes"/>); without meaning in other operations.</summary>
    public W Pass
    {
        get => _pass[0];
        set => _pass[0] = value;
    }

    /// <summary>
    /// The next task, thread or page table of a deletion's pass; without meaning in other operations.
    /// </summary>
    public W Cursor
    {
        get => _cursor[0];
        set => _cursor[0] = value;
    }

    /// <summary>Whether a mapping gives the right to write.</summary>
    public Truth IsWritable(W node) => Level[node] > Depth[node];

    /// <summary>
    /// The highest level that a mapping keeps when it is made read-only: the root's depth, or the root's level if the
    /// root stays writable.
    /// </summary>
    public W Bound => W.Select(IsWritable(Root), Level[Root], Depth[Root]);

    /// <summary>The task that may create and delete the task; 0 for none.</summary>
    public Column<W> Chief { get; }

    /// <summary>The version of the task's present or last incarnation; 0 before the first.</summary>
    public Column<W> Version { get; }

    /// <summary>1 while the task is being deleted.</summary>
    public Column<W> Doomed { get; }

    /// <summary>The number of the task's small space; 0 if its space is large.</summary>
    public Column<W> Small { get; }

    /// <summary>The task in whose space the mapping is; 0 if the mapping is free or its frame is reserved.</summary>
    public Column<W> Space { get; }

    /// <summary>The page in that space.</summary>
    public Column<W> Page { get; }

    /// <summary>The mapped frame of memory, or a group of 16 ports, which are numbered after the frames.</summary>
    public Column<W> Frame { get; }

    /// <summary>
    /// The number of mappings in the chain from σ0's mapping down to this one, without this one; 0 for σ0's.
    /// </summary>
    public Column<W> Depth { get; }

    /// <summary>
    /// The number of writable mappings from σ0's mapping down, without a gap, this one included. The mapping is
    /// writable if its level is greater than its depth. So "rights only shrink along a derivation" is a property of
    /// neighbours in the list.
    /// </summary>
    public Column<W> Level { get; }

    /// <summary>The next mapping in the frame's list, or the next free mapping; 0 at the end.</summary>
    public Column<W> Next { get; }

    /// <summary>The previous mapping in the same list; 0 at the head.</summary>
    public Column<W> Previous { get; }

    /// <summary>For each task and slot, the page table in it, or 0.</summary>
    public Column<W> TableAt { get; }

    /// <summary>The task to which the page table belongs; 0 for a free page table.</summary>
    public Column<W> TableTask { get; }

    /// <summary>The slot of that task in which the page table is.</summary>
    public Column<W> TableSlot { get; }

    /// <summary>For a free page table, the next free one; 0 at the end.</summary>
    public Column<W> NextTable { get; }

    /// <summary>For a free page table, the previous free one; 0 at the head.</summary>
    public Column<W> PreviousTable { get; }

    /// <summary>For each page table and entry, the mapping at that page, or 0.</summary>
    public Column<W> NodeAt { get; }
}
