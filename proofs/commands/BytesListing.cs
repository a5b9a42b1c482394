using Verified.Kernel;
using Verified.Proofs.First;

namespace Verified.Proofs.Commands;

/// <summary>The map of guards, as <c>list --bytes</c> prints it, and the line of the ledger.</summary>
public static class BytesListing
{
    /// <summary>The map of an image whose theorems execute these instructions.</summary>
    public static ByteMap Map(KernelImage image, IReadOnlySet<uint> executed)
    {
        HashSet<uint> run = [];
        BootMessages.Wrong(image, run);
        OtherBoots.Wrong(image, run);
        return ByteMap.Of(image, executed, run);
    }

    /// <summary>A line for each range: offsets in the file, linear addresses, bytes, guard.</summary>
    public static IEnumerable<string> Lines(KernelImage image, ByteMap map) =>
        [
            .. map.Ranges.Select(range =>
                $"{range.Offset:X6}h..{range.End - 1:X6}h  {Linear(range.Linear), -9}  "
                + $"{range.Length, 9:N0}  {range.Region}: {Name(range.Guard)}: {range.Why}"
                + (range.Guard == Guard.None ? $" at {image.Name(range.Linear!.Value)}" : "")
            ),
            Summary(map),
        ];

    private static string Linear(uint? linear) => linear is { } address ? $"{address:X8}h" : "-";

    public static Claim Claim(KernelImage image, ByteMap map)
    {
        var rest = map.Ranges.Where(range => range.Guard == Guard.None).ToList();
        return rest.Count == 0
            ? new("image file: each byte has a guard", Standing.Proved, Summary(map))
            : new(
                "image file: bytes without a guard",
                Standing.Assumed,
                $"{Summary(map)}: "
                    + string.Join(
                        "; ",
                        rest.Select(range =>
                            $"{image.Name(range.Linear!.Value)} ({range.Linear:X8}h, {range.Length} bytes)"
                        )
                    )
            );
    }

    private static string Summary(ByteMap map) =>
        string.Join(
            ", ",
            Enum.GetValues<Guard>()
                .Select(guard => (Guard: guard, Bytes: map.Count(guard)))
                .Where(each => each.Bytes > 0 || each.Guard == Guard.None)
                .Select(each => $"{each.Bytes:N0} bytes {Name(each.Guard)}")
        );

    private static string Name(Guard guard) =>
        guard switch
        {
            Guard.Theorem => "executed by theorems",
            Guard.Declared => "with a declared value",
            Guard.Run => "covered by runs",
            Guard.NoEffect => "without effect",
            _ => "without a guard",
        };
}
