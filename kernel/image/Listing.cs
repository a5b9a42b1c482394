using Iced.Intel;

namespace Verified.Kernel;

/// <summary>A line of the disassembly.</summary>
/// <param name="Label">The symbol at this address, or null.</param>
/// <param name="Address">Linear address.</param>
/// <param name="Bytes">Its machine code.</param>
/// <param name="Text">The instruction, with symbols for addresses.</param>
public sealed record ListingLine(string? Label, uint Address, ReadOnlyMemory<byte> Bytes, string Text)
{
    public override string ToString() => $"{Address:X8}  {Convert.ToHexString(Bytes.Span), -20}  {Text}";
}

/// <summary>The disassembly of an image's code, with its symbols.</summary>
public static class Listing
{
    /// <summary>The code that runs after boot, then the boot code, without constants.</summary>
    public static IEnumerable<ListingLine> Of(KernelImage image) =>
        Lines(
            image,
            image.Code.Start,
            image.Symbols.TryGetValue("banner", out var constants) ? constants : image.Boot.End
        );

    /// <summary>The instructions from one linear address of the code up to another.</summary>
    public static IEnumerable<ListingLine> Lines(KernelImage image, uint start, uint end)
    {
        var text = image.Text;
        var labels = image
            .Symbols.GroupBy(symbol => symbol.Value)
            .ToDictionary(group => group.Key, group => group.MinBy(symbol => symbol.Key.Length).Key);
        var formatter = new NasmFormatter(new SymbolNames(labels));
        formatter.Options.UppercaseHex = true;
        formatter.Options.SpaceAfterOperandSeparator = true;
        var output = new StringOutput();
        for (var at = start; at < end; )
        {
            var bytes = text.Bytes.AsMemory((int)(at - text.Linear));
            var decoder = Decoder.Create(32, new ByteArrayCodeReader(bytes.ToArray()), at);
            decoder.Decode(out var instruction);
            formatter.Format(instruction, output);
            yield return new(labels.GetValueOrDefault(at), at, bytes[..instruction.Length], output.ToStringAndReset());
            at += (uint)instruction.Length;
        }
    }

    private sealed class SymbolNames(Dictionary<uint, string> labels) : ISymbolResolver
    {
        public bool TryGetSymbol(
            in Instruction instruction,
            int operand,
            int instructionOperand,
            ulong address,
            int addressSize,
            out SymbolResult symbol
        )
        {
            symbol = default;
            if (!labels.TryGetValue((uint)address, out var name))
                return false;
            symbol = new SymbolResult(address, name);
            return true;
        }
    }
}
