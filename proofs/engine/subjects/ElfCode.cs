using System.Buffers.Binary;
using System.Text;

namespace Verified.Proofs.Subjects;

/// <summary>
/// Code and symbols of a 32-bit ELF executable, whatever compiler made it (System V ABI, chapters 4 and 5).
/// </summary>
public sealed class ElfCode
{
    private const uint Magic = 0x464C457F,
        Load = 1,
        SymbolTable = 2;
    private const int SegmentSize = 32,
        SectionSize = 40,
        SymbolSize = 16;

    private readonly byte[] _file;

    /// <param name="file">The file's bytes.</param>
    /// <exception cref="InvalidDataException">The file is not a 32-bit ELF file.</exception>
    public ElfCode(byte[] file)
    {
        _file = file;
        if (file.Length < 52 || Dword(0) != Magic || file[4] != 1)
            throw new InvalidDataException("not a 32-bit ELF file");
    }

    /// <summary>The bytes of the loaded segments, in dwords by address.</summary>
    /// <exception cref="InvalidDataException">A segment is cut off or not aligned.</exception>
    public IReadOnlyDictionary<uint, uint> Dwords()
    {
        var dwords = new Dictionary<uint, uint>();
        for (var i = 0; i < Half(44); i++)
        {
            var at = (int)Dword(28) + i * SegmentSize;
            var (offset, linear, size) = ((int)Dword(at + 4), Dword(at + 8), (int)Dword(at + 16));
            if (Dword(at) != Load)
                continue;
            if (linear % 4 != 0)
                throw new InvalidDataException($"the segment at {linear:X}h is not aligned to 4 bytes");
            if (offset < 0 || size < 0 || (long)offset + size > _file.Length)
                throw new InvalidDataException($"the segment at {linear:X}h is beyond the end of the file");
            foreach (var (n, dword) in CodeBytes.Dwords(_file[offset..(offset + size)]).Index())
                dwords.TryAdd(linear + (uint)n * 4, dword);
        }

        return dwords;
    }

    /// <summary>The address of a symbol.</summary>
    /// <exception cref="InvalidDataException">The file has no such symbol.</exception>
    public uint AddressOf(string symbol)
    {
        for (var i = 0; i < Half(48); i++)
        {
            var section = (int)Dword(32) + i * SectionSize;
            if (Dword(section + 4) != SymbolTable)
                continue;
            var names = (int)Dword((int)Dword(32) + (int)Dword(section + 24) * SectionSize + 16);
            for (var at = (int)Dword(section + 16); at < Dword(section + 16) + Dword(section + 20); at += SymbolSize)
                if (Text(names + (int)Dword(at)) == symbol)
                    return Dword(at + 4);
        }

        throw new InvalidDataException($"no symbol {symbol}");
    }

    private string Text(int at)
    {
        var length = Part(at, 1).Length + _file.AsSpan(at).IndexOf((byte)0) - 1;
        return length >= 0
            ? Encoding.ASCII.GetString(_file, at, length)
            : throw new InvalidDataException("the ELF file is cut off");
    }

    private uint Dword(int at) => BinaryPrimitives.ReadUInt32LittleEndian(Part(at, 4));

    private int Half(int at) => BinaryPrimitives.ReadUInt16LittleEndian(Part(at, 2));

    private ReadOnlySpan<byte> Part(int at, int size) =>
        at >= 0 && at <= _file.Length - size
            ? _file.AsSpan(at, size)
            : throw new InvalidDataException("the ELF file is cut off");
}
