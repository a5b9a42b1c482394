namespace Verified.Machine.Timing;

/// <summary>A second-level cache, and the cost of its misses.</summary>
/// <param name="Size">Its bytes. It is direct-mapped and has the lines of the first level.</param>
/// <param name="MemoryFill">Cycles for which an access waits for a line of memory.</param>
/// <param name="WriteBack">Cycles more if the line that it replaces was written.</param>
public sealed record SecondLevelTimings(int Size, int MemoryFill, int WriteBack);

/// <summary>
/// The lines in a direct-mapped second-level cache, by physical address. It is written back. A store marks a line that
/// is in the cache as written, also if the first level has it, and otherwise goes to memory. So the first level's
/// write-backs need no model of their own. A line that leaves the second level stays in the first.
/// </summary>
internal sealed class SecondLevelCache(SecondLevelTimings timings, int lineSize, int hit)
{
    private readonly uint?[] _lines = new uint?[timings.Size / lineSize];
    private readonly bool[] _written = new bool[timings.Size / lineSize];

    /// <summary>Cycles for which a read that missed the first level waits for its line.</summary>
    public int Read(uint line)
    {
        var at = line % _lines.Length;
        if (_lines[at] == line)
            return hit;
        var waited = timings.MemoryFill + (_written[at] ? timings.WriteBack : 0);
        (_lines[at], _written[at]) = (line, false);
        return waited;
    }

    /// <summary>A store, which does not wait.</summary>
    public void Write(uint line)
    {
        var at = line % _lines.Length;
        if (_lines[at] == line)
            _written[at] = true;
    }
}
