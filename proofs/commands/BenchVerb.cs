using System.CommandLine;
using Verified.Proofs.Bench;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Commands;

/// <summary><c>bench</c>: measures the cost of ipc and the speed of the tools.</summary>
internal static class BenchVerb
{
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
                Directory.Exists(UnixOptions.DefaultFolder) ? UnixOptions.DefaultFolder : null
            )
        );
        if (json)
            display.Json(rows);
        return CommandLine.Holds;
    }
}
