using System.CommandLine;
using Spectre.Console;
using Verified.Kernel;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Commands;

/// <summary><c>ways --latency</c>: prints the bound of the interrupt latency, and its chains of cut points.</summary>
internal static class LatencyReport
{
    private static readonly int[] Examples = [10, 100, 1000];

    /// <summary>A chain of the bound.</summary>
    /// <param name="What">Its part in the bound.</param>
    /// <param name="Instructions">Its length.</param>
    /// <param name="Legs">Its parts.</param>
    private sealed record Part(string What, int Instructions, IReadOnlyList<Leg> Legs);

    /// <summary>The bound as the verb shows it.</summary>
    /// <param name="Base">Instructions without other threads that wait.</param>
    /// <param name="EachSleeper">More for each thread that the tick examines.</param>
    /// <param name="EachInIpc">More for each thread in an ipc.</param>
    /// <param name="EachDevice">More for each interrupt of another device that comes before.</param>
    /// <param name="Parts">The chains.</param>
    /// <param name="Missing">The reasons why the bound is not proved; empty if it is.</param>
    private sealed record Shown(
        long Base,
        long EachSleeper,
        long EachInIpc,
        long EachDevice,
        IReadOnlyList<Part> Parts,
        IReadOnlyList<string> Missing
    );

    public static int Run(ParseResult parsed)
    {
        var (display, json) = (new Display(parsed), parsed.GetValue(CommonOptions.Json));
        var image = ImageSource.Of(parsed);
        var results = ProveVerb.Prove(
            json ? Display.Silent : display,
            image,
            [.. Theorems.Of(image).Where(theorem => Needs(theorem.Name))],
            parsed.GetValue(CommonOptions.NoCache) ? null : CommonOptions.CacheOf(parsed),
            CommonOptions.JobsOf(parsed)
        );
        var latency = new InterruptLatency(Booting.Boot(image).Image);
        var shown = new Shown(
            latency.Base,
            latency.WakeStep.Instructions,
            latency.Turn.Instructions,
            latency.Device.Instructions,
            Parts(latency),
            Missing(image, results)
        );
        if (json)
            display.Json(shown);
        else
            Print(display, shown, latency);
        return shown.Missing.Count == 0 ? CommandLine.Holds : CommandLine.Refuted;
    }

    /// <summary>The claim of a run; null if the run proved only a part of the theorems.</summary>
    public static Claim? Claim(KernelImage image, IReadOnlyList<ProofResult> results)
    {
        if (WayGraph.Of(image.Layout, results) is null || !results.Any(result => IsCount(result.Theorem)))
            return null;
        var missing = Missing(image, results);
        var latency = new InterruptLatency(Booting.Boot(image).Image);
        return Commands.Claim.Of(
            "image: an interrupt reaches a waiting handler above all others within a bound",
            missing.Count == 0,
            Standing.Proved,
            missing.Count > 0
                ? missing[0]
                : $"at most {latency.Base:N0} instructions, {latency.WakeStep.Instructions} more for each sleeper of "
                    + $"the tick, {latency.Turn.Instructions} for each thread in an ipc, "
                    + $"{latency.Device.Instructions} for each interrupt of another device; one tick"
        );
    }

    private static bool Needs(string theorem) =>
        theorem.StartsWith("image.", StringComparison.Ordinal) || IsCount(theorem);

    private static bool IsCount(string theorem) => theorem.StartsWith("latency.", StringComparison.Ordinal);

    private static IReadOnlyList<string> Missing(KernelImage image, IReadOnlyList<ProofResult> results) =>
        [
            .. WayGraph.Of(image.Layout, results) is { } graph ? graph.Gaps : ["the theorems of the ways are missing"],
            .. results
                .Where(result => IsCount(result.Theorem) && !result.Proved)
                .Select(result => $"{result.Theorem}: {ProveVerb.Describe(result)}"),
        ];

    private static IReadOnlyList<Part> Parts(InterruptLatency latency)
    {
        Part Of(string what, LatencyChain chain) => new(what, chain.Instructions, chain.Legs);
        return
        [
            Of("a section that has just begun", latency.Section),
            Of("then a tick", latency.Tick),
            Of("then the interrupt", latency.Delivery),
            Of("more for each sleeper of the tick", new([latency.WakeStep])),
            Of("more for each thread in an ipc", latency.Turn),
            Of("more for each interrupt of another device", latency.Device),
        ];
    }

    private static void Print(Display display, Shown shown, InterruptLatency latency)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("part", "from", "to");
        table.AddColumn(new TableColumn("instructions").RightAligned());
        foreach (var part in shown.Parts)
        {
            foreach (var (leg, i) in part.Legs.Select((leg, i) => (leg, i)))
                table.AddRow(i == 0 ? part.What : "", leg.From, leg.To, $"{leg.Instructions}");
            if (part.Legs.Count > 1)
                table.AddRow("", "", "together", $"{part.Instructions}");
        }

        display.Write(table);
        Report.Lines(
            display,
            [
                $"from the rise of a line to the first instruction of its handler: at most {shown.Base:N0} "
                    + $"+ {shown.EachSleeper} * sleepers + {shown.EachInIpc} * (threads in an ipc) "
                    + $"+ {shown.EachDevice} * (interrupts of other devices) instructions",
                .. Examples.Select(threads =>
                    $"  {threads, 5:N0} sleepers: {latency.Bound(threads, 0), 9:N0}; "
                    + $"{threads, 5:N0} threads in an ipc: {latency.Bound(0, threads), 9:N0}; "
                    + $"each thread may be both: {latency.Bound(threads, threads), 9:N0}"
                ),
                "sleepers: threads whose deadlines share a slot of the clock with the tick",
                "threads in an ipc: they wait to send, wait until their item is mapped, or must still begin to receive",
                "the bound holds if the handler waits for the interrupt, has time for a tick more, and has a higher "
                    + "priority than all other ready threads; and if the bound is shorter than a tick",
                "it counts instructions: the cycle model has no proved worst case",
            ],
            ""
        );
        foreach (var missing in shown.Missing)
            display.Line($"NOT PROVED: {missing}");
        if (shown.Missing.Count == 0)
            display.Line("proved: the paths between cut points, and how often their loops run");
    }
}
