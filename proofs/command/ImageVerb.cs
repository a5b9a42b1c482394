using System.CommandLine;
using Verified.Kernel;

namespace Verified.Proofs.Commands;

/// <summary><c>image</c>: writes the bootable image.</summary>
internal static class ImageVerb
{
    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "Where to write the ELF file",
        HelpName = "FILE",
        Required = true,
    };

    public static readonly Option<int> RoundTrips = CommonOptions.InRange(new Option<int>("--round-trips")
    {
        Description = "Round trips that its ping program makes",
        HelpName = "N",
        DefaultValueFactory = _ => 100_000,
    }, 1, 1_000_000_000);

    public static Command Make()
    {
        var verb = new Command("image", "Write the bootable image: run it here, or with qemu-system-i386 -kernel FILE")
        {
            Output, RoundTrips, ImageSource.Size,
        };
        verb.SetAction(Run);
        return verb;
    }

    private static int Run(ParseResult parsed)
    {
        var image = KernelImage.Build(ImageSource.LimitsOf(parsed), new((uint)parsed.GetValue(RoundTrips)));
        var path = parsed.GetRequiredValue(Output);
        image.Save(path);
        var (start, end) = image.Code;
        new Display(parsed).Line(
            $"{path}: {new FileInfo(path).Length:N0} bytes, {ImageSource.Describe(image.Limits)}, {end - start:N0} bytes of kernel code after boot");
        return CommandLine.Holds;
    }
}
