namespace Verified.Proofs.Checker;

/// <summary>The states of a search in memory. Workers add to different shards without a lock.</summary>
public sealed class StateSet : IStateStore
{
    /// <summary>
    /// The number of shards. With this number, one shard of a few million states fits into a second-level cache.
    /// </summary>
    public const int Shards = 1 << ShardBits;

    private const int ShardBits = 8;

    private readonly Shard[] _shards = [.. Enumerable.Range(0, Shards).Select(_ => new Shard())];

    /// <summary>How many states there are.</summary>
    public long Count => _shards.Sum(shard => (long)shard.Count);

    /// <summary>The memory that a set of so many states takes, at most.</summary>
    public static long BytesOf(long states) => 24 * states;

    /// <summary>Memory that the set takes.</summary>
    public long Bytes => _shards.Sum(shard => shard.Bytes);

    /// <summary>A state by its number.</summary>
    public ulong this[int number] => _shards[number % Shards].Keys[number / Shards];

    /// <summary>The number of the state from which a state was found; -1 for the first.</summary>
    public int Parent(int number) => _shards[number % Shards].Parents[number / Shards];

    /// <summary>
    /// Mixes the bits of a state. The top bits choose its shard, the low bits its place in the shard.
    /// </summary>
    public static ulong Hash(ulong state)
    {
        state = (state ^ state >> 32) * 0x9E3779B97F4A7C15;
        return (state ^ state >> 29) * 0xBF58476D1CE4E5B9;
    }

    /// <summary>The shard of a state.</summary>
    public static int ShardOf(ulong hash) => (int)(hash >> (64 - ShardBits));

    /// <summary>Adds a state to its shard unless it is there. Only one worker may add to a shard at a time.</summary>
    /// <returns>Its number if it is new, else -1.</returns>
    public int Add(int shard, ulong state)
    {
        var place = _shards[shard].Add(state);
        return place < 0 ? -1 : checked(place * Shards + shard);
    }

    /// <summary>Records the state from which a new state was found.</summary>
    public void ComesFrom(int number, int parent) => _shards[number % Shards].Parents[number / Shards] = parent;

    public IEnumerable<ulong>? All() => Enumerable.Range(0, Shards).SelectMany(shard => Of(shard).States);

    /// <summary>The states of a shard in order, and the numbers of the states from which they were found.</summary>
    internal (ArraySegment<ulong> States, ArraySegment<int> Parents) Of(int shard) =>
        (new(_shards[shard].Keys, 0, _shards[shard].Count), new(_shards[shard].Parents, 0, _shards[shard].Count));

    void IStateStore.Add(int shard, ReadOnlySpan<Chunk> chunks, ReadOnlySpan<int> level)
    {
        foreach (var chunk in chunks)
        {
            var (states, candidates) = chunk.Of(shard);
            for (var n = 0; n < states.Count; n++)
            {
                var number = Add(shard, states[n]);
                if (number < 0)
                    continue;
                ComesFrom(number, level[chunk.From(candidates[n])]);
                chunk.Found(candidates[n], number);
            }
        }
    }

    private sealed class Shard
    {
        private const int First = 16;

        // A slot is 0 if it is free. Otherwise its low bits are one more than the number of a state, and its high bits
        // are bits of the state's hash. They distinguish most different states without a look at the keys.
        private const int TagAt = 24;
        private const uint NumberMask = (1u << TagAt) - 1;

        private uint[] _slots = new uint[2 * First];

        public ulong[] Keys { get; private set; } = new ulong[First];

        public int[] Parents { get; private set; } = new int[First];

        public int Count { get; private set; }

        public long Bytes => 8L * Keys.Length + 4L * Parents.Length + 4L * _slots.Length;

        public int Add(ulong state)
        {
            var (slots, keys, hash) = (_slots, Keys, Hash(state));
            var tag = TagOf(hash);
            for (var slot = SlotOf(hash, slots.Length); ; slot = slot + 1 == slots.Length ? 0 : slot + 1)
            {
                var entry = slots[slot];
                if (entry == 0)
                    return AddAt(slot, tag, state);
                if ((entry & ~NumberMask) == tag && keys[(entry & NumberMask) - 1] == state)
                    return -1;
            }
        }

        private int AddAt(int slot, uint tag, ulong state)
        {
            if (Count == NumberMask - 1)
                throw new ModelException($"a search numbers at most {(long)Count * Shards:N0} states");
            if (Count == Keys.Length)
                Grow();
            Keys[Count] = state;
            _slots[slot] = tag | (uint)++Count;
            if (5L * Count > 4L * _slots.Length)
                Rehash();
            return Count - 1;
        }

        private static uint TagOf(ulong hash) => (uint)(hash >> 32) << TagAt;

        private static int SlotOf(ulong hash, int slots) => (int)((hash & uint.MaxValue) * (ulong)slots >> 32);

        // The growth is a quarter, so little memory is unused, because all shards grow at about the same time.
        private void Grow()
        {
            var (keys, parents) = (Keys, Parents);
            var size = Count + Count / 4;
            Array.Resize(ref keys, size);
            Array.Resize(ref parents, size);
            (Keys, Parents) = (keys, parents);
        }

        private void Rehash()
        {
            var slots = new uint[_slots.Length + _slots.Length / 2];
            for (var number = 0; number < Count; number++)
            {
                var hash = Hash(Keys[number]);
                var slot = SlotOf(hash, slots.Length);
                while (slots[slot] != 0)
                    slot = slot + 1 == slots.Length ? 0 : slot + 1;
                slots[slot] = TagOf(hash) | (uint)(number + 1);
            }

            _slots = slots;
        }
    }
}
