using System.Runtime.CompilerServices;

namespace Verified.Machine.Memory;

/// <summary>
/// Linear memory: two-level paging with 4 KB and 4 MB pages, and the TLB (SDM vol. 3, chapter 4). The TLB is
/// direct-mapped. An entry stays until INVLPG, a load of CR3 or an eviction, so later changes of the page tables have
/// no effect before, as on a processor. If cached rights do not allow an access, the tables are read again (SDM vol. 3,
/// 4.10.4.3 leaves that open).
/// </summary>
public sealed unsafe partial class Mmu
{
    private const uint Present = 1,
        Writable = 2,
        User = 4,
        Accessed = 0x20,
        Dirty = 0x40,
        Large = 0x80,
        Global = 0x100;
    private const uint FrameMask = 0xFFFFF000,
        LargeReserved = 0x003FE000;
    private const int Entries = 1024;

    // A tag that matches no page, because the low bits of a page's address are 0.
    private const uint NoPage = 1;

    private readonly PhysicalMemory _memory;
    private readonly Translation[] _entries = GC.AllocateArray<Translation>(Entries, pinned: true);
    private readonly Translation* _tlb;
    private readonly ushort[] _filled = new ushort[Entries];
    private int _filledCount;
    private uint _directory;
    private bool _paging,
        _writeProtect,
        _largePages,
        _globalPages;
    private uint _addressMask = uint.MaxValue;
    private readonly Dictionary<uint, Translation[]> _otherSpaces = [];
    private HashSet<uint> _watched = [];
    private bool _watching;

    public Mmu(PhysicalMemory memory)
    {
        _memory = memory;
        fixed (Translation* tlb = _entries)
            _tlb = tlb;
        for (var i = 0; i < Entries; i++)
            _tlb[i].Clear();
    }

    /// <summary>
    /// A variant that no Pentium has: an entry belongs to the page directory with which it was made, and a load of CR3
    /// discards no entry. INVLPG affects only the present space. A change of CR0 or CR4 discards all entries.
    /// </summary>
    public bool IsTagged { get; init; }

    /// <summary>The number of accesses to addresses without memory, and the first such linear address.</summary>
    public (long Accesses, uint First) Unanswered { get; private set; }

    /// <summary>How often all translations, except those of global pages, were discarded.</summary>
    public long Flushes { get; private set; }

    /// <summary>Receives the address, size and direction (true: write) of each access to a watched page.</summary>
    internal Action<uint, int, bool>? AccessSeen { get; set; }

    /// <summary>The A20 gate. While it is closed, address line 20 is 0.</summary>
    internal bool AddressLine20
    {
        get => _addressMask == uint.MaxValue;
        set
        {
            if (value == AddressLine20)
                return;
            _addressMask = value ? uint.MaxValue : ~(1u << 20);
            Flush(keepGlobal: false);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Load(uint linear, int size, bool user)
    {
        var entry = _tlb + (linear >> 12 & Entries - 1);
        if ((user ? entry->UserRead : entry->KernelRead) != (linear + (uint)size - 1 & FrameMask))
            return LoadSlowly(linear, size, user);
        var at = entry->Host + linear;
        return size == 4 ? *(uint*)at
            : size == 2 ? *(ushort*)at
            : *at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint LoadForStore(uint linear, int size, bool user)
    {
        var entry = _tlb + (linear >> 12 & Entries - 1);
        if ((user ? entry->UserWrite : entry->KernelWrite) != (linear + (uint)size - 1 & FrameMask))
            return LoadForStoreSlowly(linear, size, user);
        var at = entry->Host + linear;
        return size == 4 ? *(uint*)at
            : size == 2 ? *(ushort*)at
            : *at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(uint linear, int size, uint value, bool user)
    {
        var entry = _tlb + (linear >> 12 & Entries - 1);
        if ((user ? entry->UserWrite : entry->KernelWrite) != (linear + (uint)size - 1 & FrameMask))
        {
            StoreSlowly(linear, size, value, user);
            return;
        }
        var at = entry->Host + linear;
        if (size == 4)
            *(uint*)at = value;
        else if (size == 2)
            *(ushort*)at = (ushort)value;
        else
            *at = (byte)value;
    }

    /// <summary>Loads, unless the access faults or crosses a page boundary. Returns whether it did.</summary>
    /// <param name="linear">Linear address.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="write">Whether a store follows, as with <see cref="LoadForStore"/>.</param>
    /// <param name="user">Whether CPL is 3.</param>
    /// <param name="value">Set if the load was done.</param>
    internal bool TryLoad(uint linear, int size, bool write, bool user, ref uint value)
    {
        if (!TryTranslate(linear, size, write, user, out var physical))
            return false;
        value = _memory.Load(physical, size);
        return true;
    }

    /// <summary>
    /// Stores, unless the access faults, crosses a page boundary, or is to a page that contains code. Returns whether
    /// it did.
    /// </summary>
    internal bool TryStore(uint linear, int size, uint value, bool user)
    {
        if (
            !TryTranslate(linear, size, write: true, user, out var physical)
            || (physical < _memory.Size && _memory.HoldsCode(physical / PhysicalMemory.PageSize))
        )
            return false;
        if (!_memory.Store(physical, size, value))
            AllowStores(_tlb + (linear >> 12 & Entries - 1));
        return true;
    }

    private static bool Crosses(uint linear, int size) => (linear & ~FrameMask) + (uint)size > PhysicalMemory.PageSize;

    private uint LoadSlowly(uint linear, int size, bool user)
    {
        if (_watching)
            NoteAccess(linear, size, write: false);
        if (!Crosses(linear, size))
            return _memory.Load(Noted(linear, Translate(linear, false, user)), size);
        uint value = 0;
        for (var i = 0; i < size; i++)
            value |= _memory.Load(Translate(linear + (uint)i, false, user), 1) << 8 * i;
        return value;
    }

    private uint LoadForStoreSlowly(uint linear, int size, bool user)
    {
        var physical = Translate(linear, true, user);
        if (!Crosses(linear, size))
            return _memory.Load(Noted(linear, physical), size);
        Translate(linear + (uint)size - 1 & FrameMask, true, user);
        return LoadSlowly(linear, size, user);
    }

    private uint Noted(uint linear, uint physical)
    {
        if (!_memory.Holds(physical))
            Unanswered = (Unanswered.Accesses + 1, Unanswered.Accesses == 0 ? linear : Unanswered.First);
        return physical;
    }

    private void NoteAccess(uint linear, int size, bool write)
    {
        if (_watched.Contains(linear & FrameMask) || _watched.Contains(linear + (uint)size - 1 & FrameMask))
            AccessSeen?.Invoke(linear, size, write);
    }

    private void StoreSlowly(uint linear, int size, uint value, bool user)
    {
        if (_watching)
            NoteAccess(linear, size, write: true);
        var physical = Translate(linear, true, user);
        if (!Crosses(linear, size))
        {
            if (!_memory.Store(Noted(linear, physical), size, value))
                AllowStores(_tlb + (linear >> 12 & Entries - 1));
            return;
        }
        // Both pages must allow the store before either is written. CR2 is the first address that does not allow it.
        Translate(linear + (uint)size - 1 & FrameMask, true, user);
        for (var i = 0; i < size; i++)
            _memory.Store(Translate(linear + (uint)i, true, user), 1, value >> 8 * i & 0xFF);
    }
}
