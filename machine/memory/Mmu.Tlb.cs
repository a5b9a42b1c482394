using Verified.Machine.Processor;

namespace Verified.Machine.Memory;

/// <summary>The TLB: how entries are made, discarded, saved and watched.</summary>
public sealed unsafe partial class Mmu
{
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
}
