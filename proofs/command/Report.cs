using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Spec;

namespace Verified.Proofs.Commands;

/// <summary>How a failure is told, and where it is saved for <c>verified replay</c>.</summary>
internal static class Report
{
    /// <summary>Folder of traces and cached results, in the directory where the command runs.</summary>
    public const string Folder = ".verified";

    public static void Lines(Display display, IEnumerable<string> lines, string indent)
    {
        foreach (var line in lines) display.Line(indent + line);
    }

    /// <summary>A state that violates an invariant, and the way there.</summary>
    public static void Violation(Display display, Violation violation, string name)
    {
        display.Line($"  {violation.Property}: {violation.Why}");
        Lines(display, Transcript.Of(violation.Trace), "    ");
        Save(display, violation.Trace with { Note = $"{violation.Property}: {violation.Why}" }, name);
    }

    /// <summary>Where image and spec differ, and the instructions that led there.</summary>
    public static void Disagreement(Display display, KernelImage image, Disagreement found, string name)
    {
        display.Line("  events, as the spec does them:");
        Lines(display, Transcript.Of(found.Trace), "    ");
        Path(display, image, found);
        display.Line("  difference:");
        display.Line($"    {found.Difference.What}");
        display.Line($"      spec   {found.Difference.Spec}");
        display.Line($"      image  {found.Difference.Image}");
        Save(display, found.Trace, name);
    }

    /// <summary>The instructions of the last event, the deviating one marked.</summary>
    public static void Path(Display display, KernelImage image, Disagreement found)
    {
        var (path, length) = Explanation.Path(new Duel(new ImageMachine(image)), found);
        display.Line($"  the image's path, {length:N0} instructions{(path.Count < length ? $", the last {path.Count:N0} of them" : "")}:");
        foreach (var step in path)
            display.Line($"  {(step.Deviates ? "=>" : "  ")} {step.Address:X8}  {step.Place,-20}  {step.Text}");
    }

    public static void Save(Display display, Trace trace, string name)
    {
        var limits = trace.Start.Limits;
        if (limits != new Limits(limits.Tasks, limits.Lthreads, limits.Priorities))
        {
            display.Line("  not saved: a trace file does not tell a model's sizes of page tables");
            return;
        }

        Directory.CreateDirectory(Folder);
        var path = System.IO.Path.Combine(Folder, $"{name}.json");
        TraceFile.Save(path, trace);
        display.Line($"  saved: verified replay {path}");
    }
}
