using System.Runtime.ExceptionServices;
using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>Random programs on an image and on the spec.</summary>
public static class DiffRun
{
    private const int ProgramsPerPopulation = 128;
    private const int EventsPerProgram = 64;

    // After each event only written values are compared. The comparison of everything else runs after one program in so
    // many.
    private const int ProgramsPerEnd = 8;

    /// <summary>Compares until the budget is used up or something differs.</summary>
    /// <exception cref="ImageException">The image does not boot.</exception>
    public static DiffResult Run(KernelImage image, DiffOptions? options = null)
    {
        options ??= new();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var (events, programs, injected, booted, next) = (0L, 0L, 0L, 0L, 0);
        var found = new SortedList<int, Disagreement>();
        var (graph, flows, covered) = (options.Covered > 0 ? new FlowGraph(image) : null, new List<FlowRecord>(), 0L);
        var workers = Enumerable.Range(0, Math.Max(1, options.Workers)).Select(_ => new Thread(Work)).ToList();
        ExceptionDispatchInfo? failure = null;
        workers.ForEach(worker => worker.Start());
        workers.ForEach(worker => worker.Join());
        failure?.Throw();
        var first = found.Values.FirstOrDefault();
        var disagreement =
            first is not null && options.Shrink
                ? Explain(new Duel(new ImageMachine(image)), first.Trace, first.Difference)
                : first;
        return new(
            events,
            programs,
            clock.Elapsed.TotalSeconds,
            disagreement,
            found.Count > 0 ? found.Keys[0] : null,
            injected,
            booted,
            graph is null ? null : FlowCoverage.Of(graph, flows, covered)
        );

        void Work()
        {
            try
            {
                var duel = new Duel(new ImageMachine(image));
                var compared = 0L;
                var flow = graph is null ? null : new FlowRecord(image, graph) { Machine = duel.Machine };
                while (
                    found.Count == 0
                    && !options.Stop.IsCancellationRequested
                    && (
                        Volatile.Read(ref next) < options.Covered
                        || (
                            options.Time is { } time
                                ? clock.Elapsed < time
                                : Interlocked.Read(ref events) < options.Events
                        )
                    )
                )
                {
                    var number = Interlocked.Increment(ref next) - 1;
                    var (seed, isCovered) = (
                        options.Seed + (options.PlaceOf?.Invoke(number) ?? number),
                        number < options.Covered
                    );
                    if (isCovered)
                        flow?.Begin();
                    var disagreement = OnePopulation(duel, new(seed, image.Limits), out var run);
                    flow?.End();
                    if (isCovered)
                        Interlocked.Add(ref covered, duel.Events - compared);
                    Interlocked.Add(ref programs, run);
                    if (StartsFromBoot(duel.Machine, seed))
                        Interlocked.Add(ref booted, run);
                    var total = Interlocked.Add(ref events, duel.Events - compared);
                    compared = duel.Events;
                    options.Progress?.Invoke(total);
                    if (disagreement is not null)
                        lock (found)
                            found[seed] = disagreement;
                }

                Interlocked.Add(ref injected, duel.Injected);
                if (flow is not null)
                    lock (flows)
                        flows.Add(flow);
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        }
    }

    /// <summary>Runs a trace on both sides; the disagreement, with the trace cut after its event, or null.</summary>
    public static Disagreement? Replay(Duel duel, Trace trace)
    {
        if ((trace.Booted ? duel.PlaceBooted() : duel.Place(trace.Start.ToState(), trace.Memory)) is { } atOnce)
            return new(trace with { Events = [] }, atOnce);
        for (var i = 0; i < trace.Events.Count; i++)
            if ((duel.Step(trace.Events[i]) ?? (i == trace.Events.Count - 1 ? duel.End() : null)) is { } difference)
                return new(trace with { Events = [.. trace.Events.Take(i + 1)] }, difference);
        return null;
    }

    /// <summary>
    /// Runs every step from every reachable state of a model on the spec and on an image built for the model's limits.
    /// On the way to the next user or idle state, each run passes through the states of the kernel's own stages. If the
    /// model interrupts its steps on mappings, a tick comes between any two of them, one at a time. So does each
    /// interrupt.
    /// </summary>
    public static DiffResult Exhaustive(Model model, KernelImage? image = null, Action<long>? progress = null)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var states = ModelChecker.Reachable(model);
        var duel = new Duel(new ImageMachine(image ?? KernelImage.Build(model.Limits)));
        var walker = new Walker(model, null);
        var (compared, visited) = (0L, 0L);
        List<Event> events = [];
        for (var number = 0; number < states.Count; number++)
        {
            walker.Codec.Unpack(states[number]);
            if (Kernel<Concrete>.OwnStep(walker.State.Stage.Value) is not null)
                continue;
            visited++;
            events.Clear();
            walker.Expand(states[number], (step, _) =>
            {
                events.Add(walker.EventOf(step));
                return true;
            });
            walker.Codec.Unpack(states[number]);
            var differs = duel.Place(walker.State) is not null;
            for (var i = 0; i < events.Count && !differs; i++)
            {
                compared++;
                differs = duel.Step(events[i]) is not null || duel.End() is not null;
                if (differs)
                {
                    events = [events[i]];
                    break;
                }

                if (model.IsInterrupted && events[i].Between is null)
                    foreach (var id in model.Interrupts.Prepend(0u))
                        events.AddRange(
                            Enumerable
                                .Range(0, (int)duel.StepsOnMappings)
                                .Select(steps => events[i] with { Between = new((uint)steps, id) })
                        );
                duel.Return();
            }

            if (differs)
                return new(
                    compared,
                    visited,
                    clock.Elapsed.TotalSeconds,
                    Explain(duel, new(Snapshot.Of(walker.State), [.. events])),
                    null
                );
            if (visited % 1000 == 0)
                progress?.Invoke(compared);
        }

        return new(compared, visited, clock.Elapsed.TotalSeconds, null, null);
    }

    /// <summary>
    /// Runs the random programs of some populations, whatever the results. Returns the number of events.
    /// </summary>
    public static long RunPopulations(ImageMachine machine, int seed, int populations)
    {
        var duel = new Duel(machine);
        for (var i = 0; i < populations; i++)
            OnePopulation(duel, new(seed + i, machine.Image.Limits), out _);
        return duel.Events;
    }

    private static Disagreement Explain(Duel duel, Trace trace, Difference? seen = null)
    {
        var small = SimplerTraces.Smallest(trace, candidate => Replay(duel, candidate)?.Trace);
        var shown = Replay(duel, small)
            ?? throw new InvalidOperationException(
                $"a difference does not repeat: {seen}, after {trace.Events.Count} events; the comparison is not "
                    + "deterministic"
            );
        return shown with { Trace = shown.Trace with { Note = shown.Difference.ToString() } };
    }

    // The number of populations in ten that are made of random tables. The others grow from the state after boot.
    private const int GeneratedOfTen = 3;

    private static bool StartsFromBoot(ImageMachine machine, int seed) =>
        machine.HasServers && (uint)seed % 10 >= GeneratedOfTen;

    private static Disagreement? OnePopulation(Duel duel, Generator generator, out long programs)
    {
        programs = 0;
        var isBooted = StartsFromBoot(duel.Machine, generator.Seed);
        var population = isBooted ? null : generator.Population();
        var program = new List<Event>(EventsPerProgram);
        Disagreement Failed(Difference difference) =>
            new(
                new(
                    population is null ? BootedState.Snapshot(duel.Machine.Image.Limits) : Snapshot.Of(population),
                    [.. program],
                    Booted: isBooted
                ),
                difference
            );

        if ((population is null ? duel.PlaceBooted() : duel.Place(population)) is { } atOnce)
            return Failed(atOnce);
        if (isBooted && Grow(duel, generator, program) is { } inGrowth)
            return Failed(inGrowth);
        var growth = program.Count;
        for (; programs < ProgramsPerPopulation; programs++)
        {
            program.RemoveRange(growth, program.Count - growth);
            if (programs > 0 && duel.Return() is { } onReturn)
                return Failed(onReturn);
            for (
                var idle = 0;
                program.Count < growth + EventsPerProgram && idle < 2;
                idle += duel.State.Stage.Value == Stages.Idle ? 1 : 0
            )
            {
                program.Add(generator.Next(duel.State, duel.Threads));
                if (duel.Step(program[^1]) is { } difference)
                    return Failed(difference);
            }

            if (programs % ProgramsPerEnd == 0 && duel.End() is { } atEnd)
                return Failed(atEnd);
        }

        return null;
    }

    private const int LeastGrowth = 40,
        MostGrowth = 160;

    /// <summary>
    /// Grows the state after boot to a population of threads. The events are compared like all others.
    /// </summary>
    private static Difference? Grow(Duel duel, Generator generator, List<Event> events)
    {
        generator.ChooseInterrupts();
        var idle = 0;
        for (
            var most = LeastGrowth + generator.Seed % (MostGrowth - LeastGrowth);
            events.Count < most && idle < 4;
            idle += duel.State.Stage.Value == Stages.Idle ? 1 : 0
        )
        {
            events.Add(generator.Grow(duel.State, duel.Threads));
            if (duel.Step(events[^1]) is { } difference)
                return difference;
        }

        if (duel.End() is { } atEnd)
            return atEnd;
        duel.Keep();
        return null;
    }
}
