using System.CommandLine;
using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;

namespace Verified.Proofs.Commands;

/// <summary><c>replay</c>: a saved trace, on the spec and on an image.</summary>
internal static class ReplayVerb
{
    private static readonly Argument<string> File = new("file") { Description = "A trace that a check saved", HelpName = "FILE" };

    public static Command Make()
    {
        var verb = new Command("replay", "Run a saved trace on spec and image again; exit code 0 if nothing is wrong any more")
        {
            File, ImageSource.File,
        };
        verb.SetAction(Run);
        return verb;
    }

    private static int Run(ParseResult parsed)
    {
        var display = new Display(parsed);
        var path = parsed.GetRequiredValue(File);
        var trace = TraceFile.Load(path);
        var limits = trace.Start.Limits;
        var image = parsed.GetValue(ImageSource.File) is { } file ? KernelImage.Load(file) : KernelImage.Build(limits);
        if (image.Limits != limits)
            throw new CommandException(
                $"{path} is of size {ImageSource.Describe(limits)}, the image of {ImageSource.Describe(image.Limits)}: give the image it was found with");

        if (trace.Note is { } note) display.Line($"found: {note}");
        Report.Lines(display, Transcript.Of(trace), "  ");
        var violation = FuzzRun.Replay(trace);
        if (violation is not null) display.Line($"the spec violates {violation.Property}: {violation.Why}");
        var disagreement = DiffRun.Replay(new Duel(new ImageMachine(image)), trace);
        if (disagreement is not null)
        {
            display.Line($"image and spec differ in {disagreement.Difference}");
            Report.Path(display, image, disagreement);
        }

        if (violation is null && disagreement is null) display.Line("nothing is wrong: every invariant holds, and image and spec agree");
        return violation is null && disagreement is null ? CommandLine.Holds : CommandLine.Refuted;
    }
}
