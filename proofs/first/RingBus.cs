using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Proofs.First;

/// <summary>
/// The booted kernel's memory, which a user's instructions may read but not change, and 4 KB of user memory at every
/// user address, in small spaces too.
/// </summary>
public readonly struct RingBus(Pc pc) : IBus<Concrete>
{
    private const uint Mask = 0xFFF;

    private readonly byte[] _user = new byte[Mask + 8];

    /// <summary>Dwords that replace dwords of the kernel's memory.</summary>
    public Dictionary<uint, uint> Instead { get; } = [];

    /// <summary>The kernel's addresses that were written since this was cleared.</summary>
    public List<uint> Stored { get; } = [];

    /// <summary>Puts a dword into the user's memory.</summary>
    public void Put(uint at, uint dword) => BitConverter.TryWriteBytes(_user.AsSpan((int)(at & Mask)), dword);

    public Concrete Load(Concrete linear, int size, bool user)
    {
        if (IsUsers(linear))
            return Bits(BitConverter.ToUInt32(_user, (int)(linear.Value & Mask)), size);
        if (user)
            throw Fault.Page(5, linear.Value);
        var dword = linear.Value & ~3u;
        if (Instead.TryGetValue(dword, out var instead))
            return Bits(instead >> (int)(linear.Value - dword) * 8, size);
        return pc.Memory.Load(pc.Mmu.Look(linear.Value) ?? throw Fault.Page(0, linear.Value), size);
    }

    public Concrete LoadForStore(Concrete linear, int size, bool user) => Load(linear, size, user);

    public void Store(Concrete linear, int size, Concrete value, bool user)
    {
        if (IsUsers(linear))
            return;
        if (user)
            throw Fault.Page(7, linear.Value);
        Stored.Add(linear.Value);
    }

    private static bool IsUsers(Concrete linear) => linear.Value is < Layout.KernelBase or >= UserSegments.Region;

    public Concrete In(Concrete port, int size) => uint.MaxValue;

    public void Out(Concrete port, int size, Concrete value)
    {
        // No device answers.
    }

    public void PageDirectoryLoaded(Concrete cr3) => Stored.Add(cr3.Value);

    public void PagingChanged(Concrete cr0, Concrete cr4) => Stored.Add(cr0.Value);

    public void Invalidate(Concrete linear)
    {
        // There is no TLB.
    }

    public (Concrete Low, Concrete High) TimeStamp() => (0, 0);

    private static Concrete Bits(uint dword, int size) => size == 4 ? dword : dword & ((1u << size * 8) - 1);
}
