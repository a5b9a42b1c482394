using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Verified.Machine.Memory;

/// <summary>
/// The contents of memory before each store since a snapshot, to find and undo changes. The log has one entry for each
/// dword. If many dwords of a page are written, it has a copy of the page. Without a snapshot it logs nothing.
/// </summary>
public sealed unsafe class StoreLog
{
    /// <summary>
    /// The number of dwords of a page that are logged after each mark. After that, the whole page is copied, and its
    /// stores are no longer reported.
    /// </summary>
    private const int MostDwords = 256;

    // A flag in the low bits of an entry's address: the former content is a whole page, with this number among the
    // copies.
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

    // The start of an inner log. Earlier entries and copies belong to the outer log.
    private int _floor,
        _copiedAtFloor;

    private uint _period;

    /// <summary>The period in which stores to a page were last logged, and the number of its logged dwords.</summary>
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
    /// The dwords written since <see cref="Mark"/>, by physical address, with the former value of each. A dword may
    /// occur more than once, in order. Valid until the next call.
    /// </summary>
    public ReadOnlySpan<(uint Address, uint Former)> Changes()
    {
        // Usually no page was copied.
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

    /// <summary>Starts a new list of <see cref="Changes"/>.</summary>
    /// <returns>Whether stores to some page were not reported before, but will be from now on.</returns>
    public bool Mark()
    {
        var unseen = _copied != _copiedAtMark;
        (_marked, _copiedAtMark) = (_count, _copied);
        _period++;
        return unseen;
    }

    /// <summary>Starts a log with the present content, to which <see cref="TryUndo"/> returns.</summary>
    internal void Begin()
    {
        (_count, _copied, _marked, _copiedAtMark) = (0, 0, 0, 0);
        (_floor, _copiedAtFloor) = (0, 0);
        _period++;
    }

    /// <summary>Starts an inner log. <see cref="TryUndo"/> returns to this point until <see cref="Leave"/>.</summary>
    internal void Nest()
    {
        (_floor, _copiedAtFloor) = (_count, _copied);
        Mark();
    }

    /// <summary>Ends the inner log. <see cref="TryUndo"/> then returns to the start of the outer log.</summary>
    internal void Leave() => (_floor, _copiedAtFloor) = (0, 0);

    /// <summary>Whether each store to the page must be reported to the log.</summary>
    internal bool Sees(uint page) =>
        _period != 0 && (_pages[page].Period != _period || _pages[page].Dwords <= MostDwords);

    /// <summary>Called before a byte is written.</summary>
    /// <returns>Whether later stores to the page must be reported, too.</returns>
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

    /// <summary>Called before any bytes of a page are written.</summary>
    internal void BeforePage(uint page)
    {
        if (!Sees(page))
            return;
        _pages[page] = new Page { Period = _period, Dwords = MostDwords + 1 };
        Copy(page);
    }

    /// <summary>
    /// Undoes the last entry and returns its place. Returns false if no entry is left; the log then starts again.
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
