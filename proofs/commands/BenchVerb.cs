using System.CommandLine;
using Verified.Kernel;
using Verified.Proofs.Bench;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Commands;

/// <summary><c>bench</c>: measures the cost of ipc and the speed of the tools.</summary>
internal static class BenchVerb
{
    private const string Papers = "papers";

    private static readonly Argument<string?> Area = new("area")
    {
        Description = $"One of {string.Join(", ", Measurements.Areas)}; all if not given",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<int> Repeats = CommonOptions.InRange(
        new Option<int>("--repeats")
        {
            Description = "The number of runs; the median is taken",
            HelpName = "N",
            DefaultValueFactory = _ => new BenchOptions().Repeats,
        },
        1,
        1000
    );

    private static readonly Option<string?> Html = new("--html")
    {
        Description = "Write a page that draws the paper's tables beside ours; only for the area papers",
        HelpName = "FILE",
    };

    public static Command Make()
    {
        var verb = new Command(
            "bench",
            "Measure instructions and model cycles of one-way ipc, and the speed of the machine and the checks"
        )
        {
            Area,
            Repeats,
            ImageSource.File,
            ImageSource.Size,
            CommonOptions.Json,
            Html,
        };
        verb.SetAction(Run);
        return verb;
    }

    private static int Run(ParseResult parsed)
    {
        var (display, area, json) = (new Display(parsed), parsed.GetValue(Area), parsed.GetValue(CommonOptions.Json));
        if (area is not null && !Measurements.Areas.Contains(area))
            throw new CommandException(
                DidYouMean.Line("area", area, Measurements.Areas, $"give {string.Join(", ", Measurements.Areas)}")
            );
        var page = parsed.GetValue(Html);
        if (page is not null)
            Check(page, area);
        var image = ImageSource.Of(parsed);
        IReadOnlyList<Theorem>? theorems = null;
        if (area is null or "prove")
        {
            ProveVerb.RequireSolver();
            theorems = Theorems.Of(image);
        }

        var rows = Measurements.Take(
            image,
            new(
                area,
                parsed.GetValue(Repeats),
                theorems,
                json
                    ? null
                    : row =>
                        display.Line(
                            $"{row.Area, -8} {row.What, -45} {row.Value, 14:N1} {row.Unit, -22} {row.Note}".TrimEnd()
                        ),
                Path.Combine(Report.Folder, "unix"),
                Directory.Exists(UnixOptions.DefaultFolder) ? UnixOptions.DefaultFolder : null,
                page is null ? null : results => Write(page, results)
            )
        );
        if (json)
            display.Json(rows);
        return CommandLine.Holds;
    }

    // Before the minutes that the measurement takes.
    private static void Check(string page, string? area)
    {
        if (area != Papers)
            throw new CommandException($"--html {page}: only the paper's tables are drawn; give bench {Papers}");
        if (Path.GetDirectoryName(Path.GetFullPath(page)) is { } folder && !Directory.Exists(folder))
            throw new CommandException($"--html {page}: there is no folder {folder}; make it or give another file");
    }

    private static void Write(string page, IReadOnlyList<PaperResult> results)
    {
        try
        {
            WholeFile.Write(page, PapersPage.Of(results));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"--html {page} cannot be written ({e.Message}); give another file");
        }
    }
}
