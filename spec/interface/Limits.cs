namespace Verified.Spec;

/// <summary>
/// The sizes of the kernel's tables. The same text and the same assembler program serve every size; powers of two, so
/// that a row of a table is a field of an id.
/// </summary>
/// <param name="Tasks">Tasks 0..Tasks-1; task 0 does not exist. 2..256.</param>
/// <param name="Lthreads">Threads per task, 1..64.</param>
/// <param name="Priorities">Priorities 0..Priorities-1, at most 256; a higher number runs first.</param>
public sealed record Limits(uint Tasks, uint Lthreads, uint Priorities)
{
    /// <summary>What the image ships with: 1,024 threads.</summary>
    public static readonly Limits Shipping = new(64, 16, 256);

    /// <summary>Sizes of what mappings are kept in.</summary>
    public Paging Paging { get; init; } = Tasks * Lthreads < 1024 ? Paging.Small : Paging.Shipping;

    /// <summary>Slots that deadlines are spread over, by their last bits: a tick looks at one of them.</summary>
    public const uint ClockSlots = 64;

    /// <summary>Rows of the thread table.</summary>
    public uint Threads => Tasks * Lthreads;

    /// <summary>
    /// Throws where a size is out of range or no power of two, or the threads do not fit two-level bitmaps.
    /// </summary>
    public Limits Checked()
    {
        Require(Tasks, 2, 256, nameof(Tasks));
        Require(Lthreads, 1, 64, nameof(Lthreads));
        Require(Priorities, 2, 256, nameof(Priorities));
        Require(Threads, 2, 1024, nameof(Threads));
        Paging.Checked();
        return this;
    }

    internal static void Require(uint size, uint least, uint most, string name)
    {
        if (size < least || size > most || (size & (size - 1)) != 0)
            throw new ArgumentOutOfRangeException(name, size, $"{name} must be a power of two from {least} to {most}");
    }
}
