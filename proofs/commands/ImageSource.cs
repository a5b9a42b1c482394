using System.CommandLine;
using System.Globalization;
using Verified.Kernel;
using Verified.Spec;

namespace Verified.Proofs.Commands;

/// <summary>Chooses the image of a verb: a file, or the image built here at a given size.</summary>
internal static class ImageSource
{
    public static readonly Option<string?> File = new("--image")
    {
        Description = "An image file to check in place of the one built here",
        HelpName = "FILE",
    };

    public static readonly Option<Limits?> Size = new("--size")
    {
        Description =
            "Sizes of the image built here: tasks x lthreads x priorities, powers of two [default: 64x16x256]",
        HelpName = "TxLxP",
        CustomParser = argument =>
        {
            if (ParseSize(argument.Tokens[0].Value, out var error) is { } size)
                return size;
            argument.AddError(error);
            return null;
        },
    };

    public static Limits LimitsOf(ParseResult parsed) => parsed.GetValue(Size) ?? Limits.Shipping;

    /// <exception cref="ImageException">The file is not an image.</exception>
    public static KernelImage Of(ParseResult parsed, ImageOptions? options = null)
    {
        var (file, size) = (parsed.GetValue(File), parsed.GetValue(Size));
        if (file is not null && size is not null)
            throw new CommandException(
                "--image and --size exclude each other: an image file has its size in it; give one of them"
            );
        return file is not null ? KernelImage.Load(file) : KernelImage.Build(size ?? Limits.Shipping, options);
    }

    public static string Describe(KernelImage image, ParseResult parsed) =>
        $"{parsed.GetValue(File) ?? "image built here"}, {Describe(image.Limits)}";

    public static string Describe(Limits limits) => $"{limits.Tasks}x{limits.Lthreads}x{limits.Priorities}";

    private static Limits? ParseSize(string text, out string error)
    {
        var parts = text.Split('x');
        var sizes = parts
            .Select(part =>
                uint.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 0
            )
            .ToArray();
        error = $"--size {text}: give tasks x lthreads x priorities, such as 64x16x256.";
        if (sizes.Length != 3 || sizes.Contains(0u))
            return null;
        try
        {
            return new Limits(sizes[0], sizes[1], sizes[2]).Checked();
        }
        catch (ArgumentOutOfRangeException e)
        {
            error = $"--size {text}: {e.Message.Split(" (")[0]}.";
            return null;
        }
    }
}
