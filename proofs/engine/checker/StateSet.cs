namespace Verified.Proofs.Checker;

/// <summary>The states of a search in memory. Workers add to different shards without a lock.</summary>
public sealed class StateSet : IStateStore, IDisposable
{
    /// <summary>
    /// The number of shards. With this number, one shard of a few million states fits into a second-level cache.
    /// </summary>
    public const int Shards = 1 << ShardBits;

    private const int ShardBits = 8;

    private readonly StateShard[] _shards = [.. Enumerable.Range(0, Shards).Select(_ => new StateShard())];

    /// <summary>How many states there are.</summary>
    public long Count => _shards.Sum(shard => (long)shard.Count);

    /// <summary>The memory that a set of so many states takes, at most.</summary>
    public static long BytesOf(long states) => 24 * states;

    /// <summary>Memory that the set takes.</summary>
    public long Bytes => _shards.Sum(shard => shard.Bytes);

    /// <summary>A state by its number.</summary>
    public ulong this[int number] => _shards[number % Shards][number / Shards];

    /// <summary>The number of the state from which a state was found; -1 for the first.</summary>
    public int Parent(int number) => _shards[number % Shards].Parent(number / Shards);

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
    public void ComesFrom(int number, int parent) => _shards[number % Shards].Parent(number / Shards) = parent;

    public IEnumerable<ulong>? All() =>
        _shards.SelectMany(shard => Enumerable.Range(0, shard.Count).Select(number => shard[number]));

    /// <summary>A shard.</summary>
    internal StateShard Of(int shard) => _shards[shard];

    public void Dispose()
    {
        foreach (var shard in _shards)
            shard.Dispose();
    }

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
}
