using Iced.Intel;
using Verified.Kernel;

namespace Verified.Proofs.Watch;

/// <summary>The difference between the code of two images, by symbol.</summary>
public static class CodeChange
{
    /// <summary>
    /// The symbols of the code at which the second image has other instructions, or which it lacks or adds. Code that
    /// only moved is the same: a jump is compared by the symbol that it goes to. Boot has addresses of its own data, so
    /// it counts as changed if it moved.
    /// </summary>
    public static IReadOnlyList<string> Between(KernelImage before, KernelImage after)
    {
        var (old, now) = (Pieces(before), Pieces(after));
        return
        [
            .. now
                .Keys.Union(old.Keys)
                .Where(name =>
                    !old.TryGetValue(name, out var was)
                    || !now.TryGetValue(name, out var isNow)
                    || !was.SequenceEqual(isNow)
                ),
        ];
    }

    /// <summary>The addresses of the code at some symbols, each up to the next symbol.</summary>
    public static IReadOnlyList<(uint Start, uint End)> Ranges(KernelImage image, IReadOnlyCollection<string> symbols)
    {
        var starts = Symbols(image).Select(symbol => symbol.Start).Append(image.Boot.End).ToList();
        return
        [
            .. Symbols(image)
                .Where(symbol => symbols.Contains(symbol.Name))
                .Select(symbol => (symbol.Start, starts.First(start => start > symbol.Start))),
        ];
    }

    private static List<(string Name, uint Start)> Symbols(KernelImage image) =>
        [
            .. image
                .Symbols.Where(symbol => symbol.Value >= image.Code.Start && symbol.Value < image.Boot.End)
                .GroupBy(symbol => symbol.Value)
                .OrderBy(group => group.Key)
                .Select(group => (group.MinBy(symbol => symbol.Key.Length).Key, group.Key)),
        ];

    private static Dictionary<string, List<string>> Pieces(KernelImage image)
    {
        var pieces = new Dictionary<string, List<string>>();
        var piece = new List<string>();
        var decoder = new Decoded(image);
        foreach (var line in Listing.Lines(image, image.Code.Start, image.Boot.End))
        {
            if (line.Label is { } label)
                pieces[label] = piece = [];
            piece.Add(decoder.Of(line));
        }

        return pieces;
    }

    private sealed class Decoded(KernelImage image)
    {
        private const int AddressSize = 4;

        // A jump by its target's name; other addresses of the code, in operands, by name too.
        public string Of(ListingLine line)
        {
            var bytes = line.Bytes.ToArray();
            var decoder = Decoder.Create(32, new ByteArrayCodeReader(bytes), line.Address);
            decoder.Decode(out var instruction);
            if (instruction.Op0Kind == OpKind.NearBranch32)
                return $"{instruction.Mnemonic} {image.Name(instruction.NearBranch32)}";
            var offsets = decoder.GetConstantOffsets(instruction);
            var names = "";
            foreach (
                var (at, size) in (ReadOnlySpan<(int, int)>)
                    [
                        (offsets.DisplacementOffset, offsets.DisplacementSize),
                        (offsets.ImmediateOffset, offsets.ImmediateSize),
                    ]
            )
            {
                if (size != AddressSize)
                    continue;
                var value = BitConverter.ToUInt32(bytes, at);
                if (value < image.Code.Start || value >= image.Boot.End)
                    continue;
                names += $" {image.Name(value)}";
                Array.Clear(bytes, at, size);
            }
            return Convert.ToHexString(bytes) + names;
        }
    }
}
