using Verified.Kernel;
using Verified.Machine.Timing;
using Verified.Proofs.Diff;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Bench;

/// <summary>A measurement.</summary>
/// <param name="Area">One of <see cref="Measurements.Areas"/>.</param>
/// <param name="What">What was measured.</param>
/// <param name="Value">In <paramref name="Unit"/>.</param>
/// <param name="Unit">The unit of the value.</param>
/// <param name="Note">The parts of the value, or another value to compare with; may be empty.</param>
public sealed record BenchRow(string Area, string What, double Value, string Unit, string Note = "");

/// <summary>What to measure.</summary>
/// <param name="Area">One of <see cref="Measurements.Areas"/>; null for all.</param>
/// <param name="Repeats">
/// The number of runs of which the median is taken, after one run to warm up. Each takes about a second.
/// </param>
/// <param name="Theorems">The theorems to time, once each, without the cache of proofs; null for all.</param>
/// <param name="Progress">Called with each row when it is known.</param>
/// <param name="Folder">The folder that keeps what gcc builds.</param>
/// <param name="Programs">A folder with a file system for Unix; null if there is none.</param>
/// <param name="Papers">Called with the rows of the paper's tables.</param>
public sealed record BenchOptions(
    string? Area = null,
    int Repeats = 3,
    IReadOnlyList<Theorem>? Theorems = null,
    Action<BenchRow>? Progress = null,
    string Folder = ".",
    string? Programs = null,
    Action<IReadOnlyList<PaperResult>>? Papers = null
);

/// <summary>Everything that is measured rather than checked.</summary>
public static class Measurements
{
    private const double Published = 121;

    // After the first events the JIT compiler has compiled what runs often, and compiles little more.
    private const long DiffWarmUp = 400_000,
        DiffEvents = 200_000;
    private const string OfACore = "by one core";

    public static IReadOnlyList<string> Areas { get; } =
    ["ipc", "latency", "machine", "check", "diff", "papers", "prove"];

    /// <exception cref="ArgumentException">No such area.</exception>
    /// <exception cref="Host.OtherProgramException">No compiler for the papers' programs.</exception>
    /// <exception cref="ImageException">The image does not boot.</exception>
    public static IReadOnlyList<BenchRow> Take(KernelImage image, BenchOptions? options = null)
    {
        options ??= new();
        if (options.Area is { } area && !Areas.Contains(area))
            throw new ArgumentException(
                $"no area {area} to measure; there are {string.Join(", ", Areas)}",
                nameof(options)
            );
        List<BenchRow> rows = [];
        foreach (var row in Rows(image, options))
        {
            rows.Add(row);
            options.Progress?.Invoke(row);
        }

        return rows;
    }

    private static IEnumerable<BenchRow> Rows(KernelImage image, BenchOptions options)
    {
        BenchRow Beside(string what, Func<double> measure, Func<double?> unicorn, string unit)
        {
            // The two run in turn, so that both see the same state of the machine.
            List<double> own = [],
                other = [];
            for (var i = 0; i < Math.Max(1, options.Repeats); i++)
            {
                own.Add(measure());
                if (unicorn() is { } value)
                    other.Add(value);
            }

            own.Sort();
            other.Sort();
            var (median, count) = (own[own.Count / 2], other.Count);
            return new(
                "machine",
                what,
                median,
                unit,
                count == 0
                    ? OfACore
                    : $"{OfACore}; Unicorn {other[count / 2]:N0}, so {median / other[count / 2]:F1} times as fast"
            );
        }

        bool Wanted(string area) => options.Area is null || options.Area == area;
        if (Wanted("ipc"))
            foreach (var row in Paths(image))
                yield return row;
        if (Wanted("latency"))
            foreach (var row in LatencyRuns.Rows(image))
                yield return row;
        if (Wanted("machine"))
        {
            var longRun = Beside(
                "long run",
                MachineSpeed.LongRun,
                MachineSpeed.UnicornLongRun,
                "million instructions/s"
            );
            foreach (var (name, speed) in OtherMachines.All)
                longRun = longRun with
                {
                    Note =
                        longRun.Note
                        + (
                            speed() is { } other
                                ? $"; {name} {other:N0}, so {longRun.Value / other:F1} times"
                                : $"; {name} is left out: it does not run here"
                        ),
                };
            yield return longRun;
            yield return Beside(
                "100 instructions from a snapshot",
                () => MachineSpeed.LoopRuns(),
                () => MachineSpeed.UnicornLoopRuns(),
                "runs/s"
            );
            var length = 0.0;
            var runs = Median(options, () =>
            {
                (var perSecond, length) = MachineSpeed.ShortRuns(image);
                return perSecond;
            });
            yield return new(
                "machine",
                "kernel entries from a snapshot",
                runs,
                "runs/s",
                $"{OfACore}; {length:N0} instructions each, state restored"
            );
        }

        if (Wanted("check"))
            foreach (var row in CheckerSpeed.Rows(options.Repeats))
                yield return row;
        if (Wanted("diff"))
        {
            Compared(image, DiffWarmUp);
            var speed = Median(options, () => Compared(image, DiffEvents));
            yield return new("diff", "image against spec", speed, "events/s", OfACore);
        }

        if (Wanted("papers"))
            foreach (var row in OfPapers(image, options))
                yield return row;
        if (Wanted("prove"))
            foreach (var theorem in options.Theorems ?? Theorems.Of(image))
            {
                var clock = CoreClock.Start();
                var verdict = theorem.Prove();
                yield return new(
                    "prove",
                    theorem.Name,
                    clock.Seconds,
                    "s of a core",
                    $"{verdict.Paths} paths, {verdict.Questions} "
                        + $"questions{(verdict.Refutation is null ? "" : ", REFUTED")}"
                );
            }
    }

    // A run of all areas prints what is missing. A run of this area alone fails.
    private static IReadOnlyList<BenchRow> OfPapers(KernelImage image, BenchOptions options)
    {
        try
        {
            var results = Papers.Measure(image, options.Folder, options.Programs);
            options.Papers?.Invoke(results);
            return [.. results.Select(result => result.Row())];
        }
        catch (Host.OtherProgramException e) when (options.Area is null)
        {
            return [new("papers", "tables 2 to 5", 0, "rows", e.Message)];
        }
    }

    // The published case: all accesses hit.
    private static IEnumerable<BenchRow> Paths(KernelImage image)
    {
        Dictionary<string, KernelPath> Under(PathConditions conditions) =>
            KernelPaths.Measure(image, conditions).ToDictionary(path => path.Name);
        var (repeated, tagged, cold, older) = (
            Under(PathConditions.Repeated),
            Under(PathConditions.Tagged),
            Under(PathConditions.Cold),
            Under(new(Timings.I486))
        );
        foreach (var path in KernelPaths.Measure(image))
        {
            var shares = string.Join(", ", path.Shares.Select(share => $"{share.What} {share.Cycles}"));
            var misses = repeated[path.Name].Shares.FirstOrDefault(share => share.What == "memory").Cycles;
            var note =
                $"{path.Instructions} instructions: {shares}; repeated {repeated[path.Name].Cycles}, of which "
                + $"{misses} wait for memory; with a tagged TLB {tagged[path.Name].Cycles}; "
                + $"cold {cold[path.Name].Cycles}; 486 {older[path.Name].Cycles}";
            if (path.Name == KernelPaths.FastBetweenSpaces)
                note += $"; {path.Cycles / Published:F2} times the published {Published}";
            yield return new("ipc", path.Name, path.Cycles, "Pentium cycles", note);
        }
    }

    private static double Compared(KernelImage image, long events)
    {
        var clock = CoreClock.Start();
        return DiffRun.Run(image, new(Events: events, Workers: 1)).Events / clock.Seconds;
    }

    private static double Median(BenchOptions options, Func<double> measure)
    {
        measure();
        var values = Enumerable.Range(0, Math.Max(1, options.Repeats)).Select(_ => measure()).Order().ToList();
        return values[values.Count / 2];
    }
}
