using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;

namespace Verified.Proofs.Oracle;

/// <summary>Cases with the outcomes of a real processor.</summary>
/// <param name="Processor">Vendor, brand and signature of that processor.</param>
/// <param name="Seed">The seed that the cases were made from.</param>
/// <param name="Cases">Single instructions, then sequences.</param>
public sealed record RecordedCases(string Processor, int Seed, IReadOnlyList<(Case Case, Outcome Outcome)> Cases);

/// <summary>
/// A compressed file of native cases. Uncompressed: a magic number, a version, the processor, the seed, the count, the
/// cases, and the SHA-256 of everything before it. A case contains its whole start state, so the file stays valid if
/// the generator changes. An outcome contains the changes.
/// </summary>
public static class CaseFile
{
    private const byte Version = 1,
        NoVector = 0xFF,
        IsSequence = 1;

    // A case with more changed words is not worth its space.
    private const int MostChanges = 32;

    private static readonly byte[] Magic = "VERIFIED NATIVE CASES"u8.ToArray();

    // A placeholder for the instructions of a sequence. Only the bytes are executed.
    private static readonly Sequence Recorded = new([]);

    /// <summary>True if the file has room for the outcome.</summary>
    public static bool Takes(Outcome outcome) => outcome.Changes.Length <= MostChanges;

    /// <summary>Vendor, brand and signature (family, model, stepping) of this computer's processor, by CPUID.</summary>
    public static string ThisProcessor()
    {
        if (!X86Base.IsSupported)
            throw new OracleUnavailableException("the oracle is the host's own processor: x86-64 Linux only");
        var (most, b, c, d) = X86Base.CpuId(0, 0);
        var vendor = Text(b, d, c);
        var brand = new StringBuilder();
        const uint firstOfBrand = 0x80000002,
            lastOfBrand = 0x80000004;
        if ((uint)X86Base.CpuId(unchecked((int)0x80000000), 0).Eax >= lastOfBrand)
            for (var leaf = firstOfBrand; leaf <= lastOfBrand; leaf++)
            {
                var (eax, ebx, ecx, edx) = X86Base.CpuId((int)leaf, 0);
                brand.Append(Text(eax, ebx, ecx, edx));
            }

        var signature = most >= 1 ? X86Base.CpuId(1, 0).Eax : 0;
        return $"{vendor}, {brand.ToString().Trim('\0', ' ')}, signature {signature:X8}h";
    }

    public static byte[] Write(RecordedCases recorded)
    {
        using var plain = new MemoryStream();
        using var to = new BinaryWriter(plain);
        to.Write(Magic);
        to.Write(Version);
        to.Write(recorded.Processor);
        to.Write(recorded.Seed);
        to.Write(recorded.Cases.Count);
        foreach (var (c, outcome) in recorded.Cases)
            Write(to, c, outcome);
        to.Flush();
        to.Write(SHA256.HashData(plain.ToArray()));
        using var packed = new MemoryStream();
        using (var pack = new GZipStream(packed, CompressionLevel.SmallestSize))
            pack.Write(plain.ToArray());
        return packed.ToArray();
    }

    /// <param name="content">The file.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="VectorFileException">
    /// It is not a file of recorded cases, has another version, or is truncated or damaged.
    /// </exception>
    public static RecordedCases Read(byte[] content, string name)
    {
        var plain = Unpack(content, name);
        if (!plain.AsSpan().StartsWith(Magic))
            throw new VectorFileException($"{name}: not a file of native cases");
        if (plain.Length <= Magic.Length || plain[Magic.Length] != Version)
            throw new VectorFileException(
                $"{name}: version {(plain.Length > Magic.Length ? plain[Magic.Length] : 0)} of the format; "
                    + $"version {Version} is read: record the cases again"
            );
        var end = plain.Length - SHA256.HashSizeInBytes;
        if (end < Magic.Length || !SHA256.HashData(plain.AsSpan(0, end)).AsSpan().SequenceEqual(plain.AsSpan(end)))
            throw new VectorFileException($"{name}: damaged or truncated: its checksum is not that of its content");
        using var from = new BinaryReader(new MemoryStream(plain, Magic.Length + 1, end - Magic.Length - 1));
        try
        {
            var (processor, seed) = (from.ReadString(), from.ReadInt32());
            var cases = new (Case, Outcome)[from.ReadInt32()];
            for (var i = 0; i < cases.Length; i++)
                cases[i] = Read(from, name, i);
            return from.BaseStream.Position == from.BaseStream.Length
                ? new(processor, seed, cases)
                : throw new VectorFileException(
                    $"{name}: {from.BaseStream.Length - from.BaseStream.Position} bytes follow the last case"
                );
        }
        catch (Exception e)
            when (e is EndOfStreamException or OverflowException or FormatException or IndexOutOfRangeException)
        {
            throw new VectorFileException($"{name}: its cases do not end where they should");
        }
    }

    private static byte[] Unpack(byte[] content, string name)
    {
        try
        {
            using var packed = new GZipStream(new MemoryStream(content), CompressionMode.Decompress);
            using var plain = new MemoryStream();
            packed.CopyTo(plain);
            return plain.ToArray();
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new VectorFileException($"{name}: not a whole gzip file: {e.Message}");
        }
    }

    private static void Write(BinaryWriter to, Case c, Outcome outcome)
    {
        to.Write((byte)(c.Sequence is null ? 0 : IsSequence));
        to.Write((byte)c.Bytes.Length);
        to.Write(c.Bytes);
        foreach (var register in c.Registers)
            to.Write(register);
        foreach (var selector in c.Segments)
            to.Write(selector);
        to.Write(c.Eip);
        to.Write(c.Eflags);
        WriteWords(to, c.Pokes);

        to.Write((byte)(outcome.Vector ?? NoVector));
        if (outcome.Vector is not null)
        {
            to.Write(outcome.Error);
            to.Write(outcome.Address);
        }

        to.Write7BitEncodedInt((int)(outcome.Eip - c.Eip));
        to.Write(outcome.Eflags ^ c.Eflags);
        WriteChanged(to, outcome.Registers, c.Registers, to.Write);
        WriteChanged(to, outcome.Segments, c.Segments, to.Write);
        WriteWords(to, outcome.Changes);
    }

    private static (Case Case, Outcome Outcome) Read(BinaryReader from, string name, int index)
    {
        var isSequence = from.ReadByte() == IsSequence;
        var bytes = from.ReadBytes(from.ReadByte());
        var registers = Repeat(8, from.ReadUInt32);
        var segments = Repeat(6, from.ReadUInt16);
        var (eip, eflags) = (from.ReadUInt32(), from.ReadUInt32());
        if (
            Arena.Of(segments[1]) is not { } code
            || !CaseGenerator.TryDecode(bytes, code.Big, eip, out var instruction)
        )
            throw new VectorFileException($"{name}: case {index} is not an instruction of the arena");
        var c = new Case
        {
            Instruction = instruction,
            Sequence = isSequence ? Recorded : null,
            Bytes = bytes,
            Registers = registers,
            Segments = segments,
            Eip = eip,
            Eflags = eflags,
            Pokes = ReadWords(from),
        };
        var vector = from.ReadByte();
        var (error, address) = vector != NoVector ? (from.ReadUInt32(), from.ReadUInt32()) : (0, 0);
        return (
            c,
            new Outcome
            {
                Vector = vector != NoVector ? vector : null,
                Error = error,
                Address = address,
                Eip = eip + (uint)from.Read7BitEncodedInt(),
                Eflags = eflags ^ from.ReadUInt32(),
                Registers = ReadChanged(from, registers, from.ReadUInt32),
                Segments = ReadChanged(from, segments, from.ReadUInt16),
                Changes = ReadWords(from),
            }
        );
    }

    /// <summary>A bit for each item that changed, then those items.</summary>
    private static void WriteChanged<T>(BinaryWriter to, T[] after, T[] before, Action<T> write)
        where T : IEquatable<T>
    {
        var changed = Enumerable.Range(0, after.Length).Where(i => !after[i].Equals(before[i])).ToList();
        to.Write((byte)changed.Aggregate(0, (mask, i) => mask | 1 << i));
        foreach (var i in changed)
            write(after[i]);
    }

    private static T[] ReadChanged<T>(BinaryReader from, T[] before, Func<T> read)
    {
        var (after, mask) = (before.ToArray(), from.ReadByte());
        for (var i = 0; i < after.Length; i++)
            if ((mask >> i & 1) != 0)
                after[i] = read();
        return after;
    }

    private static void WriteWords(BinaryWriter to, IReadOnlyList<(uint Address, uint Value)> words)
    {
        to.Write((byte)words.Count);
        foreach (var (address, value) in words)
        {
            to.Write((ushort)address);
            to.Write(value);
        }
    }

    private static (uint Address, uint Value)[] ReadWords(BinaryReader from) =>
        Repeat(from.ReadByte(), () => ((uint)from.ReadUInt16(), from.ReadUInt32()));

    private static T[] Repeat<T>(int count, Func<T> read)
    {
        var items = new T[count];
        for (var i = 0; i < count; i++)
            items[i] = read();
        return items;
    }

    private static string Text(params ReadOnlySpan<int> words)
    {
        Span<byte> bytes = stackalloc byte[words.Length * 4];
        for (var i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteInt32LittleEndian(bytes[(i * 4)..], words[i]);
        return Encoding.ASCII.GetString(bytes);
    }
}
