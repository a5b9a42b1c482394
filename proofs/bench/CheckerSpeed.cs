using System.Diagnostics;
using Verified.Proofs.Check;
using Verified.Proofs.Checker;

namespace Verified.Proofs.Bench;

/// <summary>
/// The speed of the model checker: on the kernel's model trio, and on a system that other checkers have too, beside
/// them.
/// </summary>
internal static class CheckerSpeed
{
    private const string Area = "check",
        Unit = "states/s",
        Compared = "M";

    public static IEnumerable<BenchRow> Rows(int repeats)
    {
        yield return OfTrio(1, repeats);
        yield return OfTrio(Environment.ProcessorCount, repeats);

        var (name, system, states, _) = MiniL4.All.Single(each => each.Name == Compared);
        List<double> own = [],
            all = [],
            apart = [],
            spin = [],
            tlc = [];
        var (noSpin, noTlc, bytes) = ("", "", 0.0);
        OfMiniL4(1);
        for (var n = 0; n < Math.Max(1, repeats); n++)
        {
            // In turn, so that all of them see the same machine.
            own.Add(OfMiniL4(1));
            all.Add(OfMiniL4(Environment.ProcessorCount));
            apart.Add(OfSearchesApart());
            (var did, noSpin) = OtherCheckers.Spin();
            Add(spin, did);
            (did, noTlc) = OtherCheckers.Tlc();
            Add(tlc, did);
        }

        var core = Median(own);
        yield return new(Area, $"MiniL4 {name}, one core", core, Unit, $"processor time; {bytes:F0} bytes per state");
        yield return new(
            Area,
            $"MiniL4 {name}, {Environment.ProcessorCount} cores",
            Median(all),
            Unit,
            "wall-clock time"
        );
        yield return new(
            Area,
            $"MiniL4 {name}, {Environment.ProcessorCount} searches at once",
            Median(apart),
            Unit,
            "wall-clock time; one core each, nothing shared: what the machine allows at most"
        );
        foreach (
            var (other, values, why) in ((string, List<double>, string)[])[("Spin", spin, noSpin), ("TLC", tlc, noTlc)]
        )
            yield return values.Count == 0
                ? new(Area, $"MiniL4 {name}, {other}", 0, Unit, why)
                : new(
                    Area,
                    $"MiniL4 {name}, {other}, one core",
                    Median(values),
                    Unit,
                    $"processor time; our checker makes {core / Median(values):F2} times as many"
                );

        double OfMiniL4(int workers)
        {
            var (cpu, wall) = (CoreClock.Start(), Stopwatch.StartNew());
            var result = system.System.Check(workers);
            Require(result.States);
            bytes = result.BytesPerState;
            return result.States / (workers == 1 ? cpu.Seconds : wall.Elapsed.TotalSeconds);
        }

        double OfSearchesApart()
        {
            var wall = Stopwatch.StartNew();
            var results = new CellResult[Environment.ProcessorCount];
            Parallel.For(0, results.Length, n => results[n] = system.System.Check(1));
            foreach (var result in results)
                Require(result.States);
            return results.Sum(result => result.States) / wall.Elapsed.TotalSeconds;
        }

        void Add(List<double> values, OtherCheck? did)
        {
            if (did is null)
                return;
            Require(did.States);
            values.Add(did.PerSecond);
        }

        void Require(long found)
        {
            if (found != states)
                throw new ModelException($"MiniL4 {name} has {states:N0} states, and {found:N0} were found");
        }
    }

    private static BenchRow OfTrio(int workers, int repeats)
    {
        double Once()
        {
            var (cpu, wall) = (CoreClock.Start(), Stopwatch.StartNew());
            var states = ModelChecker.Run(Model.Trio, new(Workers: workers)).States;
            return states / (workers == 1 ? cpu.Seconds : wall.Elapsed.TotalSeconds);
        }

        Once();
        return new(
            Area,
            $"model {Model.Trio.Name}, {(workers == 1 ? "one core" : $"{workers} cores")}",
            Median([.. Enumerable.Range(0, Math.Max(1, repeats)).Select(_ => Once())]),
            Unit,
            workers == 1 ? "processor time; all invariants and properties" : "wall-clock time"
        );
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
