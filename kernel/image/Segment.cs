namespace Verified.Kernel;

/// <summary>A part of the image as the boot loader places it.</summary>
/// <param name="Linear">Address in the kernel's part of every space.</param>
/// <param name="Physical">Address that the boot loader loads it at.</param>
/// <param name="Bytes">What the file holds.</param>
/// <param name="Size">Bytes in memory; those beyond <paramref name="Bytes"/> are zero.</param>
/// <param name="Executable">Code, which is read-only; else data.</param>
public sealed record Segment(uint Linear, uint Physical, byte[] Bytes, uint Size, bool Executable)
{
    public uint End => Linear + Size;
}
