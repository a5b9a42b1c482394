using System.Runtime.CompilerServices;
using Verified.Machine.Processor;

namespace Verified.Machine.Memory;

/// <summary>
/// Linear memory: two-level paging with 4 KB and 4 MB pages, and the TLB (SDM vol. 3, chapter 4). The TLB is
/// direct-mapped. An entry stays until INVLPG, a load of CR3 or an eviction, so later changes of the page tables have
/// no effect before, as on a processor. If cached rights do not allow an access, the tables are read again (SDM vol. 3,
/// 4.10.4.3 leaves that open).
/// </summary>
public sealed unsafe class Mmu
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

    /// <summary>Discards every translation, because the contents of physical addresses have changed.</summary>
    internal void Flush()
    {
        _otherSpaces.Clear();
        Flush(keepGlobal: false);
    }

    /// <summary>
    /// Replaces the set of watched linear pages (addresses of their first bytes). Their accesses are reported to
    /// <see cref="AccessSeen"/>.
    /// </summary>
    internal void Watch(HashSet<uint> pages)
    {
        (_watched, _watching) = (pages, pages.Count > 0);
        for (var i = 0; i < _filledCount; i++)
        {
            var entry = _tlb + _filled[i];
            if (pages.Contains(entry->Page))
                entry->KernelRead = entry->KernelWrite = entry->UserRead = entry->UserWrite = NoPage;
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

    /// <summary>The offsets in a TLB entry of the tag and of the host address, for compiled code.</summary>
    internal (nint Tlb, int Entries, int TagOffset, int HostOffset) TlbLayout(bool write, bool user)
    {
        var tag = user
            ? write
                ? &_tlb->UserWrite
                : &_tlb->UserRead
            : write
                ? &_tlb->KernelWrite
                : &_tlb->KernelRead;
        return ((nint)_tlb, Entries, (int)((byte*)tag - (byte*)_tlb), (int)((byte*)&_tlb->Host - (byte*)_tlb));
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTranslate(uint linear, int size, bool write, bool user, out uint physical)
    {
        var entry = _tlb + (linear >> 12 & Entries - 1);
        physical = entry->Frame | linear & ~FrameMask;
        return !Crosses(linear, size)
            && (
                (entry->Page == (linear & FrameMask) && Allows(entry->Rights, write, user))
                || TryWalk(linear, write, user, out physical)
            );
    }

    private bool TryWalk(uint linear, bool write, bool user, out uint physical)
    {
        try
        {
            physical = Translate(linear, write, user);
            return true;
        }
        catch (Fault)
        {
            physical = 0;
            return false;
        }
    }

    /// <summary>The physical address of a fetch, if the TLB contains it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryTranslateFetch(uint linear, bool user, out uint physical)
    {
        var entry = _tlb + (linear >> 12 & Entries - 1);
        physical = entry->Frame | linear & ~FrameMask;
        return (user ? entry->UserRead : entry->KernelRead) == (linear & FrameMask);
    }

    /// <summary>
    /// The present physical address of <paramref name="linear"/>, through the TLB. Throws the fault that an access
    /// would raise.
    /// </summary>
    public uint Translate(uint linear, bool write, bool user)
    {
        var page = linear & FrameMask;
        var entry = _tlb + (linear >> 12 & Entries - 1);
        var tag = user
            ? write
                ? entry->UserWrite
                : entry->UserRead
            : write
                ? entry->KernelWrite
                : entry->KernelRead;
        if (tag == page || (entry->Page == page && Allows(entry->Rights, write, user)))
            return entry->Frame | linear & ~FrameMask;
        return Walk(linear, write, user) | linear & ~FrameMask;
    }

    /// <summary>The physical address that the tables in memory give, or null. Changes nothing.</summary>
    public uint? Look(uint linear)
    {
        if (!_paging)
            return Resolve(linear);
        var pde = _memory.Load(Resolve(_directory + (linear >> 22) * 4), 4);
        if ((pde & Present) == 0)
            return null;
        if (_largePages && (pde & Large) != 0)
            return Resolve(pde & 0xFFC00000 | linear & 0x003FFFFF);
        var pte = _memory.Load(Resolve((pde & FrameMask) + (linear >> 12 & 1023) * 4), 4);
        return (pte & Present) == 0 ? null : Resolve(pte & FrameMask | linear & ~FrameMask);
    }

    /// <summary>
    /// A page that user code can access through the TLB in a way that the tables in memory do not allow; null if there
    /// is none. INVLPG should have removed such a translation.
    /// </summary>
    public uint? FirstStale()
    {
        for (var i = 0; i < _filledCount; i++)
        {
            var entry = _tlb + _filled[i];
            if (entry->Page == NoPage || (entry->Rights & User) == 0 || !_paging)
                continue;
            var rights = RightsOf(entry->Page);
            if (
                (rights & (Present | User)) != (Present | User)
                || Look(entry->Page) != entry->Frame
                || (entry->Rights & Writable & ~rights) != 0
            )
                return entry->Page;
        }

        return null;
    }

    private uint RightsOf(uint linear)
    {
        var pde = _memory.Load(Resolve(_directory + (linear >> 22) * 4), 4);
        if ((pde & Present) == 0 || (_largePages && (pde & Large) != 0))
            return pde;
        return pde & _memory.Load(Resolve((pde & FrameMask) + (linear >> 12 & 1023) * 4), 4);
    }

    internal void SetDirectory(uint cr3)
    {
        var former = _directory;
        _directory = cr3 & FrameMask;
        if (!IsTagged || !_paging)
        {
            Flush(keepGlobal: _globalPages);
            return;
        }
        if (former == _directory)
            return;
        _otherSpaces[former] = Save();
        Flush(keepGlobal: _globalPages);
        if (_otherSpaces.Remove(_directory, out var own))
            Fill(own);
    }

    internal void SetPaging(uint cr0, uint cr4)
    {
        _paging = (cr0 & ControlBit.Paging) != 0;
        _writeProtect = (cr0 & ControlBit.WriteProtect) != 0;
        _largePages = (cr4 & ControlBit.PageSizeExtension) != 0;
        _globalPages = (cr4 & ControlBit.PageGlobal) != 0;
        _otherSpaces.Clear();
        Flush(keepGlobal: false);
    }

    internal void Invalidate(uint linear)
    {
        for (var i = 0; i < _filledCount; i++)
        {
            // A 4 MB page is cached in pieces of 4 KB, which are removed together.
            var entry = _tlb + _filled[i];
            var offset = (entry->Rights & Large) != 0 ? 0x003FFFFFu : ~FrameMask;
            if (((entry->Page ^ linear) & ~offset) == 0 && entry->Page != NoPage)
                entry->Forget();
        }
    }

    /// <summary>
    /// Makes every store take the slow path once, because pages are no longer logged or now contain code.
    /// </summary>
    internal void RecheckStores()
    {
        for (var i = 0; i < _filledCount; i++)
            _tlb[_filled[i]].KernelWrite = _tlb[_filled[i]].UserWrite = NoPage;
    }

    /// <summary>The contents of the TLB, for a snapshot.</summary>
    internal Translation[] Save()
    {
        var saved = new Translation[_filledCount];
        for (var i = 0; i < _filledCount; i++)
            saved[i] = _tlb[_filled[i]];
        return saved;
    }

    internal void Restore(Translation[] saved, uint cr0, uint cr3, uint cr4)
    {
        SetPaging(cr0, cr4);
        _directory = cr3 & FrameMask;
        Fill(saved);
    }

    private void Fill(Translation[] saved)
    {
        foreach (var translation in saved)
        {
            if (translation.Page != NoPage)
                Fill(translation.Page, translation.Frame, translation.Rights);
        }
    }

    private void Flush(bool keepGlobal)
    {
        Flushes++;
        var kept = 0;
        for (var i = 0; i < _filledCount; i++)
        {
            var entry = _tlb + _filled[i];
            if (keepGlobal && (entry->Rights & Global) != 0 && entry->Page != NoPage)
                _filled[kept++] = _filled[i];
            else
                entry->Clear();
        }
        _filledCount = kept;
    }

    private bool Allows(uint rights, bool write, bool user) =>
        (!user || (rights & User) != 0)
        && (!write || ((rights & Dirty) != 0 && ((rights & Writable) != 0 || (!user && !_writeProtect))));

    private bool Permits(uint rights, bool write, bool user) => Allows(rights | Dirty, write, user);

    /// <summary>Walks the tables, sets accessed and dirty bits, and fills the TLB. Returns the frame.</summary>
    private uint Walk(uint linear, bool write, bool user)
    {
        if (!_paging)
            return Fill(linear & FrameMask, Resolve(linear & FrameMask), User | Writable | Dirty);
        var code = (write ? 2u : 0) | (user ? 4u : 0);
        var pdeAt = Resolve(_directory + (linear >> 22) * 4);
        var pde = _memory.Load(pdeAt, 4);
        if ((pde & Present) == 0)
            throw Fault.Page(code, linear);
        if (_largePages && (pde & Large) != 0)
        {
            if ((pde & LargeReserved) != 0)
                throw Fault.Page(code | 9, linear);
            if (!Permits(pde, write, user))
                throw Fault.Page(code | 1, linear);
            Touch(pdeAt, pde, Accessed | (write ? Dirty : 0));
            return Fill(linear & FrameMask, Resolve(pde & 0xFFC00000 | linear & 0x003FF000), pde | (write ? Dirty : 0));
        }
        var pteAt = Resolve((pde & FrameMask) + (linear >> 12 & 1023) * 4);
        var pte = _memory.Load(pteAt, 4);
        if ((pte & Present) == 0)
            throw Fault.Page(code, linear);
        var rights = pte & ~(User | Writable | Large) | pte & pde & (User | Writable);
        if (!Permits(rights, write, user))
            throw Fault.Page(code | 1, linear);
        Touch(pdeAt, pde, Accessed);
        Touch(pteAt, pte, Accessed | (write ? Dirty : 0));
        return Fill(linear & FrameMask, Resolve(pte & FrameMask), rights | (write ? Dirty : 0));
    }

    private uint Resolve(uint physical) => _memory.Resolve(physical & _addressMask);

    private void Touch(uint at, uint entry, uint bits)
    {
        if ((entry & bits) != bits)
            _memory.Store(at, 4, entry | bits);
    }

    // Stores are allowed only after the first one, which finds out whether the memory must see them.
    private uint Fill(uint page, uint frame, uint rights)
    {
        var slot = page >> 12 & Entries - 1;
        var entry = _tlb + slot;
        if (!entry->InUse)
            _filled[_filledCount++] = (ushort)slot;
        (entry->InUse, entry->Page, entry->Frame, entry->Rights) = (true, page, frame, rights);
        entry->KernelRead = entry->KernelWrite = entry->UserRead = entry->UserWrite = NoPage;
        if (!_memory.Holds(frame) || (_watching && _watched.Contains(page)))
            return frame;
        entry->Host = _memory.Host + frame - page;
        entry->KernelRead = page;
        entry->UserRead = (rights & User) != 0 ? page : NoPage;
        return frame;
    }

    private void AllowStores(Translation* entry)
    {
        if (
            entry->Frame >= _memory.Size
            || !_memory.IsPlainlyWritable(entry->Frame / PhysicalMemory.PageSize)
            || (_watching && _watched.Contains(entry->Page))
        )
            return;
        entry->KernelWrite = Allows(entry->Rights, write: true, user: false) ? entry->Page : NoPage;
        entry->UserWrite = Allows(entry->Rights, write: true, user: true) ? entry->Page : NoPage;
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
