using System.Runtime.CompilerServices;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Machine.Memory;

/// <summary>The processor's access to ports and to the time stamp.</summary>
internal interface IPorts
{
    /// <summary>The value of the time-stamp counter.</summary>
    ulong TimeStamp { get; }

    uint In(uint port, int size);

    void Out(uint port, int size, uint value);
}

/// <summary>The PC as its processor sees it: paged memory and ports.</summary>
public readonly struct PcBus : IBus<Concrete>
{
    private readonly Mmu _mmu;
    private readonly IPorts _ports;

    internal PcBus(Mmu mmu, IPorts ports) => (_mmu, _ports) = (mmu, ports);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Concrete Load(Concrete linear, int size, bool user) => _mmu.Load(linear, size, user);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Concrete LoadForStore(Concrete linear, int size, bool user) => _mmu.LoadForStore(linear, size, user);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(Concrete linear, int size, Concrete value, bool user) => _mmu.Store(linear, size, value, user);

    internal bool TryLoad(uint linear, int size, bool write, bool user, ref uint value) =>
        _mmu.TryLoad(linear, size, write, user, ref value);

    internal bool TryStore(uint linear, int size, uint value, bool user) => _mmu.TryStore(linear, size, value, user);

    public Concrete In(Concrete port, int size) => _ports.In(port.Value, size);

    public void Out(Concrete port, int size, Concrete value) => _ports.Out(port.Value, size, value.Value);

    public void PageDirectoryLoaded(Concrete cr3) => _mmu.SetDirectory(cr3);

    public void PagingChanged(Concrete cr0, Concrete cr4) => _mmu.SetPaging(cr0, cr4);

    public void Invalidate(Concrete linear) => _mmu.Invalidate(linear);

    public (Concrete Low, Concrete High) TimeStamp()
    {
        var now = _ports.TimeStamp;
        return ((uint)now, (uint)(now >> 32));
    }
}
