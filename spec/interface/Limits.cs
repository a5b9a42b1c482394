namespace Verified.Spec;

/// <summary>
/// The sizes of the kernel's tables. The same spec and the same assembler program serve every size. Sizes are powers of
/// two, so that the row of a table is a field of an id.
/// </summary>
/// <param name="Tasks">Tasks 0..Tasks-1; task 0 does not exist. 2..256.</param>
/// <param name="Lthreads">Threads per task, 1..64.</param>
/// <param name="Priorities">Priorities 0..Priorities-1, at most 256; a higher number runs first.</param>
public sealed record Limits(uint Tasks, uint Lthreads, uint Priorities)
{
    /// <summary>The size of the shipped image: 1,024 threads.</summary>
    public static readonly Limits Shipping = new(64, 16, 256);

    /// <summary>The sizes of the tables for mappings.</summary>
    public Paging Paging { get; init; } = Tasks * Lthreads < 1024 ? Paging.Small : Paging.Shipping;

    /// <summary>Deadlines are distributed over this many slots, by their last bits. A tick examines one slot.</summary>
    public const uint ClockSlots = 64;

    /// <summary>Rows of the thread table.</summary>
    public uint Threads => Tasks * Lthreads;

    /// <summary>Bits of an lthread: a thread's row shifted right by them is its task.</summary>
    public uint LthreadBits => Bits(Lthreads);

    /// <summary>The logarithm of a size, which is a power of two.</summary>
    public static uint Bits(uint size) => (uint)System.Numerics.BitOperations.Log2(size);

    /// <summary>
    /// Throws if a size is out of range or not a power of two, or if the threads do not fit into two-level bitmaps.
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
