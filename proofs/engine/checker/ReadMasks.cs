namespace Verified.Proofs.Checker;

/// <summary>
/// Shared by the workers of a search: the bits of states that each judgement of a state has read so far, by any worker.
/// </summary>
/// <remarks>
/// A judgement holds in a state if it held in the state before, and the step changed no bit that it read there. Another
/// worker may have judged the state before. So a worker that looks only at the reads of its own evaluations would skip
/// judgements that it must make.
/// </remarks>
/// <param name="judgements">The number of judgements.</param>
public sealed class ReadMasks(int judgements)
{
    private readonly ulong[] _bits = new ulong[judgements];
    private int _version;

    /// <summary>Changes with every added bit.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>The bits that a judgement has read.</summary>
    public ulong this[int judgement] => Volatile.Read(ref _bits[judgement]);

    /// <summary>A judgement has read these bits.</summary>
    public void Add(int judgement, ulong bits)
    {
        if ((bits & ~this[judgement]) == 0)
            return;
        Interlocked.Or(ref _bits[judgement], bits);
        Interlocked.Increment(ref _version);
    }
}
