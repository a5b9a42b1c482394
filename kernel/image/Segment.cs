namespace Verified.Kernel;

/// <summary>A part of the image as the boot loader places it.</summary>
/// <param name="Linear">Its address in the kernel's part of every space.</param>
/// <param name="Physical">The address to which the boot loader loads it.</param>
/// <param name="Bytes">The bytes in the file.</param>
/// <param name="Size">Bytes in memory; those beyond <paramref name="Bytes"/> are zero.</param>
/// <param name="Executable">True for code, which is read-only; false for data.</param>
public sealed record Segment(uint Linear, uint Physical, byte[] Bytes, uint Size, bool Executable)
{
    public uint End => Linear + Size;
}
