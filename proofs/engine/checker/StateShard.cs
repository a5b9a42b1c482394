namespace Verified.Proofs.Checker;

/// <summary>A part of a <see cref="StateSet"/>: states in the order of discovery, and a hash table of them.</summary>
internal sealed unsafe class StateShard : IDisposable
{
    private const int First = 16;

    // A slot is 0 if it is free. Otherwise its low bits are one more than the number of a state, and its high bits are
    // bits of the state's hash. They distinguish most different states without a look at the states.
    private const int TagAt = 24;
    private const uint NumberMask = (1u << TagAt) - 1;

    private readonly Records<ulong> _states = new(First);
    private readonly Records<int> _parents = new(First);
    private Records<uint> _slots = new(2 * First);

    public int Count { get; private set; }

    public long Bytes => _states.Bytes + _parents.Bytes + _slots.Bytes;

    public ulong this[int number] => States[number];

    /// <summary>The states in order.</summary>
    public ReadOnlySpan<ulong> States => _states.Of(Count);

    /// <summary>The numbers of the states from which they were found.</summary>
    public ReadOnlySpan<int> Parents => _parents.Of(Count);

    public ref int Parent(int number) => ref _parents[number];

    /// <summary>Adds a state unless it is there: its number if it is new, else -1.</summary>
    public int Add(ulong state)
    {
        var slots = _slots.First;
        var states = _states.First;
        var (size, hash) = (_slots.Size, StateSet.Hash(state));
        var tag = TagOf(hash);
        for (var slot = SlotOf(hash, size); ; slot = slot + 1 == size ? 0 : slot + 1)
        {
            var entry = slots[slot];
            if (entry == 0)
                return AddAt(slot, tag, state);
            if ((entry & ~NumberMask) == tag && states[(entry & NumberMask) - 1] == state)
                return -1;
        }
    }

    private int AddAt(int slot, uint tag, ulong state)
    {
        if (Count == NumberMask - 1)
            throw new ModelException($"a search numbers at most {(long)Count * StateSet.Shards:N0} states");
        if (Count == _states.Size)
            Grow();
        _states.First[Count] = state;
        _slots.First[slot] = tag | (uint)++Count;
        if (5L * Count > 4L * _slots.Size)
            Rehash();
        return Count - 1;
    }

    private static uint TagOf(ulong hash) => (uint)(hash >> 32) << TagAt;

    private static int SlotOf(ulong hash, int slots) => (int)((hash & uint.MaxValue) * (ulong)slots >> 32);

    // The growth is a quarter, so little memory is unused, because all shards grow at about the same time.
    private void Grow()
    {
        var size = Count + Count / 4;
        _states.Grow(size);
        _parents.Grow(size);
    }

    private void Rehash()
    {
        var slots = new Records<uint>(_slots.Size + _slots.Size / 2);
        var to = slots.First;
        var size = slots.Size;
        for (var number = 0; number < Count; number++)
        {
            var hash = StateSet.Hash(_states.First[number]);
            var slot = SlotOf(hash, size);
            while (to[slot] != 0)
                slot = slot + 1 == size ? 0 : slot + 1;
            to[slot] = TagOf(hash) | (uint)(number + 1);
        }

        _slots.Dispose();
        _slots = slots;
    }

    public void Dispose()
    {
        _states.Dispose();
        _parents.Dispose();
        _slots.Dispose();
        Count = 0;
    }
}
