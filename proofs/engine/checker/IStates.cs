namespace Verified.Proofs.Checker;

/// <summary>
/// The packed states that a search has found, in shards by their hash. The number of a state gives its shard and its
/// rank among the states of this shard in the order of discovery. So it does not depend on where the states are stored.
/// </summary>
public interface IStates
{
    /// <summary>How many states there are.</summary>
    long Count { get; }

    /// <summary>The memory that the states take, in bytes.</summary>
    long Bytes { get; }

    /// <summary>A state by its number.</summary>
    ulong this[int number] { get; }

    /// <summary>The number of the state from which a state was found; -1 for the first.</summary>
    int Parent(int number);

    /// <summary>All states in any order; null if they are on the disk.</summary>
    IEnumerable<ulong>? All() => null;
}

/// <summary>The same, as the search uses it.</summary>
internal interface IStateStore : IStates
{
    /// <summary>
    /// Adds the candidates of one shard that are new, in order, and tells their chunks the numbers. Only one worker may
    /// add to a shard at a time.
    /// </summary>
    /// <param name="shard">The shard.</param>
    /// <param name="chunks">The chunks of the batch, in order.</param>
    /// <param name="level">The numbers of the states that the chunks expanded.</param>
    void Add(int shard, ReadOnlySpan<Chunk> chunks, ReadOnlySpan<int> level);
}
