namespace Verified.Machine.Timing;

/// <summary>An access to data.</summary>
/// <param name="Linear">Its linear address.</param>
/// <param name="Physical">Its physical address.</param>
/// <param name="Size">The bytes of an element.</param>
/// <param name="Writes">Whether it writes.</param>
/// <param name="Count">
/// The number of elements, one after the other; more than one in a repeated string instruction.
/// </param>
public readonly record struct Access(uint Linear, uint Physical, int Size, bool Writes, int Count = 1)
{
    /// <summary>The bytes of all elements.</summary>
    public int Length => Size * Count;
}

/// <summary>
/// The history that a processor keeps: caches, translations, and branch targets. All are empty at first, and the least
/// recently used entry is replaced. A store that misses goes to a write buffer and allocates no line (Pentium data
/// book, 3.5; 486 manual, 5.2).
/// </summary>
public sealed class Buffers(Timings timings)
{
    private const uint Page = 4096;
    private const int BranchSets = 64,
        BranchWays = 4,
        Strongly = 3,
        Likely = 2;

    private readonly MemoryTimings _timings = timings.Memory;
    private readonly Entries _code = new(timings.Memory.Code),
        _codePages = new(timings.Memory.CodePages);
    private readonly Entries? _ownData = timings.Memory.Data is { } data ? new(data) : null;
    private readonly Entries? _ownDataPages = timings.Memory.DataPages is { } pages ? new(pages) : null;
    private readonly SecondLevelCache? _second = timings.Memory.Second is { } second
        ? new(second, timings.Memory.Code.Line, timings.Memory.LineFill)
        : null;
    private readonly Entries _branches = new(new(BranchSets, BranchWays, 1));
    private readonly Dictionary<uint, (uint Target, int Counter)> _targets = [];

    /// <summary>Cycles for which the fetch of an instruction waits.</summary>
    public int Fetch(uint linear, uint physical, int length)
    {
        var waited = Translate(_codePages, linear, length);
        foreach (var line in Lines(physical, length, _timings.Code.Line))
            if (!_code.Touch(line))
                waited += Fill(line);
        return waited;
    }

    /// <summary>Cycles for which an access to data waits.</summary>
    public int Reach(in Access access)
    {
        var cache = _ownData ?? _code;
        var waited = Translate(_ownDataPages ?? _codePages, access.Linear, access.Length);
        foreach (var line in Lines(access.Physical, access.Length, (_timings.Data ?? _timings.Code).Line))
        {
            if (!cache.Touch(line, allocate: !access.Writes) && !access.Writes)
                waited += Fill(line);
            if (access.Writes)
                _second?.Write(line);
        }

        var unit = (uint)Math.Min(access.Size, 4);
        var misaligned = access.Size <= 8 && (access.Linear & (unit - 1)) != 0;
        return waited + (misaligned ? _timings.Misaligned * access.Count : 0);
    }

    /// <summary>The present address space, a value of CR3, if translations are tagged.</summary>
    public uint Space { get; set; }

    /// <summary>CR3 was loaded.</summary>
    public void EnterSpace(uint cr3)
    {
        Space = cr3;
        if (_timings.IsTagged)
            return;
        _codePages.Clear();
        _ownDataPages?.Clear();
    }

    /// <summary>
    /// Whether a branch went where its entry predicted; without an entry, whether it went to the next instruction. Also
    /// updates the entry. Only a taken branch gets an entry ([F]; a two-bit counter).
    /// </summary>
    public bool Predicts(uint branch, bool taken, uint target)
    {
        var known =
            _branches.Touch(branch, allocate: taken) && _targets.TryGetValue(branch, out var entry)
                ? entry
                : ((uint, int)?)null;
        if (known is not ({ } expected, { } counter))
        {
            if (taken)
                _targets[branch] = (target, Strongly);
            return !taken;
        }

        _targets[branch] = (taken ? target : expected, Math.Clamp(counter + (taken ? 1 : -1), 0, Strongly));
        return taken ? counter >= Likely && expected == target : counter < Likely;
    }

    private int Fill(uint line) => _second?.Read(line) ?? _timings.LineFill;

    private int Translate(Entries pages, uint linear, int length)
    {
        var waited = 0;
        foreach (var page in Lines(linear, length, (int)Page))
            if (!pages.Touch(page, _timings.IsTagged ? Space : 0))
                waited += _timings.TableWalk;
        return waited;
    }

    /// <summary>The numbers of the lines that contain some bytes.</summary>
    private static IEnumerable<uint> Lines(uint address, int length, int line)
    {
        for (var number = address / (uint)line; number <= (address + (uint)length - 1) / (uint)line; number++)
            yield return number;
    }

    private sealed class Entries(BufferShape shape)
    {
        // For each set, the numbers in it, most recently used first.
        private readonly List<(uint, uint)>[] _sets =
        [
            .. Enumerable.Range(0, shape.Sets).Select(_ => new List<(uint, uint)>(shape.Ways)),
        ];

        public void Clear()
        {
            foreach (var set in _sets)
                set.Clear();
        }

        /// <summary>
        /// Whether a number was present with its tag. Afterwards it is present, unless it was not and <c>allocate</c>
        /// is false.
        /// </summary>
        public bool Touch(uint number, uint tag = 0, bool allocate = true)
        {
            var set = _sets[number % (uint)_sets.Length];
            var held = set.Remove((number, tag));
            if (!held && !allocate)
                return false;
            if (set.Count == shape.Ways)
                set.RemoveAt(shape.Ways - 1);
            set.Insert(0, (number, tag));
            return held;
        }
    }
}
