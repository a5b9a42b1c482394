namespace Verified.Proofs.Checker;

/// <summary>
/// The states of a search on the disk: a file for each shard. The candidates of a batch are compared with a whole shard
/// as it is read from front to back, so no state needs memory.
/// </summary>
/// <remarks>A batch reads all shards once. So batches should grow with the set.</remarks>
internal sealed class DiskSet : IStateStore, IDisposable
{
    private const int Records = 1 << 13;

    private readonly StateLog<LoggedState>[] _shards;
    private readonly Checkpoint _checkpoint;
    private readonly ThreadLocal<Lookup> _lookups = new(() => new());

    // The candidates of a batch in a shard, by their states. Each worker has its own object.
    private sealed class Lookup
    {
        public ulong[] States { get; private set; } = new ulong[1 << 12];

        /// <summary>0 for a free place; 1 for a state that is not in the shard; 2 for one that is.</summary>
        public byte[] Marks { get; private set; } = new byte[1 << 12];

        public LoggedState[] Read { get; } = new LoggedState[Records];

        public List<LoggedState> Found { get; } = [];

        public void Begin(int candidates)
        {
            while (States.Length < 2 * candidates)
                (States, Marks) = (new ulong[2 * States.Length], new byte[2 * Marks.Length]);
            Array.Clear(Marks);
            Found.Clear();
        }

        /// <summary>The place of a state, or the free place where it belongs.</summary>
        public int Place(ulong state)
        {
            var mask = States.Length - 1;
            var place = (int)StateSet.Hash(state) & mask;
            while (Marks[place] != 0 && States[place] != state)
                place = (place + 1) & mask;
            return place;
        }
    }

    private DiskSet(Checkpoint checkpoint)
    {
        _checkpoint = checkpoint;
        var folder = Path.Combine(checkpoint.Folder, "shards");
        Directory.CreateDirectory(folder);
        _shards =
        [
            .. Enumerable
                .Range(0, StateSet.Shards)
                .Select(shard => new StateLog<LoggedState>(Path.Combine(folder, $"{shard:X2}"))),
        ];
        foreach (var shard in _shards)
            shard.Cut(0);
    }

    public long Count => _shards.Sum(shard => shard.Count);

    public long Bytes => 0;

    public ulong this[int number] => Of(number).State;

    public int Parent(int number) => Of(number).Parent;

    /// <summary>Writes a set to the disk.</summary>
    public static DiskSet Of(StateSet set, Checkpoint checkpoint)
    {
        var disk = Make(checkpoint);
        checkpoint.Try(() =>
        {
            var records = new LoggedState[Records];
            for (var shard = 0; shard < StateSet.Shards; shard++)
            {
                var states = set.Of(shard).States;
                var parents = set.Of(shard).Parents;
                for (var first = 0; first < states.Length; first += Records)
                {
                    var count = Math.Min(Records, states.Length - first);
                    for (var n = 0; n < count; n++)
                        records[n] = new(states[first + n], parents[first + n]);
                    disk._shards[shard].Append(records.AsSpan(0, count));
                }
            }
        });
        return disk;
    }

    /// <summary>Distributes the states of a log to shards.</summary>
    public static DiskSet Of(StateLog<LoggedState> log, Checkpoint checkpoint)
    {
        var disk = Make(checkpoint);
        checkpoint.Try(() =>
        {
            List<LoggedState>[] waiting =
            [
                .. Enumerable.Range(0, StateSet.Shards).Select(_ => new List<LoggedState>()),
            ];
            foreach (var logged in LogFrontier.All(log))
            {
                var shard = StateSet.ShardOf(StateSet.Hash(logged.State));
                waiting[shard].Add(logged);
                if (waiting[shard].Count == Records)
                    Write(shard);
            }

            for (var shard = 0; shard < StateSet.Shards; shard++)
                Write(shard);

            void Write(int shard)
            {
                disk._shards[shard].Append(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(waiting[shard]));
                waiting[shard].Clear();
            }
        });
        return disk;
    }

    private static DiskSet Make(Checkpoint checkpoint)
    {
        DiskSet? disk = null;
        checkpoint.Try(() => disk = new(checkpoint));
        checkpoint.Owns(disk!);
        return disk!;
    }

    public void Add(int shard, ReadOnlySpan<Chunk> chunks, ReadOnlySpan<int> level)
    {
        var (lookup, candidates) = (_lookups.Value!, 0);
        foreach (var chunk in chunks)
            candidates += chunk.Of(shard).States.Count;
        if (candidates == 0)
            return;
        lookup.Begin(candidates);
        foreach (var chunk in chunks)
        foreach (var state in chunk.Of(shard).States)
        {
            var place = lookup.Place(state);
            (lookup.States[place], lookup.Marks[place]) = (state, 1);
        }

        var file = _shards[shard];
        for (long first = 0; first < file.Count; first += Records)
        {
            var read = lookup.Read.AsSpan(0, (int)Math.Min(Records, file.Count - first));
            file.Read(first, read);
            foreach (var (state, _) in read)
                if (lookup.Place(state) is var place && lookup.Marks[place] != 0)
                    lookup.Marks[place] = 2;
        }

        foreach (var chunk in chunks)
        {
            var (states, numbers) = chunk.Of(shard);
            for (var n = 0; n < states.Count; n++)
            {
                ref var mark = ref lookup.Marks[lookup.Place(states[n])];
                if (mark == 2)
                    continue;
                mark = 2;
                chunk.Found(numbers[n], checked((int)(file.Count + lookup.Found.Count) * StateSet.Shards + shard));
                lookup.Found.Add(new(states[n], level[chunk.From(numbers[n])]));
            }
        }

        _checkpoint.Try(() => file.Append(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(lookup.Found)));
    }

    public void Dispose()
    {
        foreach (var shard in _shards)
            shard.Dispose();
        _lookups.Dispose();
    }

    private LoggedState Of(int number)
    {
        Span<LoggedState> one = stackalloc LoggedState[1];
        _shards[number % StateSet.Shards].Read(number / StateSet.Shards, one);
        return one[0];
    }
}
