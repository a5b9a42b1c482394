using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Verified.Proofs.Checker;

/// <summary>A state in a file, with the number of the state from which it was found.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public readonly record struct LoggedState(ulong State, int Parent);

/// <summary>A file of records of one size, which only grows, or is cut.</summary>
/// <typeparam name="T">The record: its bytes in memory are its bytes in the file.</typeparam>
internal sealed class StateLog<T> : IDisposable
    where T : unmanaged
{
    private readonly SafeFileHandle _file;

    /// <summary>Opens a file, or makes it. No other process can open it at the same time.</summary>
    public StateLog(string path)
    {
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        Count = RandomAccess.GetLength(_file) / Size;
    }

    private static unsafe int Size => sizeof(T);

    /// <summary>The number of records.</summary>
    public long Count { get; private set; }

    /// <summary>Adds records at the end.</summary>
    /// <exception cref="IOException">The disk is full, or the file may not grow.</exception>
    public void Append(ReadOnlySpan<T> records)
    {
        try
        {
            RandomAccess.Write(_file, MemoryMarshal.AsBytes(records), Count * Size);
        }
        catch (ArgumentOutOfRangeException e)
        {
            // The system's limit on the size of a file.
            throw new IOException(e.Message, e);
        }

        Count += records.Length;
    }

    /// <summary>Reads records.</summary>
    /// <param name="first">The number of the first record.</param>
    /// <param name="into">As many records as this has room for.</param>
    public void Read(long first, Span<T> into)
    {
        var bytes = MemoryMarshal.AsBytes(into);
        for (var at = first * Size; bytes.Length > 0; )
        {
            var read = RandomAccess.Read(_file, bytes, at);
            if (read == 0)
                throw new CheckpointException($"a file of states ends before record {at / Size:N0}");
            bytes = bytes[read..];
            at += read;
        }
    }

    /// <summary>Forgets all records from a number on.</summary>
    public void Cut(long count)
    {
        RandomAccess.SetLength(_file, count * Size);
        Count = count;
    }

    /// <summary>Returns when all records are on the disk.</summary>
    public void Flush() => RandomAccess.FlushToDisk(_file);

    public void Dispose() => _file.Dispose();
}
