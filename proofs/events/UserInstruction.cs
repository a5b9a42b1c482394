using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Verified.Proofs.Events;

/// <summary>The bytes of a user instruction, at most <see cref="Most"/>.</summary>
/// <param name="First">Its first eight bytes, the lowest first.</param>
/// <param name="Next">The bytes after them.</param>
/// <param name="Length">How many there are.</param>
public readonly record struct UserInstruction(ulong First, ulong Next, int Length)
{
    /// <summary>The processor accepts no longer instruction (SDM vol. 2, 2.3.11).</summary>
    public const int Most = 15;

    public byte this[int i] => (byte)(i < 8 ? First >> 8 * i : Next >> 8 * (i - 8));

    /// <summary>The first four bytes, which the spec reads; absent bytes are 0.</summary>
    public uint FirstDword => (uint)First;

    public static UserInstruction Of(params ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, Most);
        var (first, next) = (0ul, 0ul);
        for (var i = 0; i < bytes.Length; i++)
            if (i < 8)
                first |= (ulong)bytes[i] << 8 * i;
            else
                next |= (ulong)bytes[i] << 8 * (i - 8);
        return new(first, next, bytes.Length);
    }

    /// <summary>These bytes, followed by a dword.</summary>
    public UserInstruction With(uint dword)
    {
        Span<byte> bytes = stackalloc byte[Length + 4];
        for (var i = 0; i < Length; i++)
            bytes[i] = this[i];
        BitConverter.TryWriteBytes(bytes[Length..], dword);
        return Of(bytes);
    }

    /// <summary>Pairs of hexadecimal digits, which <see cref="Parse"/> reads.</summary>
    public override string ToString()
    {
        var instruction = this;
        return string.Concat(
            Enumerable.Range(0, Length).Select(i => instruction[i].ToString("X2", CultureInfo.InvariantCulture))
        );
    }

    /// <exception cref="FormatException">
    /// The text does not have an even number of hexadecimal digits, or is too long.
    /// </exception>
    public static UserInstruction Parse(string text)
    {
        var bytes = Convert.FromHexString(text);
        return bytes.Length is > 0 and <= Most
            ? Of(bytes)
            : throw new FormatException($"an instruction has 1 to {Most} bytes, not {bytes.Length}");
    }

    /// <summary>In JSON, a string of hexadecimal digits.</summary>
    internal sealed class Converter : JsonConverter<UserInstruction>
    {
        public override UserInstruction Read(
            ref Utf8JsonReader reader,
            Type typeToConvert,
            JsonSerializerOptions options
        )
        {
            try
            {
                return Parse(reader.GetString() ?? "");
            }
            catch (FormatException e)
            {
                throw new JsonException(e.Message, e);
            }
        }

        public override void Write(Utf8JsonWriter writer, UserInstruction value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}

/// <summary>A segment register that user code has loaded before an event.</summary>
/// <param name="Register">Its number: 0 ES, 2 SS, 3 DS, 4 FS, 5 GS.</param>
/// <param name="Selector">A selector of the users' own segments, or null.</param>
public readonly record struct LoadedSegment(int Register, uint Selector);
