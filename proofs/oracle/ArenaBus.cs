using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Proofs.Values;

namespace Verified.Proofs.Oracle;

/// <summary>
/// The arena's memory in the symbolic reading. Each word starts as a variable. The variables' values decide the address
/// of each access, and whether the access faults.
/// </summary>
/// <param name="terms">The universe of the variables.</param>
/// <param name="values">The value of a term for the case's inputs.</param>
/// <param name="system">The descriptor tables and the task's state, which are constants.</param>
internal sealed class ArenaBus(Terms terms, Func<Symbolic, uint> values, Func<uint, uint> system) : IBus<Symbolic>
{
    private readonly Dictionary<uint, Symbolic> _words = [];

    /// <summary>The words written, by address.</summary>
    public IReadOnlyDictionary<uint, Symbolic> Words => _words;

    /// <summary>The name of the variable that the word at an address starts as.</summary>
    public static string Name(uint address) => $"m{address:X}";

    public Symbolic Load(Symbolic linear, int size, bool user) => Read(Check(linear, size, write: false, user), size);

    public Symbolic LoadForStore(Symbolic linear, int size, bool user) =>
        Read(Check(linear, size, write: true, user), size);

    public void Store(Symbolic linear, int size, Symbolic value, bool user)
    {
        var address = Check(linear, size, write: true, user);
        for (var i = 0; i < size; i++)
        {
            var (word, shift) = (address + (uint)i & ~3u, (address + (uint)i & 3) * 8);
            _words[word] = Word(word) & ~(0xFFu << (int)shift) | (value >> (uint)(8 * i) & 0xFF) << shift;
        }
    }

    public Symbolic In(Symbolic port, int size) => throw NotInRing3();

    public void Out(Symbolic port, int size, Symbolic value) => throw NotInRing3();

    public void PageDirectoryLoaded(Symbolic cr3) => throw NotInRing3();

    public void PagingChanged(Symbolic cr0, Symbolic cr4) => throw NotInRing3();

    public void Invalidate(Symbolic linear) => throw NotInRing3();

    public (Symbolic Low, Symbolic High) TimeStamp() => (0, 0);

    private static InvalidOperationException NotInRing3() => new("an instruction of ring 0 went through in ring 3");

    private uint Check(Symbolic linear, int size, bool write, bool user)
    {
        var address = values(linear);
        if (!user)
            return address;
        CheckPage(address, write);
        var last = address + (uint)size - 1 & ~(PhysicalMemory.PageSize - 1);
        if (last > address)
            CheckPage(last, write);
        return address;
    }

    private static void CheckPage(uint address, bool write)
    {
        const uint present = 1,
            writing = 2,
            byUser = 4;
        var mapped = address is >= Arena.Data and < Arena.End;
        if (!mapped || (write && address >= Arena.WritableEnd))
            throw Fault.Page(byUser | (write ? writing : 0) | (mapped ? present : 0), address);
    }

    private Symbolic Read(uint address, int size)
    {
        var (word, shift) = (address & ~3u, (address & 3) * 8);
        var value = Word(word) >> shift;
        if (shift + 8 * size > 32)
            value |= Word(word + 4) << 32 - shift;
        return size == 4 ? value : value & (size == 1 ? 0xFFu : 0xFFFF);
    }

    private Symbolic Word(uint address) =>
        _words.TryGetValue(address, out var word) ? word
        : address is >= Arena.Data and < Arena.End ? terms.Variable(Name(address))
        : system(address);
}
