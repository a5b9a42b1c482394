using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Bench;

/// <summary>
/// Runs that are compared with the bound of the interrupt latency: random programs, and states that are as bad as we
/// know.
/// </summary>
public static class LatencyRuns
{
    /// <summary>A run's section that comes nearest to its bound.</summary>
    /// <param name="What">The run.</param>
    /// <param name="Sections">The number of sections with interrupts off.</param>
    /// <param name="Longest">The instructions of the longest one.</param>
    /// <param name="Nearest">The instructions of the one nearest to its bound.</param>
    /// <param name="Bound">Its bound.</param>
    /// <param name="Threads">The threads that the bound counts.</param>
    public sealed record Result(
        string What,
        long Sections,
        int Longest,
        int Nearest,
        long Bound,
        WaitingThreads Threads
    )
    {
        /// <summary>Above 1 if the bound is wrong.</summary>
        public double Ratio => (double)Nearest / Bound;
    }

    private const uint Quantum = 10,
        Eip = 0x1000,
        Esp = 0x3000;

    private const int Populations = 10;

    /// <summary>The bound, and how near each run comes to it.</summary>
    /// <exception cref="ImageException">The image does not boot, or leaves the kernel in no way.</exception>
    public static IEnumerable<BenchRow> Rows(KernelImage image)
    {
        const string area = "latency",
            unit = "instructions";
        var latency = new InterruptLatency(Booting.Boot(image).Image);
        yield return new(
            area,
            "bound without other waiting threads",
            latency.Base,
            unit,
            $"{latency.Section}; {latency.Tick}; {latency.Delivery}"
        );
        yield return new(area, "bound: more for each sleeper", latency.WakeStep.Instructions, unit);
        yield return new(
            area,
            "bound: more for each thread in an ipc",
            latency.Turn.Instructions,
            unit,
            $"{latency.Turn}"
        );
        var machine = new ImageMachine(image);
        foreach (
            var run in (Func<Result>[])
                [
                    () => Random(machine, latency, 1, Populations),
                    () => OfSleepers(machine, latency),
                    () => OfReceivers(machine, latency),
                ]
        )
        {
            var result = run();
            yield return new(
                area,
                result.What,
                result.Nearest,
                unit,
                $"{result.Ratio:P0} of the bound {result.Bound:N0} for {result.Threads.NextSleepers} sleepers and "
                    + $"{result.Threads.InIpc} threads in an ipc; {result.Sections:N0} sections, the longest has "
                    + $"{result.Longest:N0}"
            );
        }
    }

    /// <summary>Random programs, as <c>diff</c> runs them.</summary>
    /// <param name="machine">The image on the machine.</param>
    /// <param name="latency">The bound.</param>
    /// <param name="seed">The first seed.</param>
    /// <param name="populations">The number of populations of threads.</param>
    public static Result Random(ImageMachine machine, InterruptLatency latency, int seed, int populations) =>
        Measured($"random programs, seed {seed}", machine, latency, () =>
            DiffRun.RunPopulations(machine, seed, populations)
        );

    /// <summary>
    /// A tick whose slot has as many sleepers as the table has rows. All of them wait to send to one thread, and their
    /// time is over.
    /// </summary>
    public static Result OfSleepers(ImageMachine machine, InterruptLatency latency)
    {
        var state = Threads(machine.Image.Limits, out var me, out var others);
        foreach (var thread in others)
        {
            (state.Status[thread], state.Partner[thread], state.Esi[thread]) = (ThreadStatus.Sending, me, state.Id[me]);
            (state.Timed[thread], state.Deadline[thread]) = (1, state.Clock + 1);
        }

        return Tick($"a tick with {others.Count} senders whose time is over", machine, latency, state);
    }

    /// <summary>
    /// A tick ends the slice of a thread, and all others have still to begin their receive phase, with a deadline. But
    /// nobody sends to them any more.
    /// </summary>
    public static Result OfReceivers(ImageMachine machine, InterruptLatency latency)
    {
        var state = Threads(machine.Image.Limits, out _, out var others);
        foreach (var thread in others)
        {
            state.Status[thread] = ThreadStatus.Resuming;
            (state.Ebp[thread], state.Ecx[thread]) = (
                1,
                Timeouts.Word(Timeouts.Encode(null), Timeouts.Encode(100_000))
            );
        }

        return Tick($"a tick with {others.Count} threads that receive in vain", machine, latency, state);
    }

    private static State<Concrete> Threads(Limits limits, out uint me, out IReadOnlyList<uint> others)
    {
        List<uint> rows = [];
        for (var row = limits.Lthreads; row < limits.Threads; row++)
            if (row / limits.Lthreads != Mappings<Concrete>.Sigma0)
                rows.Add(row);
        var state = Boot.Initial(
            limits,
            rows.Select(row => new BootThread(
                ThreadId.Make<Concrete>(Boot.RootTask, row / limits.Lthreads, row % limits.Lthreads, 1).Value,
                1,
                Quantum,
                Eip,
                Esp
            ))
        );
        (me, others) = (rows[0], rows[1..]);
        (state.Stage, state.Current, state.Slice[me]) = (Stages.User, me, 1);
        return state;
    }

    private static Result Tick(string what, ImageMachine machine, InterruptLatency latency, State<Concrete> state)
    {
        machine.Place(state);
        return Measured(what, machine, latency, () =>
        {
            if (machine.Deliver(new(Entry.Tick)) is { } failure)
                throw new ImageException($"{what}: {failure}");
        });
    }

    private static Result Measured(string what, ImageMachine machine, InterruptLatency latency, Action run)
    {
        using var meter = new WindowMeter(machine.Pc, machine.Image.Layout, latency);
        run();
        meter.End();
        return new(
            what,
            meter.Sections,
            meter.Longest,
            meter.Nearest.Instructions,
            meter.Nearest.Bound,
            meter.Nearest.Threads
        );
    }
}
