using Verified.Kernel;

namespace Verified.Proofs.First;

/// <summary>The check that would notice a wrong byte of the image file.</summary>
public enum Guard
{
    /// <summary>A theorem executes the instruction.</summary>
    Theorem,

    /// <summary>
    /// The byte has a declared value, or boot derives a declared value from it. The boot checks compare that value.
    /// </summary>
    Declared,

    /// <summary>A claim about a run executes or prints it.</summary>
    Run,

    /// <summary>The byte has no effect on the kernel's behaviour, and the map gives the reason.</summary>
    NoEffect,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>Bytes of the image file that follow each other and have the same guard.</summary>
/// <param name="Region">The region that they are in.</param>
/// <param name="Offset">Offset of the first byte in the file.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Linear">Linear address of the first byte; null if the bytes are only in the file.</param>
/// <param name="Guard">The check that would notice a wrong byte.</param>
/// <param name="Why">The claim, or the reason.</param>
public sealed record GuardedBytes(string Region, uint Offset, uint Length, uint? Linear, Guard Guard, string Why)
{
    public uint End => Offset + Length;

    public bool Has(uint offset) => offset - Offset < Length;
}

/// <summary>Each byte of an image file, with its guard.</summary>
public sealed record ByteMap(IReadOnlyList<GuardedBytes> Ranges)
{
    public const string FastPath = "fast path",
        Code = "kernel code",
        Panic = "panic",
        Boot = "boot",
        Constants = "boot constants",
        Programs = "programs";

    private const string Exact = "image file: headers, padding and tables of symbols are exact",
        Memory = "boot: memory is the declared first state",
        Messages = "boot and panic print their lines",
        Runs = "boot and panic print their lines; boot reaches its first state with other modules and memory",
        Demonstration = "image: boots, its programs talk and end content";

    /// <summary>The map of an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="executed">Addresses of the instructions that theorems execute.</param>
    /// <param name="run">
    /// Addresses of the instructions that <see cref="BootMessages"/> and <see cref="OtherBoots"/> execute.
    /// </param>
    public static ByteMap Of(KernelImage image, IReadOnlySet<uint> executed, IReadOnlySet<uint> run)
    {
        List<GuardedBytes> ranges = [];
        foreach (var piece in FilePiece.Of(image.ToElf()))
            ranges.AddRange(
                piece.Name switch
                {
                    FilePiece.Text => Text(image, piece, executed, run),
                    FilePiece.Data => Data(image, piece),
                    FilePiece.Symbols or FilePiece.Names =>
                    [
                        Whole(
                            piece,
                            Guard.Declared,
                            "the reader compares tables, gates and cut points with the layout and the code; "
                                + "other symbols name addresses in reports"
                        ),
                    ],
                    _ => [Whole(piece, Guard.Declared, Exact)],
                }
            );
        return new(Joined(ranges));
    }

    /// <summary>The range that has a byte of the file.</summary>
    public GuardedBytes At(uint offset) => Ranges.First(range => range.Has(offset));

    /// <summary>Bytes with a guard.</summary>
    public uint Count(Guard guard) => (uint)Ranges.Where(range => range.Guard == guard).Sum(range => range.Length);

    private static GuardedBytes Whole(FilePiece piece, Guard guard, string why) =>
        new(piece.Name, piece.Offset, piece.Length, null, guard, why);

    private static IEnumerable<GuardedBytes> Text(
        KernelImage image,
        FilePiece piece,
        IReadOnlySet<uint> executed,
        IReadOnlySet<uint> run
    )
    {
        uint Symbol(string name) => image.Symbols[name];
        GuardedBytes Range(string region, uint start, uint end, Guard guard, string why) =>
            new(region, piece.Offset + start - image.Text.Linear, end - start, start, guard, why);
        yield return Range("Multiboot header", image.Text.Linear, image.Code.Start, Guard.Declared, Exact);
        foreach (
            var (region, start, end) in ((string, uint, uint)[])
                [
                    (FastPath, Symbol("ipc"), Symbol("ipc_slow")),
                    (Code, Symbol("ipc_slow"), Symbol("panic")),
                    (Panic, Symbol("panic"), Symbol("boot")),
                    (Boot, Symbol("boot"), Symbol("banner")),
                ]
        )
        foreach (var line in Listing.Lines(image, start, end))
        {
            var guard =
                executed.Contains(line.Address) ? Guard.Theorem
                : run.Contains(line.Address) ? Guard.Run
                : Guard.None;
            yield return Range(
                region,
                line.Address,
                line.Address + (uint)line.Bytes.Length,
                guard,
                guard switch
                {
                    Guard.Theorem => "a theorem executes the instruction",
                    Guard.Run => Runs,
                    _ => "no theorem and no claim executes the instruction",
                }
            );
        }

        var (table, messages) = (Symbol("boot_table"), Symbol("boot_message_0"));
        yield return Range(Constants, Symbol("banner"), table, Guard.Run, Messages);
        yield return Range(Constants, table, messages, Guard.Declared, Memory);
        yield return Range(Constants, messages, image.Boot.End, Guard.Run, Messages);
    }

    private static IEnumerable<GuardedBytes> Data(KernelImage image, FilePiece piece)
    {
        var end = image.Segments[1].Linear + piece.Length;
        foreach (
            var region in FirstState
                .Of(image)
                .Regions.Where(region => region.Start >= image.Segments[1].Linear && region.Start < end)
        )
        {
            GuardedBytes Range(string name, uint start, uint length, Guard guard, string why) =>
                new(name, piece.Offset + start - image.Segments[1].Linear, length, start, guard, why);
            var size = Math.Min(region.End, end) - region.Start;
            if (region.Name != Programs)
            {
                var (guard, why) = region.IsDeclared ? (Guard.Declared, Memory) : (Guard.NoEffect, region.Contents);
                yield return Range(region.Name, region.Start, size, guard, why);
                continue;
            }

            for (var page = 0u; page * Layout.PageSize < size; page++)
                yield return Range(
                    Programs,
                    region.Start + page * Layout.PageSize,
                    Math.Min(Layout.PageSize, size - page * Layout.PageSize),
                    page % 2 == 0 ? Guard.Run : Guard.Declared,
                    page % 2 == 0 ? Demonstration : Memory
                );
        }
    }

    private static List<GuardedBytes> Joined(IEnumerable<GuardedBytes> ranges)
    {
        List<GuardedBytes> joined = [];
        foreach (var range in ranges)
            if (
                joined is [.., var last]
                && last.End == range.Offset
                && (last.Region, last.Guard, last.Why) == (range.Region, range.Guard, range.Why)
            )
                joined[^1] = last with { Length = last.Length + range.Length };
            else
                joined.Add(range);
        return joined;
    }
}
