using Verified.Spec.Values;

namespace Verified.Machine.Processor;

/// <summary>
/// What an instruction sees of the outside world: linear memory, ports, and the cache controls. Paging, the TLB and
/// physical memory are below this interface, so that a reading over typed tables can stand in for them.
/// </summary>
/// <remarks>
/// <c>size</c> is 1, 2 or 4 bytes; loads are zero-extended. <c>user</c> is true for an access made with CPL 3; the
/// processor's own reads of GDT, IDT and TSS are supervisor accesses. An access that faults throws <see cref="Fault"/>
/// and changes nothing. A struct that implements this lets the JIT bind every access statically.
/// </remarks>
public interface IBus<W>
    where W : struct, IWord<W>
{
    W Load(W linear, int size, bool user);

    /// <summary>
    /// The load of a read-modify-write: it faults exactly where, and as, the store that follows would.
    /// </summary>
    W LoadForStore(W linear, int size, bool user);

    void Store(W linear, int size, W value, bool user);

    W In(W port, int size);

    void Out(W port, int size, W value);

    /// <summary>
    /// MOV to CR3: a new page directory at the physical address <paramref name="cr3"/>; the TLB is emptied.
    /// </summary>
    void PageDirectoryLoaded(W cr3);

    /// <summary>
    /// MOV to CR0 or CR4: the bits that govern paging (PG, WP, PSE, PGE) may have changed; the TLB is emptied.
    /// </summary>
    void PagingChanged(W cr0, W cr4);

    /// <summary>INVLPG: forget the translation of the page of <paramref name="linear"/>.</summary>
    void Invalidate(W linear);

    /// <summary>The time-stamp counter, in processor cycles.</summary>
    (W Low, W High) TimeStamp();
}
