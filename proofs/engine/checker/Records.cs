using System.Runtime.InteropServices;

namespace Verified.Proofs.Checker;

/// <summary>
/// Records outside the managed heap. They grow in place, and the garbage collector does not know them. If they were
/// arrays on the heap, all workers of a search would wait for the collector at every growth.
/// </summary>
/// <typeparam name="T">The record.</typeparam>
internal sealed unsafe class Records<T> : IDisposable
    where T : unmanaged
{
    /// <param name="size">The number of records, which are 0.</param>
    public Records(int size)
    {
        First = (T*)NativeMemory.AllocZeroed((nuint)size, (nuint)sizeof(T));
        Size = size;
    }

    ~Records() => Free();

    /// <summary>
    /// The place of the first record. It is valid until the next growth, while this object is in use.
    /// </summary>
    public T* First { get; private set; }

    /// <summary>The number of records.</summary>
    public int Size { get; private set; }

    /// <summary>Their memory in bytes.</summary>
    public long Bytes => (long)sizeof(T) * Size;

    /// <summary>The first records.</summary>
    public Span<T> Of(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)Size);
        return new(First, count);
    }

    /// <summary>A record by its number.</summary>
    public ref T this[int number]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)number, (uint)Size);
            return ref First[number];
        }
    }

    /// <summary>Makes room for more records. New ones have any content.</summary>
    /// <exception cref="OutOfMemoryException">There is not so much memory; the records stay.</exception>
    public void Grow(int size)
    {
        First = (T*)NativeMemory.Realloc(First, checked((nuint)size * (nuint)sizeof(T)));
        Size = size;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.Free(First);
        First = null;
        Size = 0;
    }
}
