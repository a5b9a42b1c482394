using Verified.Spec.Values;

namespace Verified.Machine.Processor;

/// <summary>
/// The processor's access to the outside world: linear memory, ports, and cache controls. Paging, the TLB and physical
/// memory are below this interface, so that a reading over typed tables can replace them.
/// </summary>
/// <remarks>
/// <c>size</c> is 1, 2 or 4 bytes, and loads are zero-extended. <c>user</c> is true for an access with CPL 3. The
/// processor's own reads of GDT, IDT and TSS are supervisor accesses. A faulting access throws <see cref="Fault"/> and
/// changes nothing. If a struct implements this interface, the JIT compiler binds every access statically.
/// </remarks>
public interface IBus<W>
    where W : struct, IWord<W>
{
    W Load(W linear, int size, bool user);

    /// <summary>The load of a read-modify-write. It faults exactly as the following store would.</summary>
    W LoadForStore(W linear, int size, bool user);

    void Store(W linear, int size, W value, bool user);

    W In(W port, int size);

    void Out(W port, int size, W value);

    /// <summary>
    /// MOV to CR3: the page directory is now at physical address <paramref name="cr3"/>, and the TLB is emptied.
    /// </summary>
    void PageDirectoryLoaded(W cr3);

    /// <summary>
    /// MOV to CR0 or CR4: the bits that control paging (PG, WP, PSE, PGE) may have changed, and the TLB is emptied.
    /// </summary>
    void PagingChanged(W cr0, W cr4);

    /// <summary>INVLPG: discards the translation of the page of <paramref name="linear"/>.</summary>
    void Invalidate(W linear);

    /// <summary>The time-stamp counter, in processor cycles.</summary>
    (W Low, W High) TimeStamp();
}
