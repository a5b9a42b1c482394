using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Verified.Machine.Processor;

namespace Verified.Machine.Memory;

/// <summary>Translation by the page tables in memory.</summary>
public sealed unsafe partial class Mmu
{
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
        var isDone = TryWalk(linear, write, user, out physical, out _);
        physical |= linear & ~FrameMask;
        return isDone;
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
        if (IsCached(linear, write, user))
            return _tlb[linear >> 12 & Entries - 1].Frame | linear & ~FrameMask;
        return Walk(linear, write, user) | linear & ~FrameMask;
    }

    private bool IsCached(uint linear, bool write, bool user)
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
        return tag == page || (entry->Page == page && Allows(entry->Rights, write, user));
    }

    /// <summary>The physical address that the tables in memory give, or null. Changes nothing.</summary>
    public uint? Look(uint linear) =>
        _paging
            ? TryLook(linear, out var physical, out _)
                ? physical
                : null
            : Resolve(linear);

    // The physical address that the tables in memory give, and the bits that are set in all entries on the way.
    private bool TryLook(uint linear, out uint physical, out uint rights)
    {
        var pde = _memory.Load(Resolve(_directory + (linear >> 22) * 4), 4);
        (physical, rights) = (0, pde);
        if ((pde & Present) == 0)
            return false;
        if (_largePages && (pde & Large) != 0)
        {
            physical = Resolve(pde & 0xFFC00000 | linear & 0x003FFFFF);
            return true;
        }

        var pte = _memory.Load(Resolve((pde & FrameMask) + (linear >> 12 & 1023) * 4), 4);
        rights &= pte;
        physical = Resolve(pte & FrameMask | linear & ~FrameMask);
        return (pte & Present) != 0;
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
            if (
                !TryLook(entry->Page, out var frame, out var rights)
                || (rights & User) == 0
                || frame != entry->Frame
                || (entry->Rights & Writable & ~rights) != 0
            )
                return entry->Page;
        }

        return null;
    }

    private bool Allows(uint rights, bool write, bool user) =>
        (!user || (rights & User) != 0)
        && (!write || ((rights & Dirty) != 0 && ((rights & Writable) != 0 || (!user && !_writeProtect))));

    private bool Permits(uint rights, bool write, bool user) => Allows(rights | Dirty, write, user);

    /// <summary>
    /// The fault that a fetch would raise; null if it raises none. Then the TLB has the translation. This method throws
    /// nothing, because user code often jumps to absent pages, and a thrown exception takes long.
    /// </summary>
    internal Fault? FaultOfFetch(uint linear, bool user)
    {
        if (IsCached(linear, write: false, user))
            return null;
        TryWalk(linear, write: false, user, out _, out var fault);
        return fault;
    }

    private uint Walk(uint linear, bool write, bool user) =>
        TryWalk(linear, write, user, out var frame, out var fault) ? frame : throw fault;

    /// <summary>
    /// Walks the tables, sets accessed and dirty bits, and fills the TLB. Returns the frame, or else the fault.
    /// </summary>
    private bool TryWalk(uint linear, bool write, bool user, out uint frame, [NotNullWhen(false)] out Fault? fault)
    {
        (frame, fault) = (0, null);
        if (!_paging)
        {
            frame = Fill(linear & FrameMask, Resolve(linear & FrameMask), User | Writable | Dirty);
            return true;
        }

        var code = (write ? 2u : 0) | (user ? 4u : 0);
        var pdeAt = Resolve(_directory + (linear >> 22) * 4);
        var pde = _memory.Load(pdeAt, 4);
        if ((pde & Present) == 0)
            return Fails(code, out fault);
        if (_largePages && (pde & Large) != 0)
        {
            if ((pde & LargeReserved) != 0)
                return Fails(code | 9, out fault);
            if (!Permits(pde, write, user))
                return Fails(code | 1, out fault);
            Touch(pdeAt, pde, Accessed | (write ? Dirty : 0));
            frame = Fill(
                linear & FrameMask,
                Resolve(pde & 0xFFC00000 | linear & 0x003FF000),
                pde | (write ? Dirty : 0)
            );
            return true;
        }
        var pteAt = Resolve((pde & FrameMask) + (linear >> 12 & 1023) * 4);
        var pte = _memory.Load(pteAt, 4);
        if ((pte & Present) == 0)
            return Fails(code, out fault);
        var rights = pte & ~(User | Writable | Large) | pte & pde & (User | Writable);
        if (!Permits(rights, write, user))
            return Fails(code | 1, out fault);
        Touch(pdeAt, pde, Accessed);
        Touch(pteAt, pte, Accessed | (write ? Dirty : 0));
        frame = Fill(linear & FrameMask, Resolve(pte & FrameMask), rights | (write ? Dirty : 0));
        return true;

        bool Fails(uint errorCode, out Fault raised)
        {
            raised = Fault.Page(errorCode, linear);
            return false;
        }
    }

    private uint Resolve(uint physical) => _memory.Resolve(physical & _addressMask);

    private void Touch(uint at, uint entry, uint bits)
    {
        if ((entry & bits) != bits)
            _memory.Store(at, 4, entry | bits);
    }
}
