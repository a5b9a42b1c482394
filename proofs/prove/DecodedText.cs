using Iced.Intel;

namespace Verified.Proofs.Prove;

/// <summary>The instructions in the text of a booted image, each decoded once.</summary>
internal sealed class DecodedText(BootedImage image)
{
    private const int LongestInstruction = 15;

    private readonly Dictionary<uint, Instruction> _decoded = [];

    /// <summary>The instruction at a linear address. Bytes outside the constants of the image count as 0.</summary>
    public Instruction At(uint address)
    {
        if (_decoded.TryGetValue(address, out var known))
            return known;
        var bytes = new byte[LongestInstruction];
        for (var i = 0u; i < bytes.Length; i++)
            if (image.Constant((address + i) & ~3u) is { } dword)
                bytes[i] = (byte)(dword >> (int)((address + i) & 3) * 8);
        return _decoded[address] = Decoder.Create(32, bytes, address).Decode();
    }
}
