using System.Runtime.InteropServices;
using Verified.Kernel;
using Verified.Machine.Memory;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>Rows of a table, each once.</summary>
internal sealed class RowsOf(Table table, uint count)
{
    private readonly bool[] _isListed = new bool[count];
    private readonly List<uint> _rows = [];

    public Table Table => table;

    public ReadOnlySpan<uint> Rows => CollectionsMarshal.AsSpan(_rows);

    public void Add(uint row)
    {
        if (_isListed[row]) return;
        _isListed[row] = true;
        _rows.Add(row);
    }

    public void Clear()
    {
        foreach (var row in _rows) _isListed[row] = false;
        _rows.Clear();
    }
}

/// <summary>
/// What an event may have changed, from the log of every dword the image wrote: the thread rows and the words of sets to compare. A write
/// anywhere else, or of a bit there that belongs to no active thread, is a difference by itself.
/// </summary>
internal sealed class Footprint
{
    /// <summary>The tables of interrupts, of tasks and of mappings, and that of the operation that is going on.</summary>
    public static readonly Table[] ByRow = [Table.Interrupt, Table.Processor, Table.Task, Table.Node, Table.Slot, Table.PageTable, Table.Page];

    private readonly Layout _layout;
    private readonly Area[] _singles;
    private readonly bool[] _isActive, _isListed, _isInUse;
    private readonly RowsOf[] _rows;
    private readonly uint[] _threadsOfPlace, _prioritiesOfWord;
    private uint _places, _priorityWords;

    public Footprint(Layout layout)
    {
        _layout = layout;
        _singles = [layout.CodeSegment, layout.DataSegment, layout.FlatSegment, layout.TssStack, layout.Top, layout.Clock, layout.Examined, layout.Heir, layout.Masked, layout.InfoClock];
        _isActive = new bool[layout.Limits.Threads];
        _isListed = new bool[layout.Limits.Threads];
        _threadsOfPlace = new uint[layout.Words];
        _prioritiesOfWord = new uint[layout.PriorityWords];
        _isInUse = new bool[Layout.ThreadSize / 4];
        _rows = [.. ByRow.Select(table => new RowsOf(table, State<Concrete>.Rows(table, layout.Limits)))];
        foreach (var field in layout.Threads.Fields) _isInUse[field.Offset / 4] = true;
    }

    /// <summary>Rows of threads to compare, each once.</summary>
    public List<uint> Threads { get; } = [];

    /// <summary>Words of the ready and sender sets, rows of their areas, that were written; one may occur twice.</summary>
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

    /// <summary>Words of the maps of ports that were written; one may occur twice.</summary>
    public List<uint> PortWords { get; } = [];

    /// <summary>Whether the top priority was written, which every thread's priority is compared with.</summary>
    public bool Top { get; private set; }

    /// <summary>Sets which threads exist, and which priorities they have.</summary>
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
        foreach (var thread in Threads) _isListed[thread] = false;
        Threads.Clear();
        ReadyWords.Clear();
        SenderWords.Clear();
        ReadySummaries.Clear();
        SenderSummaries.Clear();
        TimerWords.Clear();
        TimerSummaries.Clear();
        PortWords.Clear();
        foreach (var rows in _rows) rows.Clear();
        Top = false;
    }

    public void Add(uint thread)
    {
        if (_isListed[thread]) return;
        _isListed[thread] = true;
        Threads.Add(thread);
    }

    public void Add(Table table, uint row) => Of(table).Add(row);

    /// <summary>The written rows of a table of mappings.</summary>
    public RowsOf Of(Table table) => Array.Find(_rows, rows => rows.Table == table)!;

    /// <summary>Adds what the image wrote since the mark; the address and former value of a dword it may not change so, or null.</summary>
    public (uint Address, uint Former)? Add(PhysicalMemory memory)
    {
        foreach (var (physical, former) in memory.Log.Changes())
        {
            var address = Layout.KernelBase + physical;
            var changed = former ^ memory.Load(physical, 4);
            if ((changed & ~Changeable(address)) != 0 && First(memory, physical) is var first
                && ((first ^ memory.Load(physical, 4)) & ~Changeable(address)) != 0)
                return (address, first);
        }

        return null;
    }

    // A dword that was changed and changed back is as it was.
    private static uint First(PhysicalMemory memory, uint physical)
    {
        foreach (var (address, former) in memory.Log.Changes())
            if (address == physical)
                return former;
        throw new ArgumentException("no change there", nameof(physical));
    }

    /// <summary>The bits of a written dword that the spec lets change: to what, the comparisons of what is listed here say.</summary>
    private uint Changeable(uint address)
    {
        if (RowOf(_layout.Threads, address) is { } thread)
        {
            var offset = (address - _layout.Threads.Base) % Layout.ThreadSize;
            if (!_isActive[thread] || !_isInUse[offset / 4]) return 0;
            Add(thread);
            if (offset != _layout.Senders.Offset) return uint.MaxValue;
            SenderSummaries.Add(thread);
            return _places;
        }

        if (RowOf(_layout.Ready, address) is { } ready)
        {
            ReadyWords.Add(ready);
            return HasPriority(ready / _layout.Words) ? _threadsOfPlace[ready % _layout.Words] : 0;
        }

        if (RowOf(_layout.SenderSets, address) is { } senders)
        {
            SenderWords.Add(senders);
            return _isActive[senders / _layout.Words] ? _threadsOfPlace[senders % _layout.Words] : 0;
        }

        if (RowOf(_layout.Timers, address) is { } timers)
        {
            TimerWords.Add(timers);
            return _threadsOfPlace[timers % _layout.Words];
        }

        if (RowOf(_layout.TimerSummary, address) is { } slot)
        {
            TimerSummaries.Add(slot);
            return _places;
        }

        if (RowOf(_layout.ReadySummary, address) is { } summary)
        {
            ReadySummaries.Add(summary);
            return HasPriority(summary) ? _places : 0;
        }

        if (RowOf(_layout.PriorityMap, address) is { } word) return _prioritiesOfWord[word];
        if (RowOf(_layout.PrioritySummary, address) is not null) return _priorityWords;
        if (RowOf(_layout.Picked, address) is { } priority) return HasPriority(priority) ? uint.MaxValue : 0;
        Top |= RowOf(_layout.Top, address) is not null;
        foreach (var single in _singles)
            if (RowOf(single, address) is not null)
                return uint.MaxValue;
        if (RowOf(_layout.Interrupts, address) is { } id)
        {
            Of(Table.Interrupt).Add(id);
            return uint.MaxValue;
        }

        return address < _layout.Mappings.Current.Base ? 0 : OfMappings(address);
    }

    private uint OfMappings(uint address)
    {
        var m = _layout.Mappings;
        foreach (var (area, table) in (ReadOnlySpan<(Area, Table)>)
            [(m.Current, Table.Processor), (m.Tasks, Table.Task), (m.SmallSegments, Table.Task), (m.Nodes, Table.Node), (m.Tables, Table.PageTable), (m.Slots, Table.Slot), (m.Directories, Table.Slot),
             (m.Pages, Table.Page), (m.PageTables, Table.Page)])
            if (RowOf(area, address) is { } row)
            {
                if (!area.Fields.Any(field => field.Offset == (address - area.Base) % area.Stride)) return 0;
                Add(table, row);
                return uint.MaxValue;
            }

        if (RowOf(m.PortMaps, address) is { } word)
        {
            PortWords.Add(word);
            return uint.MaxValue;
        }

        // The processor marks the kernel's pages accessed and dirty by itself (SDM vol. 3, 4.8).
        return address - _layout.KernelPageTables < Layout.KernelTables * Layout.PageSize
            || address - _layout.TssTables < _layout.Limits.Tasks * Layout.PageSize ? MappingLayout.AccessedAndDirty : 0;
    }

    private bool HasPriority(uint priority) => (_prioritiesOfWord[priority / 32] >> (int)(priority % 32) & 1) != 0;

    private static uint? RowOf(Area area, uint address) =>
        address - area.Base is var offset && offset < area.End - area.Base && (offset & area.Between) == 0 ? area.Row<Concrete>(offset).Value : null;
}
