using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Verified.Proofs.Oracle;

/// <summary>
/// A file in the format MOO (Machine Opcode Operation file, version 1.1), perhaps compressed with gzip. The format is a
/// tree of chunks. A chunk is four letters, a length and that number of bytes, little-endian. Chunks with other names
/// are skipped.
/// </summary>
public static class MooFile
{
    /// <summary>The processor that cases are run as: the 386EX is a 386 with peripherals.</summary>
    public const string Processor = "386E";

    private const int HeaderLength = 12,
        ChunkHead = 8,
        HashLength = 20;

    /// <summary>The cases of a file.</summary>
    /// <exception cref="VectorFileException">
    /// It cannot be read, or is not a MOO file, or was recorded on another processor or in another mode.
    /// </exception>
    public static List<RecordedCase> Read(string path)
    {
        try
        {
            return Parse(path, Bytes(path));
        }
        catch (InvalidDataException e)
        {
            throw new VectorFileException($"{path}: not a whole gzip file ({e.Message.TrimEnd('.')}); fetch it again");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VectorFileException($"{path} cannot be read: {e.Message}");
        }
    }

    private static byte[] Bytes(string path)
    {
        if (!path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            return File.ReadAllBytes(path);
        using var unpacked = new MemoryStream();
        using (var packed = new GZipStream(File.OpenRead(path), CompressionMode.Decompress))
            packed.CopyTo(unpacked);
        return unpacked.ToArray();
    }

    /// <summary>The cases in the content of a file called <paramref name="name"/>.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static List<RecordedCase> Parse(string name, byte[] content)
    {
        if (!content.AsSpan().StartsWith("MOO "u8))
            throw new VectorFileException(
                $"{name}: not a MOO file: it does not start with 'MOO '; give files that end in .MOO or .MOO.gz"
            );
        var chunks = new Chunks(name, content, 0, content.Length);
        chunks.Next();
        var count = ReadHeader(chunks);
        var defined = AllBits();
        List<RecordedCase> cases = [];
        while (chunks.Next())
        {
            switch (chunks.Tag)
            {
                case "META":
                    RequireRealMode(chunks);
                    break;
                case "RM32":
                    Restrict(defined, chunks);
                    break;
                case "TEST":
                    cases.Add(ReadCase(chunks, defined));
                    break;
            }
        }

        return cases.Count == count
            ? cases
            : throw new VectorFileException(
                $"{name}: its header tells of {count:N0} cases, and {cases.Count:N0} are there; fetch it again"
            );
    }

    private static int ReadHeader(Chunks header)
    {
        header.Require(HeaderLength);
        if (header.Body[0] != 1)
            throw header.Wrong($"version {header.Body[0]} of the format; version 1 is read");
        var processor = Encoding.ASCII.GetString(header.Body.Slice(8, 4)).TrimEnd(' ', '\0');
        return processor == Processor
            ? header.Int(4)
            : throw new VectorFileException(
                $"{header.Name}: recorded on a processor '{processor}'; the machine can be a 386, so give files whose "
                    + $"processor is '{Processor}'"
            );
    }

    // The last 4 bytes: the mode, and 3 reserved.
    private static void RequireRealMode(Chunks meta)
    {
        const int mode = 27;
        if (meta.Body.Length > mode && meta.Body[mode] != 0)
            throw new VectorFileException(
                $"{meta.Name}: recorded in processor mode {meta.Body[mode]}; cases of real mode, 0, are run"
            );
    }

    private static RecordedCase ReadCase(Chunks test, uint[] definedInFile)
    {
        var made = new RecordedCase(test.Int(0), "", [], [], [], definedInFile, [], [], null, "");
        var parts = test.Inside(4);
        while (parts.Next())
        {
            made = parts.Tag switch
            {
                "NAME" => made with { Name = Encoding.ASCII.GetString(parts.Counted()) },
                "BYTS" => made with { Bytes = parts.Counted().ToArray() },
                "INIT" => ReadBefore(made, parts),
                "FINA" => ReadAfter(made, parts),
                "EXCP" => made with { Exception = new(parts.Byte(0), (uint)parts.Int(1)) },
                "HASH" => made with { Hash = Convert.ToHexStringLower(parts.Slice(0, HashLength)) },
                _ => made,
            };
        }

        return made.Registers.Length > 0 && made.After.Length > 0
            ? made
            : throw test.Wrong("a case without 32-bit registers before and after (INIT and FINA with RG32)");
    }

    private static RecordedCase ReadBefore(RecordedCase made, Chunks state)
    {
        var parts = state.Inside(0);
        while (parts.Next())
        {
            if (parts.Tag == "RAM ")
                made = made with { Memory = Ram(parts) };
            if (parts.Tag != "RG32")
                continue;
            made = made with { Registers = Assign(new uint[RecordedRegister.Count], parts, out var present) };
            if (present != RecordedRegister.Count)
                throw parts.Wrong($"{present} of the {RecordedRegister.Count} registers before the instruction");
        }

        return made;
    }

    private static RecordedCase ReadAfter(RecordedCase made, Chunks state)
    {
        if (made.Registers.Length == 0)
            throw state.Wrong("a state after the instruction before the one that it started from");
        made = made with { After = made.Registers };
        var parts = state.Inside(0);
        while (parts.Next())
        {
            switch (parts.Tag)
            {
                case "RG32":
                    made = made with { After = Assign([.. made.Registers], parts, out _) };
                    break;
                case "RM32":
                    made = made with { Defined = Restrict([.. made.Defined], parts) };
                    break;
                case "RAM ":
                    made = made with { Changes = Ram(parts) };
                    break;
            }
        }

        return made;
    }

    private static uint[] AllBits() => [.. Enumerable.Repeat(uint.MaxValue, RecordedRegister.Count)];

    /// <summary>A bit for each register that follows, and its value.</summary>
    private static uint[] Assign(uint[] registers, Chunks chunk, out int present)
    {
        present = 0;
        var bits = (uint)chunk.Int(0);
        for (var (register, at) = (0, 4); register < 32; register++)
        {
            if ((bits >> register & 1) == 0)
                continue;
            var value = (uint)chunk.Int(at);
            at += 4;
            if (register >= registers.Length)
                continue;
            registers[register] = value;
            present++;
        }

        return registers;
    }

    private static uint[] Restrict(uint[] defined, Chunks chunk)
    {
        var mask = Assign(AllBits(), chunk, out _);
        for (var i = 0; i < defined.Length; i++)
            defined[i] &= mask[i];
        return defined;
    }

    private static RecordedByte[] Ram(Chunks chunk)
    {
        const int entry = 5;
        var entries = chunk.Slice(4, (long)(uint)chunk.Int(0) * entry);
        var ram = new RecordedByte[entries.Length / entry];
        for (var i = 0; i < ram.Length; i++)
            ram[i] = new(BinaryPrimitives.ReadUInt32LittleEndian(entries[(i * entry)..]), entries[i * entry + 4]);
        return ram;
    }

    /// <summary>The chunks of a piece of a file, in sequence.</summary>
    private sealed class Chunks(string name, byte[] content, int start, int end)
    {
        private int _head = start,
            _body = start,
            _next = start;

        public string Name => name;

        public string Tag { get; private set; } = "";

        public ReadOnlySpan<byte> Body => content.AsSpan(_body, _next - _body);

        public bool Next()
        {
            _head = _next;
            if (_head == end)
                return false;
            if (end - _head < ChunkHead)
                throw Truncated(end);
            Tag = Encoding.ASCII.GetString(content, _head, 4);
            var length = BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(_head + 4));
            _body = _head + ChunkHead;
            if (length > end - _body)
                throw Truncated(_head);
            _next = _body + (int)length;
            return true;
        }

        /// <summary>The chunks inside this one, from an offset on.</summary>
        public Chunks Inside(int offset)
        {
            Require(offset);
            return new(name, content, _body + offset, _next);
        }

        public int Byte(int at) => Slice(at, 1)[0];

        public int Int(int at) => BinaryPrimitives.ReadInt32LittleEndian(Slice(at, 4));

        /// <summary>Bytes with their number before them.</summary>
        public ReadOnlySpan<byte> Counted() => Slice(4, (uint)Int(0));

        public ReadOnlySpan<byte> Slice(int at, long length)
        {
            Require(at + length);
            return Body.Slice(at, (int)length);
        }

        public void Require(long length)
        {
            if (Body.Length < length)
                throw Wrong($"{Body.Length} bytes where {length} are needed");
        }

        public VectorFileException Wrong(string what) =>
            new($"{name}: chunk '{Tag.Trim()}' at byte {_head:N0}: {what}; fetch it again, or tell its authors");

        private VectorFileException Truncated(int at) =>
            new($"{name}: truncated: the chunk at byte {at:N0} does not end within the file; fetch it again");
    }
}
