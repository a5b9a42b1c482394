using System.Globalization;
using System.IO.Compression;
using System.Text;
using Verified.Proofs.Oracle;

namespace Verified.Tests.Oracle;

/// <summary>Writes files of recorded cases. Among the needed chunks are chunks that a reader must skip.</summary>
internal static class MooWriter
{
    /// <summary>
    /// A case in short: registers EAX to EFLAGS in RG32's order, bytes as <c>address:digits</c>, and the registers that
    /// change as <c>name=value</c>.
    /// </summary>
    public static RecordedCase Case(
        string name,
        string bytes,
        string registers,
        string memory,
        string after,
        string changes = "",
        RecordedException? exception = null,
        string hash = ""
    )
    {
        uint[] before = [0x7FFEFFF0, 0, .. registers.Split(' ').Select(Hex), 0xFFFF0FF0, 0];
        uint[] then = [.. before];
        foreach (var change in Words(after).Select(word => word.Split('=')))
            then[Array.IndexOf(RecordedRegister.Names, change[0])] = Hex(change[1]);
        return new(
            0,
            name,
            Convert.FromHexString(bytes),
            before,
            then,
            [],
            Bytes(memory),
            Bytes(changes),
            exception,
            hash
        );
    }

    private static uint Hex(string digits) => uint.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static RecordedByte[] Bytes(string text) =>
        [
            .. Words(text)
                .SelectMany(word =>
                    word.Split(':') is [var at, var digits]
                        ? Convert.FromHexString(digits).Select((value, i) => new RecordedByte(Hex(at) + (uint)i, value))
                        : throw new ArgumentException(word)
                ),
        ];

    /// <summary>A file, with masks for all of its cases if they are given.</summary>
    public static byte[] File(
        IReadOnlyList<RecordedCase> cases,
        string processor = "386E",
        uint? defined = null,
        byte mode = 0,
        int? count = null
    ) =>
        [
            .. Chunk("MOO ", [1, 1, 0, 0], Word((uint)(count ?? cases.Count)), Text(processor.PadRight(4))),
            .. Chunk("META", new byte[27], [mode, 0, 0, 0]),
            .. Chunk("GMET", [1, 2, 3]),
            .. defined is { } mask ? Chunk("RM32", Word(1 << RecordedRegister.Eflags), Word(mask)) : [],
            .. cases.SelectMany((c, i) => Test(c, (uint)i)),
        ];

    private static byte[] Test(RecordedCase c, uint index)
    {
        var changed = Enumerable.Range(0, RecordedRegister.Count).Where(i => c.Registers[i] != c.After[i]).ToArray();
        return Chunk(
            "TEST",
            Word(index),
            Chunk("NAME", Word((uint)c.Name.Length), Text(c.Name)),
            Chunk("BYTS", Word((uint)c.Bytes.Length), c.Bytes),
            Chunk(
                "INIT",
                Registers("RG32", c.Registers, Enumerable.Range(0, RecordedRegister.Count)),
                Ram(c.Memory),
                Chunk("QUEU", Word(0))
            ),
            Chunk(
                "FINA",
                Registers("RG32", c.After, changed),
                c.Defined.Length > 0 ? Registers("RM32", c.Defined, Enumerable.Range(0, RecordedRegister.Count)) : [],
                Ram(c.Changes)
            ),
            Chunk("CYCL", Word(1), new byte[15]),
            c.Exception is { } e ? Chunk("EXCP", [(byte)e.Vector], Word(e.FlagsAt)) : [],
            c.Hash.Length > 0 ? Chunk("HASH", Convert.FromHexString(c.Hash)) : []
        );
    }

    private static byte[] Registers(string tag, uint[] values, IEnumerable<int> present) =>
        Chunk(
            tag,
            Word(present.Aggregate(0u, (bits, i) => bits | 1u << i)),
            [.. present.SelectMany(i => Word(values[i]))]
        );

    private static byte[] Ram(RecordedByte[] bytes) =>
        Chunk("RAM ", Word((uint)bytes.Length), [.. bytes.SelectMany(b => (byte[])[.. Word(b.Address), b.Value])]);

    public static byte[] Chunk(string tag, params byte[][] parts)
    {
        var body = parts.SelectMany(part => part).ToArray();
        return [.. Text(tag), .. Word((uint)body.Length), .. body];
    }

    private static byte[] Word(uint value) => BitConverter.GetBytes(value);

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);

    public static byte[] Compressed(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(content);
        return packed.ToArray();
    }
}
