using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.Traces;

namespace Verified.Proofs.Commands;

/// <summary>Reports a failure, and saves it for <c>verified replay</c>.</summary>
/// <remarks>
/// The difference comes first, then the last events, then the instruction. Everything fits in <see cref="MostLines"/>
/// lines, unless the user asks for the path.
/// </remarks>
internal static partial class Report
{
    private static readonly Lock Saving = new();

    /// <summary>Folder of traces and cached results, in the directory where the command runs.</summary>
    public const string Folder = ".verified";

    public const int MostLines = 40;

    private const int LastEvents = 3,
        MostOfLoop = 12,
        MostChanges = 8,
        MostBesideSteps = 5,
        MostLoaded = 3,
        MostKernelSteps = 7,
        MostOfStep = 3,
        MostDetails = 12;

    public static void Lines(Display display, IEnumerable<string> lines, string indent)
    {
        foreach (var line in lines)
            display.Line(indent + line);
    }

    /// <summary>A state that violates an invariant, and the way there.</summary>
    /// <param name="display">The display to print on.</param>
    /// <param name="violation">The violation.</param>
    /// <param name="name">The name of the file that the trace is saved in.</param>
    /// <param name="origin">The check that found it.</param>
    public static void Violation(Display display, Violation violation, string name, Origin origin)
    {
        var trace = Whole(
            violation.Trace with
            {
                Note = $"{violation}",
                Origin = For(display, origin) with { IsMinimal = violation.IsMinimal },
            },
            violation.Property
        );
        Tell(display, Of(violation, trace));
        Save(display, trace, name);
    }

    // The trace to the end of the event that violates a property. The model checker judges an operation on mappings
    // before it has reached the operation's end.
    private static Trace Whole(Trace trace, string property)
    {
        var whole = Unfolding.Finished(trace);
        if (trace.Origin is not { IsOfModel: true } || StatementReads.Of(whole, property) != StatementReads.Nothing)
            return whole;
        var settled = Unfolding.Finished(trace, settles: true);
        return StatementReads.Of(settled, property) == StatementReads.Nothing ? whole : settled;
    }

    /// <summary>A difference between image and spec, and the instruction that caused it.</summary>
    /// <param name="display">The display to print on.</param>
    /// <param name="image">The image that differs.</param>
    /// <param name="found">The difference.</param>
    /// <param name="name">The name of the file that the trace is saved in.</param>
    /// <param name="origin">The check that found it, without the image.</param>
    public static void Disagreement(Display display, KernelImage image, Disagreement found, string name, Origin origin)
    {
        var (hash, path) = (Images.Hash(image), display.Options.Image);
        if (path is null)
        {
            var file = System.IO.Path.Combine(Folder, $"{name}.elf");
            path = Reporting.Keep(display, file, () => image.Save(file)) ? file : null;
        }

        var trace = found.Trace with
        {
            Note = found.Trace.Note ?? found.Difference.ToString(),
            Origin = For(display, origin) with { Image = new(hash, path) },
        };
        Tell(display, Of(image, found with { Trace = trace }));

        // Without --image, replay runs the image that is built here.
        var isBuilt = Images.CanBuild(image.Limits) && Images.Hash(KernelImage.Build(image.Limits)) == hash;
        Save(display, trace, name, isBuilt || path is null ? "" : $" --image {path}");
    }

    private static Origin For(Display display, Origin origin) => origin with { For = origin.For ?? display.Purpose };

    public static Finding Of(Violation violation, Trace trace) =>
        new($"the spec violates {violation.Property}", [violation.Why], trace)
        {
            Reads = StatementReads.Of(trace, violation.Property),
        };

    public static Finding Of(KernelImage image, Disagreement found)
    {
        var difference = found.Difference;
        var meaning = difference.Column is { } column ? $", {Glossary.Meaning(column)}" : "";
        var flip =
            found.Trace.Origin?.Image is { Flipped: { } flipped } recorded && recorded.Sha256 == Images.Hash(image)
                ? $"{flipped}: "
                : "";
        return new(
            $"{flip}{difference.What}{meaning}",
            [$"spec   {difference.Spec}", $"image  {difference.Image}"],
            found.Trace,
            Explanation.Path(new Duel(new ImageMachine(image)), found)
        )
        {
            Difference = $"{difference}",
        };
    }

    /// <summary>Reports a failure. The same trace always gives the same lines.</summary>
    public static void Tell(Display display, Finding finding)
    {
        display.Findings.Add(finding);
        var all = display.Options.Path;
        display.Line($"  {(finding.Difference is null ? "what fails" : "what differs")}: {finding.What}");
        Lines(display, finding.Details.Take(MostDetails), "    ");
        Events(display, finding, all);
        if (finding.Explained is { } explained)
            Instruction(display, explained, finding, all);
    }

    private static void Events(Display display, Finding finding, bool all)
    {
        var narration = new Narration(finding.Trace) { NameOf = SpecStep.NameOf };
        List<NarratedStep> steps = [.. narration.Steps()];
        var last = EventLoop.Of(finding.Trace, steps) is var (first, end)
            ? Math.Min(end - first + 1, MostOfLoop)
            : LastEvents;
        var shown = all ? steps : [.. steps.TakeLast(last)];
        var which =
            shown.Count == steps.Count
                ? $"the {steps.Count} events"
                : $"the last {shown.Count} of {steps.Count} events";
        display.Line($"  {which}, as the spec does them (1.15 is task 1, thread 15):");
        var (number, width) = (steps.Count - shown.Count, $"{steps.Count}".Length);
        Lines(display, shown.Select(step => $"{$"{++number}".PadLeft(width)} {step}"), "    ");
        if (finding.Trace.Origin?.Shortness is { } shortness)
            display.Line($"  {shortness}");
        if (finding.Explained is not null || steps.Count == 0)
            return;
        var s = narration.After;
        if (finding.Loop is { } loop)
        {
            var place = SpecSource.LineOf(loop.Method) is { } source ? $", {source}" : "";
            Several(
                $"what decides: kernel step {loop.KernelStep} of event {loop.Event + 1} ({loop.Method}{place}) read, "
                    + "and the thread that waits:",
                [.. loop.Decides.Select(cell => cell.Tell(s))],
                MostOfLoop
            );
            Several("what else changes in the loop, and returns:", [.. loop.Returns.Select(cell => cell.Tell(s))]);
            return;
        }

        Several(
            $"what the violated statement read{At(finding.Reads, steps)}:",
            [.. finding.Reads.Cells.Select(cell => cell.Tell(s))]
        );
        KernelSteps(steps[^1]);
        Several(
            "what the last of them changed:",
            [.. steps[^1].Made.Select(change => Told(change, isLoaded: false))],
            steps[^1].KernelSteps.Count > 1 ? MostBesideSteps : MostChanges
        );
        Several(
            "what its program had loaded before:",
            [
                .. steps[^1]
                    .Loaded.OrderByDescending(change => CallIds.IsGiven(steps[^1], change))
                    .Select(change => Told(change, isLoaded: true)),
            ],
            steps[^1].KernelSteps.Count > 1 ? MostLoaded : MostChanges
        );

        string Told(Change change, bool isLoaded)
        {
            var (old, present) = CallIds.Values(narration.Before, s, steps[^1], change, isLoaded);
            return $"{Glossary.Cell(s, change.Column, change.Row)}: {old} -> {present}";
        }

        void KernelSteps(NarratedStep step)
        {
            if (step.KernelSteps.Count < 2)
                return;
            var alone = finding.Reads.Event == steps.Count - 1 ? finding.Reads.KernelStep : 0;
            Several(
                $"its {step.KernelSteps.Count:N0} kernel steps:",
                [.. FoldedSteps.Of(step.KernelSteps, alone).Select(each => each.Tell(s, MostOfStep))],
                MostKernelSteps
            );
        }

        void Several(string title, IReadOnlyList<string> lines, int most = MostChanges)
        {
            if (lines.Count == 0)
                return;
            display.Line($"  {title}");
            Lines(display, all ? lines : lines.Take(most), "    ");
            if (!all && lines.Count > most)
                display.Line($"    and {lines.Count - most} more");
        }
    }

    // The place in the run at which a statement is violated, if it is not the end of the last event.
    private static string At(StatementReads reads, List<NarratedStep> steps) =>
        reads.Event is not { } e || e >= steps.Count ? ""
        : reads.KernelStep < steps[e].KernelSteps.Count ? $" after kernel step {reads.KernelStep} of event {e + 1}"
        : e < steps.Count - 1 ? $" after event {e + 1}"
        : "";

    /// <summary>Saves a trace, and prints the command that repeats it.</summary>
    /// <param name="display">The display.</param>
    /// <param name="trace">The trace.</param>
    /// <param name="name">The file's name, without its folder and its type.</param>
    /// <param name="options">The options that the command needs, with a blank before each.</param>
    public static void Save(Display display, Trace trace, string name, string options = "")
    {
        var path = System.IO.Path.Combine(Folder, $"{name}.json");

        // Parts of a run that go on at once may save a trace of the same name.
        lock (Saving)
            if (!Reporting.Keep(display, path, () => TraceFile.Save(path, trace)))
                return;
        display.Line($"  saved: verified replay {path}{options}");
    }
}
