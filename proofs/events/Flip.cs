using Verified.Kernel;

namespace Verified.Proofs.Events;

/// <summary>A wrong bit of the image file.</summary>
/// <param name="Offset">Offset of its byte in the file.</param>
/// <param name="Bit">0 to 7.</param>
public readonly record struct Flip(uint Offset, int Bit)
{
    /// <summary>The image with this bit inverted, read again from its file.</summary>
    /// <exception cref="ImageException">It is no image any more, or the file has no such bit.</exception>
    public KernelImage Damage(KernelImage image)
    {
        var file = image.ToElf();
        if (Offset >= file.Length || Bit is < 0 or > 7)
            throw new ImageException($"the image's file of {file.Length} bytes has no bit {Bit} of byte {Offset:X}h");
        file[Offset] ^= (byte)(1 << Bit);
        return KernelImage.Read(file);
    }

    public override string ToString() => $"bit {Bit} of byte {Offset:X}h is flipped";
}
