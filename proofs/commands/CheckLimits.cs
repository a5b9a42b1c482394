using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Verified.Proofs.Check;
using Verified.Proofs.Checker;

namespace Verified.Proofs.Commands;

/// <summary>The options of <c>check</c> for searches that may end before every state is visited.</summary>
internal static class CheckLimits
{
    private static readonly Option<int> States = CommonOptions.InRange(
        new Option<int>("--states")
        {
            Description = "Stop after this many states, with exit code 2",
            HelpName = "N",
            DefaultValueFactory = _ => (int)SearchLimits.DefaultStates,
        },
        1,
        int.MaxValue
    );

    private static readonly Option<double?> Memory = Amount(
        new("--memory")
        {
            Description = "Stop when the process has this much physical memory, with exit code 2",
            HelpName = "GB",
        },
        0.1,
        4096
    );

    private static readonly Option<double?> Time = Amount(
        new("--time") { Description = "Stop after this many seconds, with exit code 2", HelpName = "S" },
        0.001,
        10_000_000
    );

    private static readonly Option<int?> Depth = CommonOptions.InRange(
        new Option<int?>("--depth")
        {
            Description = "Visit only states within this many steps from boot; the most steps of a run of --simulate",
            HelpName = "N",
        },
        1,
        1_000_000
    );

    private static readonly Option<string?> Checkpoint = new("--checkpoint")
    {
        Description =
            "Keep the search in this folder: it continues after a kill or a limit, and uses the disk if memory is full",
        HelpName = "DIR",
    };

    private static readonly Option<bool> Simulate = new("--simulate")
    {
        Description = "Make random runs, and judge every step from each of their states, in place of a search",
    };

    private static readonly Option<int> Runs = CommonOptions.InRange(
        new Option<int>("--runs")
        {
            Description = "The number of runs of --simulate",
            HelpName = "N",
            DefaultValueFactory = _ => SimulationOptions.DefaultRuns,
        },
        1,
        1_000_000_000
    );

    // The limit that keeps the system from ending the process.
    private const double PartOfMemory = 0.9;

    private static long Available => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    public static void AddTo(Command verb)
    {
        foreach (var option in (Option[])[States, Memory, Time, Depth, Checkpoint, Simulate, Runs, CommonOptions.Seed])
            verb.Add(option);
        verb.Validators.Add(result =>
        {
            foreach (var option in (Option[])[Runs, CommonOptions.Seed])
                if (result.GetResult(option) is { Implicit: false } && !result.GetValue(Simulate))
                    result.AddError($"{option.Name} has a meaning only with --simulate.");
            if (result.GetValue(Checkpoint) is not null && result.GetValue(Simulate))
                result.AddError("--checkpoint and --simulate exclude each other: a random run is not kept.");
        });
    }

    /// <summary>The limits of a search; the time starts now.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="stop">Cancelled if the user asks the search to stop.</param>
    public static SearchLimits Of(ParseResult parsed, CancellationToken stop) =>
        new()
        {
            States = parsed.GetValue(States),
            Memory = (long)((parsed.GetValue(Memory) * (1L << 30)) ?? PartOfMemory * Available),
            Time = parsed.GetValue(Time) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Depth = parsed.GetValue(Depth),
            Stop = stop,
        };

    /// <summary>The place that keeps the search of a model; null for memory alone.</summary>
    public static KeptIn? KeptOf(ParseResult parsed, Model model) =>
        parsed.GetValue(Checkpoint) is { } folder ? new(Path.Combine(folder, model.Name)) : null;

    /// <summary>Whether random runs are asked for.</summary>
    public static bool Simulates(ParseResult parsed) => parsed.GetValue(Simulate);

    /// <summary>The amount of a simulation.</summary>
    public static SimulationOptions SimulationOf(ParseResult parsed)
    {
        var options = new SimulationOptions(parsed.GetValue(CommonOptions.Seed), parsed.GetValue(Runs));
        return parsed.GetValue(Depth) is { } depth ? options with { Steps = depth } : options;
    }

    /// <summary>
    /// The exit code of checks that found nothing wrong. If one of them reached a limit or was not begun, the code says
    /// that the command was not carried out. A line names the first check that reached a limit, and another line those
    /// that were not begun.
    /// </summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="checks">The checks that were begun.</param>
    /// <param name="notBegun">The models that an interrupted command has not begun.</param>
    public static int Exit(
        ParseResult parsed,
        IEnumerable<(string Model, string Seen, Unfinished? Unfinished)> checks,
        IReadOnlyCollection<string> notBegun
    )
    {
        var error = parsed.InvocationConfiguration.Error;
        var first = checks.FirstOrDefault(check => check.Unfinished is { IsLimit: true });
        if (first.Unfinished is { } unfinished)
            error.WriteLine($"verified: check {first.Model}: {first.Seen}, {unfinished}");
        if (notBegun.Count > 0)
            error.WriteLine($"verified: check: interrupted before {string.Join(", ", notBegun)}");
        return first.Unfinished is null && notBegun.Count == 0 ? CommandLine.Holds : CommandLine.Unusable;
    }

    private static Option<double?> Amount(Option<double?> option, double least, double most)
    {
        option.CustomParser = argument =>
            Parse(argument) is { } value && value >= least && value <= most ? value : Refuse(argument);
        return option;

        double? Refuse(ArgumentResult argument)
        {
            argument.AddError(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{option.Name} {argument.Tokens[0].Value} is out of range: give {least} to {most}."
                )
            );
            return null;
        }
    }

    private static double? Parse(ArgumentResult argument) =>
        double.TryParse(argument.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
}
