using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Verified.Machine.Memory;

/// <summary>
/// What memory was before each store since a snapshot, to find what changed and to undo it: dword by dword, and page by
/// page where many dwords of a page are written. Nothing is logged until there is a snapshot.
/// </summary>
public sealed unsafe class StoreLog
{
    /// <summary>
    /// So many dwords of a page are logged after each mark; then it is copied whole, and its stores are no longer seen.
    /// </summary>
    private const int MostDwords = 256;

    // In the low bits of an entry's address: its former content is a page, the one of that number among the copies.
    private const uint WholePage = 1;

    private readonly byte* _host;
    private readonly Page[] _pages;
    private readonly List<byte[]> _copies = [];
    private readonly List<(uint, uint)> _changes = [];
    private (uint Address, uint Former)[] _entries = new (uint, uint)[256];
    private int _count,
        _copied,
        _marked,
        _copiedAtMark;

    // Where an inner log began: the entries and copies before are an outer one's.
    private int _floor,
        _copiedAtFloor;

    private uint _period;

    /// <summary>The period in which stores to a page were last logged, and how many of its dwords were then.</summary>
    private struct Page
    {
        public uint Period;
        public int Dwords;
    }

    internal StoreLog(byte* host, uint size)
    {
        _host = host;
        _pages = new Page[size / PhysicalMemory.PageSize];
    }

    /// <summary>
    /// The dwords written since <see cref="Mark"/>, by physical address, with what each was before that store; one may
    /// occur more than once, in order. Valid until the next call.
    /// </summary>
    public ReadOnlySpan<(uint Address, uint Former)> Changes()
    {
        // Most often no page was copied.
        if (_copied == _copiedAtMark)
            return _entries.AsSpan(_marked, _count - _marked);
        _changes.Clear();
        for (var i = _marked; i < _count; i++)
        {
            var (address, former) = _entries[i];
            if ((address & WholePage) == 0)
                _changes.Add((address, former));
            else
                AddPage(address & ~WholePage, former);
        }
        return CollectionsMarshal.AsSpan(_changes);
    }

    /// <summary>What <see cref="Changes"/> tells starts here.</summary>
    /// <returns>Whether stores to some page were not seen, but are from now on.</returns>
    public bool Mark()
    {
        var unseen = _copied != _copiedAtMark;
        (_marked, _copiedAtMark) = (_count, _copied);
        _period++;
        return unseen;
    }

    /// <summary>Starts a log with the present content, which <see cref="TryUndo"/> goes back to.</summary>
    internal void Begin()
    {
        (_count, _copied, _marked, _copiedAtMark) = (0, 0, 0, 0);
        (_floor, _copiedAtFloor) = (0, 0);
        _period++;
    }

    /// <summary>
    /// Starts a log within the present one: <see cref="TryUndo"/> goes back to here, until <see cref="Leave"/>.
    /// </summary>
    internal void Nest()
    {
        (_floor, _copiedAtFloor) = (_count, _copied);
        Mark();
    }

    /// <summary>From here on <see cref="TryUndo"/> goes back to where the outer log began.</summary>
    internal void Leave() => (_floor, _copiedAtFloor) = (0, 0);

    /// <summary>True where each store to the page has to be told to the log.</summary>
    internal bool Sees(uint page) =>
        _period != 0 && (_pages[page].Period != _period || _pages[page].Dwords <= MostDwords);

    /// <summary>Called before a byte is written.</summary>
    /// <returns>Whether later stores to the page have to be told too.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Before(uint physical)
    {
        if (_period == 0)
            return false;
        ref var seen = ref _pages[physical / PhysicalMemory.PageSize];
        if (seen.Period != _period)
            (seen.Period, seen.Dwords) = (_period, 0);
        if (seen.Dwords >= MostDwords)
            return BeforeUnseen(physical / PhysicalMemory.PageSize, ref seen);
        seen.Dwords++;
        Append(physical & ~3u, *(uint*)(_host + (physical & ~3u)));
        return true;
    }

    private bool BeforeUnseen(uint page, ref Page seen)
    {
        if (seen.Dwords == MostDwords)
        {
            seen.Dwords++;
            Copy(page);
        }
        return false;
    }

    /// <summary>Called before any number of bytes of a page are written.</summary>
    internal void BeforePage(uint page)
    {
        if (!Sees(page))
            return;
        _pages[page] = new Page { Period = _period, Dwords = MostDwords + 1 };
        Copy(page);
    }

    /// <summary>
    /// Takes back the last entry, and tells where it was; false if none is left, and then the log starts again.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryUndo(out uint physical, out uint length)
    {
        if (_count == _floor)
        {
            _copied = _copiedAtFloor;
            Mark();
            (physical, length) = (0, 0);
            return false;
        }
        var (address, former) = _entries[--_count];
        (physical, length) = (address & ~WholePage, 4);
        if ((address & WholePage) == 0)
            *(uint*)(_host + physical) = former;
        else
        {
            length = PhysicalMemory.PageSize;
            CopyBack((int)former, physical);
        }
        return true;
    }

    private void CopyBack(int copy, uint page) =>
        _copies[copy].CopyTo(new Span<byte>(_host + page, (int)PhysicalMemory.PageSize));

    private void AddPage(uint start, uint copy)
    {
        for (var offset = 0u; offset < PhysicalMemory.PageSize; offset += 4)
            if (*(uint*)(_host + start + offset) is var now && DwordOf(copy, offset) is var former && now != former)
                _changes.Add((start + offset, former));
    }

    private uint DwordOf(uint copy, uint offset) => BitConverter.ToUInt32(_copies[(int)copy], (int)offset);

    private void Copy(uint page)
    {
        if (_copied == _copies.Count)
            _copies.Add(new byte[PhysicalMemory.PageSize]);
        new ReadOnlySpan<byte>(_host + page * PhysicalMemory.PageSize, (int)PhysicalMemory.PageSize).CopyTo(
            _copies[_copied]
        );
        Append(page * PhysicalMemory.PageSize | WholePage, (uint)_copied++);
    }

    private void Append(uint address, uint former)
    {
        if (_count == _entries.Length)
            Grow();
        _entries[_count++] = (address, former);
    }

    private void Grow() => Array.Resize(ref _entries, 2 * _count);
}
