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
}
