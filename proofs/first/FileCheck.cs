using Verified.Kernel;

namespace Verified.Proofs.First;

/// <summary>
/// Checks the parts of an image file that are neither code nor data of the kernel: headers, padding, and the tables of
/// symbols and sections.
/// </summary>
public static class FileCheck
{
    // Multiboot 0.6, 3.1: magic, modules on page boundaries and memory sizes, checksum; then zeros up to a line of
    // the cache.
    private const uint Magic = 0x1BADB002,
        Flags = 3,
        HeaderSize = 32;

    /// <summary>The first place of the file that is not exact, or null.</summary>
    /// <param name="image">An image that was built here or read from a file.</param>
    public static string? Wrong(KernelImage image)
    {
        var (file, exact) = (image.File ?? image.ToElf(), image.ToElf());
        for (var at = 0; at < Math.Max(file.Length, exact.Length); at++)
            if (at >= file.Length || at >= exact.Length || file[at] != exact[at])
                return $"{Piece(exact, (uint)at)}, offset {at:X}h: {Byte(file, at)}, not {Byte(exact, at)}";
        if (ElfHeaderCheck.Wrong(file, image) is { } wrong)
            return wrong;
        var header = image.Text.Bytes.AsSpan(0, (int)HeaderSize);
        for (var at = 0; at < HeaderSize; at += 4)
            if (BitConverter.ToUInt32(header[at..]) is var seen && seen != Multiboot(at))
                return $"the Multiboot header has {seen:X8}h at {at:X}h, not {Multiboot(at):X8}h";
        var end = image.Layout.UserImages + 2 * (uint)image.Programs.Count * Layout.PageSize;
        return image.Entry != Layout.Physical(image.Symbols["boot"]) ? $"the entry is {image.Entry:X8}h, not boot"
            : image.Segments[1].End != end ? $"the data ends at {image.Segments[1].End:X8}h, not at {end:X8}h"
            : image.Text.Size != Layout.TextSize
                ? $"the text has {image.Text.Size} bytes in memory, not {Layout.TextSize}"
            : null;
    }

    private static uint Multiboot(int at) =>
        at switch
        {
            0 => Magic,
            4 => Flags,
            8 => unchecked(0 - Magic - Flags),
            _ => 0,
        };

    private static string Byte(byte[] file, int at) => at < file.Length ? $"{file[at]:X2}h" : "nothing";

    private static string Piece(byte[] file, uint offset) =>
        FilePiece.Of(file).FirstOrDefault(piece => offset - piece.Offset < piece.Length)?.Name ?? "behind the end";
}
