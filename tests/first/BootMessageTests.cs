using Verified.Kernel;
using Verified.Proofs.First;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.First;

/// <summary>Boot and the panic path print each of their lines, and no other.</summary>
public class BootMessageTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    [Theory]
    [InlineData(64, 16, 256)]
    [InlineData(4, 1, 2)]
    public void Every_line_is_printed(uint tasks, uint lthreads, uint priorities)
    {
        var image = KernelImage.Build(new(tasks, lthreads, priorities));
        Assert.Null(BootMessages.Wrong(image));
    }

    [Fact]
    public void There_is_a_case_for_each_message_of_the_image()
    {
        var texts = Enumerable
            .Range(0, int.MaxValue)
            .TakeWhile(number => Image.Symbols.ContainsKey($"boot_message_{number}"))
            .Select(number => Text(Image.Symbols[$"boot_message_{number}"]))
            .Distinct()
            .ToList();
        var lines = BootMessages.Refusals(Image).Select(refusal => refusal.Line + "\r\n").ToList();
        Assert.All(texts, text => Assert.Contains(lines, line => IsOf(line, text)));
        Assert.True(texts.Count > 15);
    }

    [Theory]
    [InlineData("boot_message_0", "boot prints '")]
    [InlineData("panic_line", "vector 2 prints '")]
    public void A_wrong_line_is_refused(string symbol, string why) =>
        Assert.StartsWith(
            why,
            BootMessages.Wrong(Image.WithFlippedBit(Image.Symbols[symbol] + 2, 0)),
            StringComparison.Ordinal
        );

    private static string Text(uint at) =>
        new([
            .. Image
                .Text.Bytes.Skip((int)(at - Image.Text.Linear))
                .TakeWhile(value => value != 0)
                .Select(value => (char)value),
        ]);

    /// <summary>
    /// True if a line is a text with its numbers: # is a hexadecimal number, @ is the number of a module.
    /// </summary>
    private static bool IsOf(string line, string text) =>
        System.Text.RegularExpressions.Regex.IsMatch(
            line,
            "^"
                + System
                    .Text.RegularExpressions.Regex.Escape(text)
                    .Replace("\\#", "[0-9A-F]{8}h", StringComparison.Ordinal)
                    .Replace("@", "[12]", StringComparison.Ordinal)
                + "$"
        );
}
