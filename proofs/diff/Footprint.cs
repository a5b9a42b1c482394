using Verified.Kernel;
using Verified.Machine.Memory;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>
/// The possible changes of an event, from the log of every dword that the image wrote: the thread rows and the words of
/// sets to compare. A write outside these areas, or to a bit that belongs to no active thread, is a difference by
/// itself.
/// </summary>
internal sealed partial class Footprint
{
    /// <summary>The tables of interrupts, tasks and mappings, and the table of the operation in progress.</summary>
    public static readonly Table[] ByRow =
    [
        Table.Interrupt,
        Table.Processor,
        Table.Task,
        Table.Node,
        Table.Slot,
        Table.PageTable,
        Table.Page,
    ];

    private readonly Layout _layout;
    private readonly bool[] _isActive,
        _isListed;
    private readonly RowsOf[] _rows;
    private readonly RowsOf?[] _rowsOf = new RowsOf?[KernelTables.All.Count];
    private readonly uint[] _threadsOfPlace,
        _prioritiesOfWord;
    private readonly Part[] _parts;

    // For each page from the kernel's base on: the last part that starts at or before its first byte, or the first
    // part.
    private readonly int[] _partOfPage;
    private uint _places,
        _priorityWords;

    /// <summary>The part of an area that the spec lets change.</summary>
    /// <param name="Area">The area.</param>
    /// <param name="Fields">The field of each dword of a row; null if the dword is none.</param>
    /// <param name="Changeable">
    /// Records that a field was written, given row and offset. Returns the bits of the field that may change.
    /// </param>
    private sealed record Part(Area Area, Field?[] Fields, Func<uint, uint, uint> Changeable)
    {
        // Each written dword is looked up, and the area computes these at each use.
        public readonly uint Base = Area.Base,
            Size = Area.End - Area.Base,
            Between = Area.Between,
            OffsetMask = Area.Stride - 1;
    }

    public Footprint(Layout layout)
    {
        _layout = layout;
        _isActive = new bool[layout.Limits.Threads];
        _isListed = new bool[layout.Limits.Threads];
        _threadsOfPlace = new uint[layout.Words];
        _prioritiesOfWord = new uint[layout.PriorityWords];
        _rows = [.. ByRow.Select(table => new RowsOf(table, State<Concrete>.Rows(table, layout.Limits)))];
        foreach (var rows in _rows)
            _rowsOf[rows.Table.Number] = rows;
        _parts = [.. Parts().OrderBy(part => part.Area.Base)];
        _partOfPage =
        [
            .. Enumerable
                .Range(0, (int)((_parts[^1].Area.End - Layout.KernelBase) / Layout.PageSize) + 1)
                .Select(page =>
                    Math.Max(
                        0,
                        Array.FindLastIndex(_parts, part =>
                            part.Area.Base <= Layout.KernelBase + (uint)page * Layout.PageSize
                        )
                    )
                ),
        ];
    }

    /// <summary>Rows of threads to compare, each once.</summary>
    public List<uint> Threads { get; } = [];

    /// <summary>Written words of the ready and sender sets, as rows of their areas. A word may occur twice.</summary>
    public List<uint> ReadyWords { get; } = [];

    /// <inheritdoc cref="ReadyWords"/>
    public List<uint> SenderWords { get; } = [];

    /// <inheritdoc cref="ReadyWords"/>
    public List<uint> TimerWords { get; } = [];

    /// <summary>Priorities and receivers whose summaries were written.</summary>
    public List<uint> ReadySummaries { get; } = [];

    /// <inheritdoc cref="ReadySummaries"/>
    public List<uint> SenderSummaries { get; } = [];

    /// <inheritdoc cref="ReadySummaries"/>
    public List<uint> TimerSummaries { get; } = [];

    /// <summary>Rows of these tables that were written, each once.</summary>
    public IReadOnlyList<RowsOf> Rows => _rows;

    /// <summary>Written words of the maps of ports. A word may occur twice.</summary>
    public List<uint> PortWords { get; } = [];

    /// <summary>Written entries of the tables of small spaces. An entry may occur twice.</summary>
    public List<uint> SmallPages { get; } = [];

    /// <summary>Priorities whose last pick was written. A priority may occur twice.</summary>
    public List<uint> Picked { get; } = [];

    /// <summary>True if the map of priorities, its summary, or the summary of a priority's set was written.</summary>
    public bool IsPriorityMapWritten { get; private set; }

    /// <summary>
    /// True if the top priority may be lower than before. Then the priorities of all threads are compared with it.
    /// </summary>
    public bool TopFell { get; private set; }

    /// <summary>
    /// True if an entry of a directory or page table was written. Otherwise the TLB agrees with the tables as before.
    /// </summary>
    public bool HasTranslations => Of(Table.Page).Rows.Length + Of(Table.Slot).Rows.Length + SmallPages.Count > 0;

    /// <summary>Sets the existing threads, and their priorities.</summary>
    public void Watch(ReadOnlySpan<uint> threads, ReadOnlySpan<uint> priorities)
    {
        Array.Clear(_isActive);
        Array.Clear(_threadsOfPlace);
        Array.Clear(_prioritiesOfWord);
        (_places, _priorityWords) = (0, 0);
        foreach (var thread in threads)
        {
            _isActive[thread] = true;
            _threadsOfPlace[thread / 32] |= 1u << (int)(thread % 32);
            _places |= 1u << (int)(thread / 32);
        }

        foreach (var priority in priorities)
        {
            _prioritiesOfWord[priority / 32] |= 1u << (int)(priority % 32);
            _priorityWords |= 1u << (int)(priority / 32);
        }
    }

    public void Clear()
    {
        foreach (var thread in Threads)
            _isListed[thread] = false;
        Threads.Clear();
        ReadyWords.Clear();
        SenderWords.Clear();
        ReadySummaries.Clear();
        SenderSummaries.Clear();
        TimerWords.Clear();
        TimerSummaries.Clear();
        PortWords.Clear();
        SmallPages.Clear();
        Picked.Clear();
        foreach (var rows in _rows)
            rows.Clear();
        TopFell = IsPriorityMapWritten = false;
    }

    public void Add(uint thread)
    {
        if (_isListed[thread])
            return;
        _isListed[thread] = true;
        Threads.Add(thread);
    }

    public void Add(Table table, uint row) => Of(table).Add(row);

    /// <summary>The written rows of a table of mappings.</summary>
    public RowsOf Of(Table table) => _rowsOf[table.Number]!;

    /// <summary>
    /// Adds the image's writes since the mark. Returns a dword that may not change in this way, or null. A field comes
    /// with it if the dword holds no value of that field.
    /// </summary>
    /// <remarks>
    /// The comparisons read the field's value, and decoding drops bits. The theorems require the same of each write.
    /// </remarks>
    public (uint Address, uint Former, Field? Field)? Add(PhysicalMemory memory)
    {
        foreach (var (physical, former) in memory.Log.Changes())
        {
            var address = Layout.KernelBase + physical;
            var now = memory.Load(physical, 4);
            var changeable = Changeable(address, out var field);
            TopFell |= address == _layout.Top.Base && now < former;
            if (
                ((former ^ now) & ~changeable) != 0
                && First(memory, physical) is var first
                && ((first ^ now) & ~changeable) != 0
            )
                return (address, first, null);
            if (field is { Bits: < 32 } narrow && !narrow.HoldsValue(now))
                return (address, former, narrow);
        }

        return null;
    }

    // The oldest value of a dword. If a dword was changed and changed back, it counts as unchanged.
    private static uint First(PhysicalMemory memory, uint physical)
    {
        foreach (var (address, former) in memory.Log.Changes())
            if (address == physical)
                return former;
        throw new ArgumentException("no change there", nameof(physical));
    }
}
