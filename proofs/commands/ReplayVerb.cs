using System.CommandLine;
using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Tutorial;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Commands;

/// <summary><c>replay</c>: a saved trace, on the spec and on an image.</summary>
internal static class ReplayVerb
{
    private static readonly Argument<string> File = new("file")
    {
        Description = "A trace that a check saved",
        HelpName = "FILE",
    };

    public static Command Make()
    {
        var verb = new Command("replay", "Run a saved trace on spec and image again. Exit code 0 if it no longer fails")
        {
            File,
            ImageSource.File,
        };
        Reporting.AddTo(verb, Run);
        return verb;
    }

    private static int Run(ParseResult parsed, Display display)
    {
        var path = parsed.GetRequiredValue(File);
        if (
            System.IO.File.Exists(path)
            && TutorialRun.Replay(System.IO.File.ReadAllText(path), display.Line) is { } agree
        )
        {
            display.Checked.Add(new(path, agree, agree ? "spec and code agree" : "spec and code differ"));
            return agree ? CommandLine.Holds : CommandLine.Refuted;
        }
        var trace = TraceFile.Load(path);
        if (trace.Origin is { } origin)
            display.Line($"replay: {path}, found by {origin}: {trace.Note}");
        if (trace.Loop is not null)
            return RunLoop(display, trace);
        var image = ImageOf(parsed, display, path, trace);
        var fails = image is null ? OfSpec(trace) : Of(image, trace);
        if (fails is null && trace.Events.Count == 0)
            throw new CommandException(
                $"{path} has no events, and nothing is wrong at its start, so this replay cannot fail: give a trace "
                    + "with events, or --image with the image that differs at the start"
            );
        if (fails is null)
        {
            display.Line(
                "nothing is wrong: every invariant holds" + (image is null ? "" : ", and image and spec agree")
            );
            Steps(display, trace);
            display.Findings.Add(new("nothing is wrong any more", [trace.Note ?? ""], trace, Fails: false));
        }
        else
            Report.Tell(display, fails);
        display.Checked.Add(new(path, fails is null, fails?.What ?? "nothing is wrong"));
        return fails is null ? CommandLine.Holds : CommandLine.Refuted;
    }

    /// <summary>The image to run the trace on; null if only the spec takes part in the trace.</summary>
    private static KernelImage? ImageOf(ParseResult parsed, Display display, string path, Trace trace)
    {
        var (limits, recorded) = (trace.Start.Limits, trace.Origin?.Image);
        var file = parsed.GetValue(ImageSource.File);
        if (file is null && recorded?.Flipped is { } flip)
            return Damaged(display, path, trace, flip);
        if (file is null && !Images.CanBuild(limits))
        {
            display.Line("its page tables are smaller than those of a processor: it runs on the spec alone");
            return null;
        }

        var image = file is null ? KernelImage.Build(limits) : KernelImage.Load(file);
        if (image.Limits != limits)
            throw new CommandException(
                $"{path} is of size {ImageSource.Describe(limits)}, the image of "
                    + $"{ImageSource.Describe(image.Limits)}: give the image it was found with, or leave out --image "
                    + "to run it on an image of its size that is built here"
            );
        if (recorded is null || Images.Hash(image) == recorded.Sha256)
            return image;
        display.Line(
            file is null
                ? $"it was found with {Recorded(recorded, trace)}; on the image built here:"
                : $"it was found with another image than {file}: with one that has SHA-256 {recorded.Short}..."
        );
        return image;
    }

    // The trace shows that a damaged image is noticed, so only this image can repeat it.
    private static KernelImage Damaged(Display display, string path, Trace trace, Flip flip)
    {
        var recorded = trace.Origin!.Image!;
        var damaged = Images.Find(recorded, trace.Start.Limits)
            ?? throw new CommandException(
                $"{path} was found with an image of another kernel, in which {flip} (SHA-256 {recorded.Short}...): "
                    + "give it with --image"
            );
        display.Line($"it runs on the image in which {flip}, as when it was found");
        return damaged;
    }

    // Describes the image that the trace was found with, and the result of the trace on it.
    private static string Recorded(ImageOrigin recorded, Trace trace)
    {
        if (Images.Find(recorded, trace.Start.Limits) is not { } found)
            return $"an image that is not here (SHA-256 {recorded.Short}...): give it with --image";
        var fails = Of(found, trace) is null ? "does not fail" : "still fails";
        return $"{recorded.Path}, on which it {fails} (--image {recorded.Path})";
    }

    private static Finding? Of(KernelImage image, Trace trace)
    {
        if (trace.Origin?.Image is null && OfSpec(trace) is { } violated)
            return violated;
        return DiffRun.Replay(new Duel(new ImageMachine(image)), trace) is { } differs
            ? Report.Of(image, differs with { Trace = differs.Trace with { Origin = trace.Origin } })
            : OfSpec(trace);
    }

    private static Finding? OfSpec(Trace trace)
    {
        var options = new FuzzOptions { Invariants = [.. Invariants<Concrete>.All, .. Forest.All] };
        return FuzzRun.Replay(trace, trace.Origin is { IsOfModel: true } ? options : null) is { } violation
            ? Report.Of(violation, violation.Trace with { Origin = trace.Origin })
            : null;
    }

    // Only a search of all states shows whether a run can be repeated for ever, so the search runs again.
    private static int RunLoop(Display display, Trace trace)
    {
        if (trace.Origin?.Model != Liveness.Fair.Name)
            throw new CommandException($"a run for ever in model '{trace.Origin?.Model}' cannot be repeated here");
        return CheckVerb.CheckFair(display).Violation is null ? CommandLine.Holds : CommandLine.Refuted;
    }

    private static void Steps(Display display, Trace trace)
    {
        var steps = Transcript.Of(trace);
        var shown = display.Options.Path ? steps : [.. steps.TakeLast(Report.MostLines / 2)];
        if (shown.Count < steps.Count)
            display.Line($"the last {shown.Count} of {steps.Count} events (--path prints all):");
        Report.Lines(display, shown, "  ");
    }
}
