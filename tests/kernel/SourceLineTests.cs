using Verified.Kernel;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Kernel;

public class SourceLineTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    private static readonly IReadOnlyDictionary<uint, SourceLine> Lines = Image.SourceLines;

    [Fact]
    public void Every_instruction_has_the_line_that_emits_it()
    {
        var root = SourceRoot();
        foreach (var instruction in Listing.Of(Image))
        {
            Assert.True(Lines.TryGetValue(instruction.Address, out var line), $"no line emits {instruction}");
            // A call may take several lines.
            var text = string.Concat(File.ReadLines(Path.Combine(root, line.File)).Skip(line.Line - 1).Take(4));
            Assert.True(text.Contains("c.", StringComparison.Ordinal), $"{line} emits {instruction}, but is: {text}");
        }
    }

    [Theory]
    [InlineData("ipc_slow")]
    [InlineData("ipc_deliver")]
    [InlineData("ipc_block_sending")]
    public void The_line_of_a_label_follows_its_mark(string symbol)
    {
        var line = Lines[Image.Symbols[symbol]];
        var source = File.ReadAllLines(Path.Combine(SourceRoot(), line.File));
        Assert.Contains("DefineLabel(ref", source[line.Line - 2]);
    }

    [Fact]
    public void The_lines_are_those_of_a_damaged_image_too()
    {
        var damaged = Image.WithFlippedBit(Image.Symbols["pick"], 3);
        Assert.Equal(Lines, damaged.SourceLines);
    }

    [Fact]
    public void An_image_of_another_program_has_none()
    {
        var moved = KernelImage.Read(KernelImage.Build(Limits.Shipping, new(Programs: [])).ToElf());
        Assert.Empty(moved.SourceLines);
    }

    private static string SourceRoot([System.Runtime.CompilerServices.CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));
}
