using Verified.Kernel;

namespace Verified.Proofs.Commands;

/// <summary>
/// The instructions of the image after boot that some theorem executes, and those that none executes.
/// </summary>
/// <param name="Covered">Bytes of instructions that a theorem executes.</param>
/// <param name="Total">Bytes of code.</param>
/// <param name="Rest">The others, as ranges with the symbol each starts in.</param>
internal sealed record CodeCoverage(uint Covered, uint Total, IReadOnlyList<string> Rest)
{
    public static CodeCoverage Of(KernelImage image, IReadOnlySet<uint> executed)
    {
        var (start, end) = image.Code;
        var covered = 0u;
        List<(uint Start, uint End)> rest = [];
        foreach (var line in Listing.Lines(image, start, end))
        {
            var next = line.Address + (uint)line.Bytes.Length;
            if (executed.Contains(line.Address))
                covered += (uint)line.Bytes.Length;
            else if (line.Label is null && rest.Count > 0 && rest[^1].End == line.Address)
                rest[^1] = (rest[^1].Start, next);
            else
                rest.Add((line.Address, next));
        }

        return new(
            covered,
            end - start,
            [.. rest.Select(range => $"{image.Name(range.Start)} ({range.Start:X8}h, {range.End - range.Start} bytes)")]
        );
    }
}
