using System.CommandLine;
using System.Globalization;
using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Proofs.Events;

namespace Verified.Proofs.Commands;

/// <summary><c>run --html</c>: a page that draws the last entries into the kernel.</summary>
internal static class RunPage
{
    public static readonly Option<string?> Html = new("--html")
    {
        Description =
            "Write a page that draws the last entries into the kernel, and save them as a trace for replay and "
            + "explore. They also run on the spec, which must reach the same states. Slow; only for the project's "
            + "kernel",
        HelpName = "FILE",
    };

    public static readonly Option<int> Last = CommonOptions.InRange(
        new Option<int>("--last")
        {
            Description = "How many entries --html draws",
            HelpName = "N",
            DefaultValueFactory = _ => 200,
        },
        1,
        10_000
    );

    /// <summary>Begins to record; null if no page is wanted.</summary>
    /// <exception cref="CommandException">The kernel is not the project's.</exception>
    public static EntryRecorder? Record(ParseResult parsed, Pc pc, KernelImage? image)
    {
        if (parsed.GetValue(Html) is not { } page)
            return null;
        if (image is null)
            throw new CommandException(
                $"--html {page}: only entries into the project's kernel can be drawn, and this run boots other software"
            );
        return EntryRecorder.Missing(image.Symbols) is { } missing
            ? throw new CommandException(
                $"--html {page}: the image has no symbol '{missing}', so its entries are unknown"
            )
            : new(image, pc, parsed.GetValue(Last));
    }

    /// <summary>Writes the page and the trace. Returns false if they cannot be written, or the spec differs.</summary>
    public static bool Write(ParseResult parsed, Display display, KernelImage image, EntryRecorder recorder)
    {
        var page = parsed.GetValue(Html)!;
        try
        {
            if (recorder.Recorded() is not { } recorded)
            {
                display.Line($"{page} is not written: the kernel was never entered");
                return true;
            }

            var number = recorder.Count.ToString("N0", CultureInfo.InvariantCulture);
            var what =
                recorded.Events.Count == recorder.Count
                    ? $"All {number} entries into the kernel"
                    : $"The last {recorded.Events.Count} of {number} entries into the kernel";
            var trace = recorded with
            {
                Note = what,
                Origin = new("run", Image: new(Images.Hash(image), parsed.GetValue(ImageSource.File))),
            };
            List<string> details =
            [
                recorder.Compared == recorder.Count ? "The spec reaches the states of the image."
                : recorder.Compared == 0 ? "The run stopped within the kernel: no state of the image was compared."
                : FormattableString.Invariant(
                    $"The run stopped within the kernel: states were compared up to entry {recorder.Compared:N0}."
                ),
            ];
            if (!Reporting.WritePage(display, page, new(what, details, trace, Fails: false)))
                return false;
            Report.Save(display, trace, "run");
            return true;
        }
        catch (Exception e) when (e is OutOfMemoryException or ArgumentOutOfRangeException { ParamName: "valueCount" })
        {
            // A string has at most 2^30 characters; a few thousand entries with large mapping trees have more.
            display.Warn($"{page} is not written: it would be too large; give a smaller --last");
            return false;
        }
        catch (RecordingException e)
        {
            display.Warn($"{page} is not written: spec and image differ: {e.Message}");
            return false;
        }
    }
}
